"""Faults in what is none of the library's business: the descriptors themselves."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

import fcntl
import os
import select
from pathlib import Path
from typing import TYPE_CHECKING

from waitctx.reference.context import live

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Cell, Entry, FdArray, Job, WaitContext

_STANDARD = 2


def is_open(fd: int) -> bool:
    """Tell whether it is a descriptor, and none of those that every process needs."""
    try:
        return fd > _STANDARD and fcntl.fcntl(fd, fcntl.F_GETFD) >= 0
    except (OSError, OverflowError):
        return False


def close_it(fd: int) -> None:
    """Close it, if that can be done."""
    if is_open(fd):
        os.close(fd)


def read_it(fd: int) -> None:
    """Take its wake signal, if there is one."""
    if not is_open(fd):
        return
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    if any(what & select.POLLIN for _, what in poll.poll(0)):
        os.read(fd, 8)


class FdClosedAtClear(Fake):
    """clear_fd closes the descriptor."""

    clauses = ("FILE-CLEAR-01",)

    def find_and_close(self, ctx: WaitContext | None, key: object) -> None:
        entry = self.find_entry(live(ctx), key)
        if entry is not None:
            close_it(entry.fd)

    def ASYNC_WAIT_CTX_clear_fd(self, ctx: WaitContext | None, key: object) -> int:
        self.find_and_close(ctx, key)
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)


class FdClosedWhenForgotten(Fake):
    """A descriptor that was cleared is closed when its deletion is told no more."""

    clauses = ("FILE-CLEAR-01",)

    def reset(self, ctx: WaitContext) -> None:
        for entry in self.doomed_entries(ctx):
            close_it(entry.fd)
        super().reset(ctx)


class FdClosedAtReplace(Fake):
    """Setting a key again closes the descriptor that it had."""

    clauses = ("FILE-SET-01",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        old = self.find_entry(ctx, entry.key)
        if old is not None:
            close_it(old.fd)
        super().add_entry(ctx, entry)


class FdClosedBeforeCleanup(Fake):
    """free closes a descriptor before it runs the cleanup routine."""

    clauses = ("FILE-FREE-01",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        if entry.cleanup is not None:
            close_it(entry.fd)
        super().clean_up(ctx, entry)


class FdClosedAfterCleanup(Fake):
    """free closes a descriptor after it has run the cleanup routine."""

    clauses = ("FILE-FREE-01",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        super().clean_up(ctx, entry)
        if entry.cleanup is not None:
            close_it(entry.fd)


class FdClosedWithoutCleanup(Fake):
    """free closes a descriptor that has no cleanup routine."""

    clauses = ("FILE-FREE-01",)

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        super().clean_up(ctx, entry)
        if entry.cleanup is None:
            close_it(entry.fd)


class FdReplacedAtSet(Fake):
    """set_wait_fd puts /dev/null in the place of the descriptor."""

    clauses = ("FILE-KEEP-01", "FILE-SET-01", "FILE-CLEAR-01", "FILE-FREE-01")

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        if is_open(entry.fd):
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, entry.fd)
            os.close(null)


class FdReadAtLook(Fake):
    """get_all_fds takes the wake signals."""

    clauses = ("FILE-READ-01",)

    def ASYNC_WAIT_CTX_get_all_fds(
        self, ctx: WaitContext | None, fd: FdArray | None, numfds: Cell | None
    ) -> int:
        for entry in live(ctx).entries:
            read_it(entry.fd)
        return super().ASYNC_WAIT_CTX_get_all_fds(ctx, fd, numfds)


class FdReadAtResume(Fake):
    """A resume takes the wake signals."""

    clauses = ("FILE-READ-01",)

    def reset(self, ctx: WaitContext) -> None:
        for entry in ctx.entries:
            read_it(entry.fd)
        super().reset(ctx)


class FdWrittenAtPause(Fake):
    """A pause makes an eventfd readable."""

    clauses = ("FILE-READ-01",)

    def job_pausing(self, job: Job) -> None:
        for entry in live(job.ctx).entries:
            if is_open(entry.fd) and "eventfd" in str(Path(f"/proc/self/fd/{entry.fd}").readlink()):
                os.write(entry.fd, (1).to_bytes(8, "little"))


class FdMadeNonblocking(Fake):
    """set_wait_fd makes the descriptor nonblocking."""

    clauses = ("FILE-FLAGS-01",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        if is_open(entry.fd):
            os.set_blocking(entry.fd, False)


class FdMadeCloseOnExec(Fake):
    """set_wait_fd has the descriptor closed at exec."""

    clauses = ("FILE-FLAGS-01",)

    def add_entry(self, ctx: WaitContext, entry: Entry) -> None:
        super().add_entry(ctx, entry)
        if is_open(entry.fd):
            fcntl.fcntl(entry.fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)


class FdLeakedByContext(Fake):
    """Each context opens a descriptor that nobody closes."""

    clauses = ("FILE-LEAK-01",)

    def new_context(self) -> WaitContext:
        os.eventfd(0)
        return super().new_context()
