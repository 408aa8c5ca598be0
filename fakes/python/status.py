"""Faults in how the status is stored and given."""
# ruff: noqa: D102, N802 (the class says what its methods do; they carry the names of C functions)

from __future__ import annotations

from typing import TYPE_CHECKING

from waitctx.reference import ASYNC_STATUS_EAGAIN, ASYNC_STATUS_ERR
from waitctx.reference.context import existing

from .base import Fake

if TYPE_CHECKING:
    from waitctx.reference import WaitContext


class StatusDefaultErr(Fake):
    """The status of a new context is ASYNC_STATUS_ERR."""

    clauses = ("STATUS-DEFAULT-01",)

    def new_context(self) -> WaitContext:
        ctx = super().new_context()
        ctx.status = ASYNC_STATUS_ERR
        return ctx


class SetStatusReturns0(Fake):
    """set_status stores the status but answers 0."""

    clauses = ("STATUS-SET-01", "STATUS-GET-01")

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        super().ASYNC_WAIT_CTX_set_status(ctx, status)
        return 0


class SetStatusRefusesUnsupported(Fake):
    """set_status answers 0 for ASYNC_STATUS_UNSUPPORTED and keeps the earlier status."""

    clauses = ("STATUS-SET-01",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        return super().ASYNC_WAIT_CTX_set_status(ctx, status) if status else 0


class StatusEagainStoredAsErr(Fake):
    """ASYNC_STATUS_EAGAIN is stored as ASYNC_STATUS_ERR."""

    clauses = ("STATUS-GET-01",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        stored = ASYNC_STATUS_ERR if status == ASYNC_STATUS_EAGAIN else status
        return super().ASYNC_WAIT_CTX_set_status(ctx, stored)


class StatusGetConsumes(Fake):
    """get_status sets the status back to ASYNC_STATUS_UNSUPPORTED."""

    clauses = ("STATUS-GET-01",)

    def ASYNC_WAIT_CTX_get_status(self, ctx: WaitContext | None) -> int:
        status = super().ASYNC_WAIT_CTX_get_status(ctx)
        existing(ctx).status = 0
        return status


class StatusErrSticks(Fake):
    """ASYNC_STATUS_ERR can no longer be changed."""

    clauses = ("STATUS-GET-01",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        if existing(ctx).status == ASYNC_STATUS_ERR:
            return 1
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)


class StatusNeverFalls(Fake):
    """A lower status than the present one is ignored."""

    clauses = ("STATUS-GET-01", "STATUS-SET-02")

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        return super().ASYNC_WAIT_CTX_set_status(ctx, max(status, existing(ctx).status))


class StatusNeedsCallback(Fake):
    """set_status is ignored when no callback is set."""

    clauses = ("STATUS-GET-01",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        if existing(ctx).callback is None:
            return 1
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)


class StatusLow2Bits(Fake):
    """The status keeps only its low 2 bits, which changes other values than the four."""

    clauses = ("STATUS-SET-02",)

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        return super().ASYNC_WAIT_CTX_set_status(ctx, status & 3)


class OtherStatusRefusedButStored(Fake):
    """set_status answers 0 for a value that the page does not list, but stores it."""

    clauses = ("STATUS-SET-02", "STATUS-GET-01")

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        super().ASYNC_WAIT_CTX_set_status(ctx, status)
        return int(status in range(4))


class OtherStatusAcceptedButNotStored(Fake):
    """set_status answers 1 for a value that the page does not list, and does not store it."""

    clauses = ("STATUS-SET-02", "STATUS-GET-01")

    def ASYNC_WAIT_CTX_set_status(self, ctx: WaitContext | None, status: int) -> int:
        if status not in range(4):
            return 1
        return super().ASYNC_WAIT_CTX_set_status(ctx, status)
