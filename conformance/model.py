"""The model: the page as a pure state machine, `step(state, operation) -> permitted outcomes`.

It is the only statement of the rules. Engines ask it what is defined, the judge what is permitted.
It does no I/O and knows no adapter. The rules stand in `rules_contexts`, `rules_fds` and
`rules_jobs`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import frozen

from . import rules_contexts, rules_fds, rules_jobs
from .operations import Operation
from .outcomes import Outcome, Profile, Rule
from .state import State

Precondition = Callable[[State, Operation, Profile], bool]

_RULES: Final[dict[type[Operation], tuple[Rule, Precondition]]] = {
    one: (rule, part.defined)
    for part in (rules_contexts, rules_fds, rules_jobs)
    for one, rule in part.RULES.items()
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
        started inside jobs, two jobs on one context, a context freed under its job.
        """
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
        return tuple(rule(state, operation, self.profile))
