"""Variants: choices about callback, status and jobs that the page leaves, taken otherwise."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_NO_JOBS, ASYNC_PAUSE
from waitctx.reference.cells import pointee
from waitctx.reference.context import existing

from .base import Variant

if TYPE_CHECKING:
    from waitctx.reference import Callback, Cell, Job, JobFunction, WaitContext


class NoCallbackIsNull(Variant):
    """get_callback answers 1 with a NULL function when there is none."""

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        if not super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg):
            pointee(callback, "CB-05").value = None
            pointee(callback_arg, "CB-05").value = existing(ctx).callback_arg
        return 1


class NoCallbackIsNullOnceSet(Variant):
    """get_callback answers 0 before any set_callback and 1 with NULL after set_callback(NULL)."""

    def __init__(self) -> None:
        super().__init__()
        self.set: set[WaitContext] = set()

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        self.set.add(existing(ctx))
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)
        if found or existing(ctx) not in self.set:
            return found
        pointee(callback, "CB-05").value = None
        return 1


class NullCallbackRefused(Variant):
    """set_callback answers 0 for a NULL function, and the callback stays."""

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if callback is None:
            return 0
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class OtherStatusRefused(Variant):
    """set_status answers 0 for a value that the page does not list."""

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        if status not in range(4):
            return 0
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)


class RetScratchedUntilFinish(Variant):
    """start_job writes the code that it returns to the return value, until there is one."""

    def ASYNC_start_job(  # noqa: PLR0913, PLR0917 (as many as in C)
        self,
        job: Cell,
        ctx: WaitContext | None,
        ret: Cell,
        func: JobFunction,
        args: bytes | bytearray | memoryview | None,
        size: int,
    ) -> int:
        code = super().ASYNC_start_job(job, ctx, ret, func, args, size)
        if code in {ASYNC_PAUSE, ASYNC_NO_JOBS}:
            ret.value = code
        return code


class NotCapable(Variant):
    """Jobs cannot run: is_capable answers 0 and start_job ASYNC_NO_JOBS; contexts work."""

    def ASYNC_is_capable(self) -> int:
        return 0

    def take_job(self) -> Job | None:
        return None


class WithoutNotices(Variant):
    """Callback and status functions do not exist, as in 1.1.1."""

    ASYNC_WAIT_CTX_set_callback = None  # type: ignore[assignment]
    ASYNC_WAIT_CTX_get_callback = None  # type: ignore[assignment]
    ASYNC_WAIT_CTX_set_status = None  # type: ignore[assignment]
    ASYNC_WAIT_CTX_get_status = None  # type: ignore[assignment]
