"""Faults in which a function calls routines that are for others to call."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from waitctx.reference import AsyncLibrary as Library

from .base import Remembering

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class _CallingBack(Remembering):
    """The base of those that call the callbacks, which are for async-aware code to call."""

    def call(self) -> None:
        """Call those of every live context."""
        for ctx in self.others(None):
            if ctx.callback is not None:
                ctx.callback(ctx.callback_arg)


class _Cleaning(Remembering):
    """The base of those that call the cleanup routines, which are for free to call."""

    def call(self) -> None:
        """Call those of every live context."""
        for ctx in self.others(None):
            for entry in self.entries_to_clean(ctx):
                self.clean_up(ctx, entry)


def _calling(function: F) -> F:
    """Give a function that calls routines when it has done what it is for."""

    @wraps(function)
    def both(library: Any, *arguments: Any) -> Any:  # noqa: ANN401 - as the function has them
        result = function(library, *arguments)
        library.call()
        return result

    return both  # type: ignore[return-value]


class SetCallsBack(_CallingBack):
    """set_wait_fd calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_set_wait_fd = _calling(Library.ASYNC_WAIT_CTX_set_wait_fd)


class GetFdCallsBack(_CallingBack):
    """get_fd calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_fd = _calling(Library.ASYNC_WAIT_CTX_get_fd)


class GetAllFdsCallsBack(_CallingBack):
    """get_all_fds calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_all_fds = _calling(Library.ASYNC_WAIT_CTX_get_all_fds)


class GetChangedFdsCallsBack(_CallingBack):
    """get_changed_fds calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_changed_fds = _calling(Library.ASYNC_WAIT_CTX_get_changed_fds)


class ClearCallsBack(_CallingBack):
    """clear_fd calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_clear_fd = _calling(Library.ASYNC_WAIT_CTX_clear_fd)


class GetCallbackCallsBack(_CallingBack):
    """get_callback calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_callback = _calling(Library.ASYNC_WAIT_CTX_get_callback)


class SetCallbackCallsBack(_CallingBack):
    """set_callback calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_set_callback = _calling(Library.ASYNC_WAIT_CTX_set_callback)


class GetStatusCallsBack(_CallingBack):
    """get_status calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_status = _calling(Library.ASYNC_WAIT_CTX_get_status)


class GetCurrentJobCallsBack(_CallingBack):
    """get_current_job calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_get_current_job = _calling(Library.ASYNC_get_current_job)


class GetWaitCtxCallsBack(_CallingBack):
    """get_wait_ctx calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_get_wait_ctx = _calling(Library.ASYNC_get_wait_ctx)


class BlockPauseCallsBack(_CallingBack):
    """block_pause calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_block_pause = _calling(Library.ASYNC_block_pause)


class UnblockPauseCallsBack(_CallingBack):
    """unblock_pause calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_unblock_pause = _calling(Library.ASYNC_unblock_pause)


class IsCapableCallsBack(_CallingBack):
    """is_capable calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_is_capable = _calling(Library.ASYNC_is_capable)


class GetFdCleans(_Cleaning):
    """get_fd calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_fd = _calling(Library.ASYNC_WAIT_CTX_get_fd)


class GetAllFdsCleans(_Cleaning):
    """get_all_fds calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_all_fds = _calling(Library.ASYNC_WAIT_CTX_get_all_fds)


class GetChangedFdsCleans(_Cleaning):
    """get_changed_fds calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_changed_fds = _calling(Library.ASYNC_WAIT_CTX_get_changed_fds)


class SetCallbackCleans(_Cleaning):
    """set_callback calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_set_callback = _calling(Library.ASYNC_WAIT_CTX_set_callback)


class GetCallbackCleans(_Cleaning):
    """get_callback calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_callback = _calling(Library.ASYNC_WAIT_CTX_get_callback)


class SetStatusCleans(_Cleaning):
    """set_status calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_set_status = _calling(Library.ASYNC_WAIT_CTX_set_status)


class GetStatusCleans(_Cleaning):
    """get_status calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_status = _calling(Library.ASYNC_WAIT_CTX_get_status)


class GetCurrentJobCleans(_Cleaning):
    """get_current_job calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_get_current_job = _calling(Library.ASYNC_get_current_job)


class GetWaitCtxCleans(_Cleaning):
    """get_wait_ctx calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_get_wait_ctx = _calling(Library.ASYNC_get_wait_ctx)


class BlockPauseCleans(_Cleaning):
    """block_pause calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_block_pause = _calling(Library.ASYNC_block_pause)


class UnblockPauseCleans(_Cleaning):
    """unblock_pause calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_unblock_pause = _calling(Library.ASYNC_unblock_pause)


class IsCapableCleans(_Cleaning):
    """is_capable calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_is_capable = _calling(Library.ASYNC_is_capable)
