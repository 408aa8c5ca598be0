"""Faults that no program can show: declared equivalent to the reference, with the reason."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Job, WaitContext


class LeakContextAtFree(Fake):
    """free keeps every context that it has ended, with its entries, for ever."""

    kind = "equivalent"
    reason = "a Python object shows what it answers, not what it holds"

    def __init__(self) -> None:
        super().__init__()
        self.leaked: list[WaitContext | None] = []

    def ASYNC_WAIT_CTX_free(self, ctx: WaitContext | None) -> None:
        super().ASYNC_WAIT_CTX_free(ctx)
        self.leaked.append(ctx)


class BlockDroppedAtFinish(Fake):
    """A block that a job leaves behind is dropped when the job finishes."""

    kind = "equivalent"
    reason = "what a job that ends blocked does to later ones is left open, so no program has one"

    def job_ended(self, job: Job) -> None:
        self.thread.blocks = 0
        super().job_ended(job)
