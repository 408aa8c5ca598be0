"""Programs that wait to be carried out, in an order that may change."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from waitctx.conformance.operations import Operation
    from waitctx.conformance.programs import Program

#: Those that were put off are given up when so many of them have ended as was to be expected.
MOST_DEATHS: Final = 4


@define
class Waiting:
    """The programs to come, those last with an operation that the implementation has died of.

    Each such may take long, and what is told already must not keep from being run what is still to
    be seen.
    """

    _source: Iterator[Program]
    _deadly: Collection[Operation]
    _rest: list[Program] = field(factory=list, init=False)
    _later: list[Program] = field(factory=list, init=False)
    _known: set[tuple[object, ...]] = field(init=False)
    _deaths: int = field(default=0, init=False)
    """How many of those that were put off have died too."""
    _is_late: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._known = set(map(_without_context, self._deadly))

    def first(self, count: int) -> list[Program]:
        """Give the next, so many at most; none when there are no more."""
        while len(self._rest) < count and (more := next(self._source, None)) is not None:
            self._add(more)
        if not self._rest:
            self._rest, self._later, self._is_late = self._later, [], True
        return self._rest[:count]

    def _add(self, program: Program) -> None:
        late = self._known and not self._known.isdisjoint(map(_without_context, program))
        (self._later if late else self._rest).append(program)

    def drop(self, count: int) -> None:
        """Forget the first, which were run."""
        del self._rest[:count]

    def put_off(self, operation: Operation) -> None:
        """Let what has this operation come last."""
        key = _without_context(operation)
        if self._is_late:
            self._deaths += key in self._known
            return
        self._known.add(key)
        rest, self._rest = self._rest, []
        for one in rest:
            self._add(one)

    def give_up(self) -> int:
        """Forget those that were put off if enough of them have died; tell how many are left."""
        if self._deaths < MOST_DEATHS:
            return 0
        left = len(self._rest)
        self._rest = []
        return left

    def count(self, most: int | None) -> int:
        """Tell how many are left; of the source at most so many are asked for."""
        return len(self._rest) + len(self._later) + sum(1 for _ in islice(self._source, most))


def _without_context(operation: Operation) -> tuple[object, ...]:
    values = (value for name, _, value in operation.arguments if name != "ctx")
    return (operation.word, *values)
