"""Faults in which a function calls routines that are for others to call."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from waitctx.reference import AsyncLibrary as Library

from .base import Remembering

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class _Calling(Remembering):
    """The reference, which can call the routines of every live context."""

    def call_back(self) -> None:
        """Call the callbacks, which are for async-aware code to call."""
        for ctx in self.others(None):
            if ctx.callback is not None:
                ctx.callback(ctx.callback_arg)

    def clean(self) -> None:
        """Call the cleanup routines, which are for free to call."""
        for ctx in self.others(None):
            for entry in self.entries_to_clean(ctx):
                self.clean_up(ctx, entry)


def _and_then(routine: Callable[[Any], None], function: F) -> F:
    """Give a function that calls routines when it has done what it is for."""

    @wraps(function)
    def both(library: Any, *arguments: Any) -> Any:  # noqa: ANN401 - as the function has them
        result = function(library, *arguments)
        routine(library)
        return result

    return both  # type: ignore[return-value]


class SetCallsBack(_Calling):
    """set_wait_fd calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_set_wait_fd = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_set_wait_fd)


class GetFdCallsBack(_Calling):
    """get_fd calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_fd = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_get_fd)


class GetAllFdsCallsBack(_Calling):
    """get_all_fds calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_all_fds = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_get_all_fds)


class GetChangedFdsCallsBack(_Calling):
    """get_changed_fds calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_changed_fds = _and_then(
        _Calling.call_back, Library.ASYNC_WAIT_CTX_get_changed_fds
    )


class ClearCallsBack(_Calling):
    """clear_fd calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_clear_fd = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_clear_fd)


class GetCallbackCallsBack(_Calling):
    """get_callback calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_callback = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_get_callback)


class SetCallbackCallsBack(_Calling):
    """set_callback calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_set_callback = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_set_callback)


class GetStatusCallsBack(_Calling):
    """get_status calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_WAIT_CTX_get_status = _and_then(_Calling.call_back, Library.ASYNC_WAIT_CTX_get_status)


class GetCurrentJobCallsBack(_Calling):
    """get_current_job calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_get_current_job = _and_then(_Calling.call_back, Library.ASYNC_get_current_job)


class GetWaitCtxCallsBack(_Calling):
    """get_wait_ctx calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_get_wait_ctx = _and_then(_Calling.call_back, Library.ASYNC_get_wait_ctx)


class BlockPauseCallsBack(_Calling):
    """block_pause calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_block_pause = _and_then(_Calling.call_back, Library.ASYNC_block_pause)


class UnblockPauseCallsBack(_Calling):
    """unblock_pause calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_unblock_pause = _and_then(_Calling.call_back, Library.ASYNC_unblock_pause)


class IsCapableCallsBack(_Calling):
    """is_capable calls the callbacks."""

    clauses = ("CB-CALL-01",)
    ASYNC_is_capable = _and_then(_Calling.call_back, Library.ASYNC_is_capable)


class GetFdCleans(_Calling):
    """get_fd calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_fd = _and_then(_Calling.clean, Library.ASYNC_WAIT_CTX_get_fd)


class GetAllFdsCleans(_Calling):
    """get_all_fds calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_all_fds = _and_then(_Calling.clean, Library.ASYNC_WAIT_CTX_get_all_fds)


class GetChangedFdsCleans(_Calling):
    """get_changed_fds calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_changed_fds = _and_then(
        _Calling.clean, Library.ASYNC_WAIT_CTX_get_changed_fds
    )


class SetCallbackCleans(_Calling):
    """set_callback calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_set_callback = _and_then(_Calling.clean, Library.ASYNC_WAIT_CTX_set_callback)


class GetCallbackCleans(_Calling):
    """get_callback calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_callback = _and_then(_Calling.clean, Library.ASYNC_WAIT_CTX_get_callback)


class SetStatusCleans(_Calling):
    """set_status calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_set_status = _and_then(_Calling.clean, Library.ASYNC_WAIT_CTX_set_status)


class GetStatusCleans(_Calling):
    """get_status calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_WAIT_CTX_get_status = _and_then(_Calling.clean, Library.ASYNC_WAIT_CTX_get_status)


class GetCurrentJobCleans(_Calling):
    """get_current_job calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_get_current_job = _and_then(_Calling.clean, Library.ASYNC_get_current_job)


class GetWaitCtxCleans(_Calling):
    """get_wait_ctx calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_get_wait_ctx = _and_then(_Calling.clean, Library.ASYNC_get_wait_ctx)


class BlockPauseCleans(_Calling):
    """block_pause calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_block_pause = _and_then(_Calling.clean, Library.ASYNC_block_pause)


class UnblockPauseCleans(_Calling):
    """unblock_pause calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_unblock_pause = _and_then(_Calling.clean, Library.ASYNC_unblock_pause)


class IsCapableCleans(_Calling):
    """is_capable calls the cleanup routines."""

    clauses = ("CTX-FREE-01", "FD-CLEAR-03")
    ASYNC_is_capable = _and_then(_Calling.clean, Library.ASYNC_is_capable)
