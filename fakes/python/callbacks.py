"""Faults in what becomes of the callback, and who calls it."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from waitctx.reference import Ref
from waitctx.reference.cells import pointee
from waitctx.reference.context import existing

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import Callback, Cell, Entry, Job, WaitContext


class SetCallbackReturns0(Fake):
    """set_callback stores the callback but answers 0."""

    clauses = ("CB-SET-01",)

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)
        return 0


class SetCallbackOnNullReturns1(Fake):
    """set_callback of a NULL context answers 1."""

    clauses = ("CB-SET-04",)
    profile = "openssl"

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        return ctx is None or super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class GetCallbackReturns0(Fake):
    """get_callback writes the callback but answers 0."""

    clauses = ("CB-GET-01",)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)
        return 0


class GetCallbackReturns1Unwritten(Fake):
    """get_callback answers 1 without writing anything when there is no callback."""

    clauses = ("CB-GET-03",)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)
        return 1


class NullCallbackRefusedButTaken(Fake):
    """set_callback answers 0 for a NULL function, and takes the callback away all the same."""

    clauses = ("CB-SET-03", "CB-SET-02")

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)
        return int(callback is not None)


class GetCallbackReturns2WithNull(Fake):
    """get_callback answers 2 with a NULL function when there is no callback."""

    clauses = ("CB-GET-03",)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        if super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg):
            return 1
        pointee(callback, "CB-05").value = None
        return 2


class GetCallbackGivesTheFirst(Fake):
    """get_callback gives the callback that was set first, with the argument set last."""

    clauses = ("CB-SET-02", "CB-GET-01")

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[WaitContext, Callback] = {}

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if ctx is not None and callback is not None:
            callback = self.first.setdefault(ctx, callback)
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class _ClearingOnMiss(Fake):
    """The base of those whose get_callback writes NULL when it answers 0."""

    profile = "openssl"
    cleared: ClassVar[tuple[int, ...]]
    """Where it is written: 0 is for the callback, 1 for the argument."""

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)
        outs = (callback, callback_arg)
        for place in () if found else self.cleared:
            pointee(outs[place], "CB-05").value = None
        return found


class GetCallbackClearsFunctionOnMiss(_ClearingOnMiss):
    """get_callback writes NULL for the callback alone when it answers 0."""

    clauses = ("CB-GET-04",)
    cleared = (0,)


class GetCallbackClearsArgumentOnMiss(_ClearingOnMiss):
    """get_callback writes NULL for the argument alone when it answers 0."""

    clauses = ("CB-GET-04",)
    cleared = (1,)


class GetCallbackClearsOutsOnMiss(_ClearingOnMiss):
    """get_callback writes NULL for callback and argument when it answers 0."""

    clauses = ("CB-GET-04",)
    cleared = (0, 1)


class GetCallbackWritesReturnValue(Fake):
    """get_callback within a job writes 0 to where the job's return value will go, too."""

    clauses = ("CB-GET-05", "JOB-PAUSE-03")
    profile = "openssl"

    def __init__(self) -> None:
        super().__init__()
        self.ret: Cell = Ref()

    def dispatch(self, running: Job, job: Cell, ret: Cell) -> int:
        self.ret = ret
        return super().dispatch(running, job, ret)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        if self.thread.current is not None:
            self.ret.value = 0
        return super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)


class CallbackArgDropped(Fake):
    """The callback argument is not stored."""

    clauses = ("CB-GET-02",)

    def ASYNC_WAIT_CTX_set_callback(
        self,
        ctx: WaitContext | None,
        callback: Callback | None,
        callback_arg: object,  # noqa: ARG002
    ) -> int:
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, None)


class CallbackArgIsContext(Fake):
    """get_callback gives the context for the callback argument."""

    clauses = ("CB-GET-02",)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)
        if found:
            pointee(callback_arg, "CB-05").value = ctx
        return found


class CallbackFnDroppedWithoutArg(Fake):
    """A callback whose argument is NULL is not stored."""

    clauses = ("CB-GET-01",)

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if callback_arg is None:
            callback = None
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class CallbackSecondSetIgnored(Fake):
    """A second callback is ignored."""

    clauses = ("CB-SET-02",)

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if callback is not None and existing(ctx).callback is not None:
            return 1
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class CallbackSecondArgIgnored(Fake):
    """A second callback keeps the argument of the first."""

    clauses = ("CB-SET-02", "CB-GET-02")

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if existing(ctx).callback is not None:
            callback_arg = existing(ctx).callback_arg
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class CallbackNullIgnored(Fake):
    """Setting NULL answers 1 but does not take the callback away."""

    clauses = ("CB-SET-03",)

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Callback | None, callback_arg: object
    ) -> int:
        if callback is None:
            return 1
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


class CallbackGetConsumes(Fake):
    """get_callback takes the callback away."""

    clauses = ("CB-GET-01",)

    def ASYNC_WAIT_CTX_get_callback(
        self, ctx: WaitContext | None, callback: Cell | None, callback_arg: Cell | None
    ) -> int:
        found = super().ASYNC_WAIT_CTX_get_callback(ctx, callback, callback_arg)
        existing(ctx).callback = None
        return found


class CallbackGoneBeforeCleanups(Fake):
    """free takes the callback away before it runs the cleanup routines."""

    clauses = ("CTX-FREE-05",)
    profile = "openssl"

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        ctx.callback = None
        return super().entries_to_clean(ctx)


class CallbackGoneAfterFirstCleanup(Fake):
    """free takes the callback away as soon as a cleanup routine has run."""

    clauses = ("CTX-FREE-05",)
    profile = "openssl"

    def clean_up(self, ctx: WaitContext, entry: Entry) -> None:
        super().clean_up(ctx, entry)
        ctx.callback = None


class CallbackArgumentGoneBeforeCleanups(Fake):
    """free forgets the argument of the callback before it runs the cleanup routines."""

    clauses = ("CTX-FREE-05",)
    profile = "openssl"

    def entries_to_clean(self, ctx: WaitContext) -> list[Entry]:
        ctx.callback_arg = None
        return super().entries_to_clean(ctx)
