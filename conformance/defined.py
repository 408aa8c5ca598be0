"""Whether every operation of a program means something where it stands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from attrs import evolve

from . import operations as ops
from .model import UndefinedOperationError
from .rules_fds import TooMuchError
from .state import Context, Memory, State

if TYPE_CHECKING:
    from .model import Model
    from .operations import Operation
    from .programs import Program


def is_defined(program: Program, model: Model, state: State) -> bool:
    """Tell whether every operation of a program is defined where it stands."""
    here = {_emptied(state)}
    for operation in program:
        here = {after for one in here for after in _follow(model, one, operation)}
        if not here:
            return False
    return True


@lru_cache(maxsize=100_000)
def _follow(model: Model, state: State, operation: Operation) -> frozenset[State]:
    """Give a state that follows, and those that do when memory was denied; none if undefined.

    Whether it was denied changes what is there later on; other choices do not. Nor does it matter
    what contexts hold, so they are left empty: of such states there are few. But real descriptors
    are closed with what holds them.
    """
    ordinary = state.memory is Memory.ENOUGH and not state.files
    if isinstance(operation, _INSIDE) and ordinary:
        return frozenset({state} if model.defined(state, operation) else ())
    try:
        outcomes = model.step(state, operation)
    except (UndefinedOperationError, TooMuchError):
        return frozenset()
    denied = (one.state for one in outcomes if one.denied)
    return frozenset(map(_emptied, (outcomes[0].state, *denied)))


def _emptied(state: State) -> State:
    if state.files:
        return state
    contexts = tuple((name, _EMPTY) for name, _ in state.contexts)
    return evolve(state, contexts=contexts, duplicate=None)


_EMPTY: Final = Context()
#: What changes contexts inside, at most.
_INSIDE: Final = (
    *(ops.SetWaitFd, ops.GetFd, ops.GetAllFds, ops.GetChangedFds, ops.ClearFd),
    *(ops.SetCallback, ops.GetCallback, ops.SetStatus, ops.GetStatus),
    *(ops.GetCurrentJob, ops.GetWaitCtx, ops.ReadArgs, ops.IsCapable),
)
