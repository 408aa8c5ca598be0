"""Checkpoints of ``waitctx check``: written while it runs, and gone on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.conformance import checkpoint
from waitctx.conformance.checkpoint import CheckpointError

from .console import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from waitctx.conformance.check import Check
    from waitctx.conformance.checkpoint import Checkpoint

    from .interrupts import Interrupts


def begun_in(path: Path | None) -> tuple[Path, Checkpoint] | None:
    """Read the checkpoint to go on from, if there is one.

    Raises:
        Refusal: it cannot be read.
    """
    if path is None:
        return None
    try:
        return path, checkpoint.read(path)
    except CheckpointError as error:
        raise Refusal(str(error)) from error


def prepare(
    check: Check,
    resumed: tuple[Path, Checkpoint] | None,
    path: Path | None,
    interrupts: Interrupts,
) -> None:
    """Let a check go on from a checkpoint, and write its own down as it comes along.

    Raises:
        Refusal: the checkpoint is of another check.
        UnwritableError: there is no writing to the path.
    """
    if resumed is not None:
        source, begun = resumed
        try:
            check.done = checkpoint.restore(check, begun)
        except CheckpointError as error:
            raise Refusal(f"{source} {error}. Begin again without --resume.") from error
    if path is not None:

        def save(check: Check) -> None:
            with interrupts.held():
                checkpoint.write(checkpoint.taken(check, check.done), path)

        save(check)
        check.save = save
