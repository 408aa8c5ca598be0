"""The model: the page as a pure state machine, `step(state, operation) -> permitted outcomes`.

It is the only statement of the rules. Engines ask it what is defined, the judge what is permitted.
It does no I/O and knows no adapter. The rules stand in `rules_contexts`, `rules_fds`,
`rules_jobs`, `rules_memory`, `rules_files` and `rules_threads`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import evolve, frozen

from . import (
    rules_contexts,
    rules_fds,
    rules_files,
    rules_jobs,
    rules_memory,
    rules_threads,
)
from .expectations import with_silence
from .operations import Leaks, Operation
from .outcomes import Outcome, Profile, Rule
from .state import Memory, State

Precondition = Callable[[State, Operation, Profile], bool]

_PARTS: Final = (
    *(rules_contexts, rules_fds, rules_jobs),
    *(rules_memory, rules_files, rules_threads),
)
_RULES: Final[dict[type[Operation], tuple[Rule, Precondition]]] = {
    one: (rule, part.defined) for part in _PARTS for one, rule in part.RULES.items()
}


class UndefinedOperationError(ValueError):
    """The operation is undefined in this state: nothing can be said of what follows."""


@frozen
class Model:
    """The rules under one profile."""

    profile: Profile

    def defined(self, state: State, operation: Operation) -> bool:
        """Tell whether the page, or in profile `openssl` real code, defines what happens.

        Undefined behaviour is neither generated nor asserted: NULL contexts, stale handles, jobs
        started inside jobs, two jobs on one context, a context freed under its job, a context or
        job of another thread. Nothing comes after what is left was counted.
        """
        if state.memory is Memory.COUNTED:
            return False
        if state.waiting and rules_threads.is_foreign(state, operation):
            return False
        _, defined = _RULES[type(operation)]
        return defined(state, operation, self.profile)

    def step(self, state: State, operation: Operation) -> tuple[Outcome, ...]:
        """Give every permitted outcome of an operation in a state.

        Raises:
            UndefinedOperationError: nothing is defined of it there.
        """
        if not self.defined(state, operation):
            msg = f"{operation} is undefined here"
            raise UndefinedOperationError(msg)
        rule, _ = _RULES[type(operation)]
        outcomes = rule(state, operation, self.profile)
        if state.memory is Memory.SHORT:
            outcomes = rules_memory.while_short(state, operation, outcomes)
        if state.memory in (Memory.DENIED, Memory.LOST) and not isinstance(operation, Leaks):
            outcomes = (evolve(one, special=rules_memory.UNCHANGED) for one in outcomes)
        if not state.alone:
            outcomes = rules_threads.apart(state, operation, outcomes)
        return tuple(evolve(one, expectations=with_silence(one.expectations)) for one in outcomes)
