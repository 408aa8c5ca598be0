"""``waitctx check --checkpoint`` and ``--resume``: a check in pieces."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from .test_standard import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from waitctx.conformance.findings import Findings

    from .conftest import Run

CHECK = ("check", "reference", "--engine", "scenarios", "--engine", "random", "--programs", 60)
#: So many programs are run before somebody presses Ctrl-C: those of the scenarios and some random.
PRESSED = 120


@pytest.fixture
def begun(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the checkpoint of a check that was interrupted."""

    @contextmanager
    def progress(*_: object, **__: object) -> Iterator[Callable[[Findings], None]]:
        def listen(findings: Findings) -> None:
            if sum(one.programs for one in findings.engines) >= PRESSED:
                signal.raise_signal(signal.SIGINT)

        yield listen

    path = tmp_path / "c.json"
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["waitctx.conformance.cli.check"], "progress", progress)
        assert 2 == run(*CHECK, "--checkpoint", path).exit_code
    return path


@pytest.mark.slow
def test_same_in_the_end(run: Run, begun: Path, tmp_path: Path) -> None:
    """What was interrupted and resumed ends with the report of a run in one go.

    But the judge did not look again at what it had seen, so it may have met a state twice.
    """
    whole, pieces = tmp_path / "whole.json", tmp_path / "pieces.json"
    codes = (
        run(*CHECK, "--resume", begun, "--report", pieces).exit_code,
        run(*CHECK, "--report", whole).exit_code,
    )

    assert codes == (0, 0)
    assert [one for one in lines(whole) if '"states": ' not in one] == [
        one for one in lines(pieces) if '"states": ' not in one
    ]


@pytest.mark.slow
def test_nothing_is_left_to_do(run: Run, begun: Path) -> None:
    """A check that has ended can be resumed once more, and says the same again."""
    first, second = (run(*CHECK, "--resume", begun) for _ in range(2))

    assert 0 == first.exit_code
    assert first.stdout == second.stdout


@pytest.mark.slow
def test_of_another_check(run: Run, begun: Path) -> None:
    """It is refused by another check, with what differs and what to do, and is as it was."""
    before = begun.read_bytes()
    result = run(*CHECK, "--seed", 1, "--resume", begun)

    assert 2 == result.exit_code
    assert result.stderr == (
        f"waitctx: {begun} is of another check: not the same seed. Begin again without --resume.\n"
    )
    assert before == begun.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-9], "was cut short or altered: its digest is not that of its content"),
        (lambda data: data.replace(b"random", b"rondom", 1), "was cut short or altered"),
        (lambda _: b"{}", "is no checkpoint: it does not say waitctx-checkpoint"),
    ],
)
def test_damaged(run: Run, begun: Path, damage: Callable[[bytes], bytes], message: str) -> None:
    """One that is damaged is refused with the reason."""
    begun.write_bytes(damage(begun.read_bytes()))
    result = run(*CHECK, "--resume", begun)

    assert 2 == result.exit_code
    assert result.stderr.startswith(f"waitctx: {begun} {message}")
    assert result.stderr.endswith("Begin again without --resume.\n")


def test_missing(run: Run, tmp_path: Path) -> None:
    """That there is none is told before anything is run."""
    result = run(*CHECK, "--resume", tmp_path / "none.json")

    assert 2 == result.exit_code
    assert "none.json cannot be read: No such file or directory" in result.stderr
