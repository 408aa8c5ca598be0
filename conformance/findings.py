"""What a check has found so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from attrs import define, field, frozen

from .adapters.base import Observations
from .known_failures import ending_of
from .observations import HANG
from .programs import Program

if TYPE_CHECKING:
    from .engines.walks import World
    from .judge import Failure


@frozen
class Found:
    """A failure as it is reported."""

    failure: Failure
    engine: str
    reproduced: bool
    told: tuple[str, ...] = ()
    """What the implementation told of its own state after each operation; see `asking`."""
    failed: int = 1
    """How often it failed when it was run again."""
    tries: int = 1
    """How often it was: more than once where it depends on how threads overlap."""


@define
class EngineTally:
    """What one engine has contributed so far."""

    name: str
    programs: int = 0
    operations: int = 0
    seconds: float = 0.0
    settled: tuple[int, int] | None = None
    """Programs and operations without what would be run again if the check was resumed."""


@define
class Findings:
    """What a check has found so far; complete when it ends, valid at any time."""

    engines: list[EngineTally] = field(factory=list)
    operations: Counter[str] = field(factory=Counter)
    found: dict[str, Found] = field(factory=dict)
    """The shortest failure known for each clause."""
    endings: dict[tuple[str, str], Found] = field(factory=dict)
    """The same for each clause and way in which the implementation ended (`ending_of`): one that
    is announced must not hide another."""
    inconclusive: Counter[str] = field(factory=Counter)
    """Why programs could not be judged to their end."""
    skipped: dict[str, str] = field(factory=dict)
    """Engines that were asked for and could not run, and why."""
    interrupted: bool = False
    worlds: tuple[World, ...] = ()
    """The bounded worlds that were walked, and how far."""
    misses: int = 0
    """How many programs the graph did not explain, but the model did."""
    hung: bool = False
    """Whether the implementation was waited for in vain."""

    def keep(self, one: Found) -> None:
        """Keep a failure where it is the shortest of its kind."""
        failure = one.failure
        self.hung |= failure.cause.startswith(HANG)
        _keep_shortest(self.found, failure.clause, one)
        _keep_shortest(self.endings, (failure.clause, ending_of(failure)), one)


_Key = TypeVar("_Key")


def _keep_shortest(table: dict[_Key, Found], key: _Key, one: Found) -> None:
    known = table.get(key)
    if known is None or len(one.failure.whole) < len(known.failure.whole):
        table[key] = one


#: Is told of every batch of programs and its observations, before they are judged.
Recorder = Callable[[Program, Observations], None]
#: Is told after every batch that something is new.
Listener = Callable[[Findings], None]
