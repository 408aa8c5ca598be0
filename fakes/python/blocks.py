"""Faults in blocking pauses."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Job


class BlockIgnored(Fake):
    """A blocked pause pauses all the same."""

    clauses = ("BLOCK-01",)

    def pause_is_blocked(self) -> bool:
        return False


class PauseBlockedReturns0(Fake):
    """A blocked pause answers 0."""

    clauses = ("BLOCK-01",)

    def ASYNC_pause_job(self) -> int:
        return 0 if self.pause_is_blocked() else super().ASYNC_pause_job()


class BlockDropsAtPauseItStops(Fake):
    """A blocked pause takes the block away."""

    clauses = ("BLOCK-01", "BLOCK-02")

    def pause_is_blocked(self) -> bool:
        blocked = super().pause_is_blocked()
        self.thread.blocks = 0
        return blocked


class BlockNotCounted(Fake):
    """Nested blocks count as one."""

    clauses = ("BLOCK-02",)

    def ASYNC_block_pause(self) -> None:
        super().ASYNC_block_pause()
        self.thread.blocks = min(self.thread.blocks, 1)


class BlockCountsTo2(Fake):
    """A third nested block is not counted."""

    clauses = ("BLOCK-02",)

    def ASYNC_block_pause(self) -> None:
        super().ASYNC_block_pause()
        self.thread.blocks = min(self.thread.blocks, 2)


class UnblockIgnored(Fake):
    """unblock_pause does nothing."""

    clauses = ("BLOCK-03",)

    def ASYNC_unblock_pause(self) -> None:
        pass


class UnblockTakesOneLess(Fake):
    """unblock_pause leaves one block when there were several."""

    clauses = ("BLOCK-03",)

    def __init__(self) -> None:
        super().__init__()
        self.nested = False

    def ASYNC_block_pause(self) -> None:
        super().ASYNC_block_pause()
        self.nested = self.nested or self.thread.blocks > 1

    def ASYNC_unblock_pause(self) -> None:
        if not self.nested or self.thread.blocks > 1:
            super().ASYNC_unblock_pause()


class UnblockCountsBelow0(Fake):
    """An unblock_pause without a block cancels the next block."""

    clauses = ("BLOCK-05", "BLOCK-01")
    profile = "openssl"

    def ASYNC_unblock_pause(self) -> None:
        if self.thread.current is not None:
            self.thread.blocks -= 1


class UnblockTooManyBlocks(Fake):
    """An unblock_pause without a block is one."""

    clauses = ("BLOCK-05",)
    profile = "openssl"

    def ASYNC_unblock_pause(self) -> None:
        if self.thread.blocks == 0:
            super().ASYNC_block_pause()
        else:
            super().ASYNC_unblock_pause()


class BlockStaysForNextJob(Fake):
    """A block that was taken back is in force again in the next job."""

    clauses = ("BLOCK-03", "JOB-PAUSE-01", "CTX-REUSE-01")

    def __init__(self) -> None:
        super().__init__()
        self.was_blocked = False

    def ASYNC_block_pause(self) -> None:
        super().ASYNC_block_pause()
        self.was_blocked = self.thread.current is not None

    def job_ended(self, job: Job) -> None:
        self.thread.blocks += self.was_blocked
        self.was_blocked = False
        super().job_ended(job)


class BlockWorksOutsideJob(Fake):
    """block_pause outside a job blocks the next job."""

    clauses = ("BLOCK-04",)

    def ASYNC_block_pause(self) -> None:
        self.thread.blocks += 1


class UnblockWorksOutsideJob(Fake):
    """unblock_pause outside a job cancels the next block."""

    clauses = ("BLOCK-04", "BLOCK-01")

    def ASYNC_unblock_pause(self) -> None:
        if self.thread.current is None:
            self.thread.blocks -= 1
        super().ASYNC_unblock_pause()
