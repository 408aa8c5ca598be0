"""What a check has found so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, field, frozen

from .adapters.base import Observations
from .judge import overlaps
from .known_failures import ending_of
from .observations import HANG, WHILE_CLEANING
from .programs import Program

if TYPE_CHECKING:
    from .engines.walks import World
    from .judge import Failure

#: Why a program was not judged that ended in a way that is known.
EXPLAINED: Final = "ended as other programs do, and it is not to be seen by which operation"
#: Operations for which the whole program is carried out again.
_AGAIN: Final = frozenset({"leaks", "descriptors"})
#: What is done with what a program has left.
_CLEANING: Final = frozenset({"free", "resume", "return", "unblock", "cleanup_thread"})


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
    """The shortest failure known for each clause, of those that happen again if there are any."""
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

    def explain(self, failure: Failure) -> bool:
        """Tell whether a program ended as the implementation is known to end without its doing.

        In a race it is not to be seen which of the operations it was; when what a program left is
        freed, or all of it is carried out again, it need not be the last: no clause could be blamed
        rightly.
        """
        if not failure.cause:
            return False
        known = (each.failure for each in self.endings.values())
        return any(_explains(one, failure) for one in known if _is_plain(one))

    def set_apart(self) -> None:
        """Take out what is explained by failures that came later."""
        explained = [key for key, one in self.endings.items() if self.explain(one.failure)]
        self.take_out(explained, EXPLAINED)

    def take_out(self, keys: Sequence[tuple[str, str]], reason: str) -> None:
        """Forget failures that are no clause's, and count them with the reason."""
        for key in keys:
            del self.endings[key]
            self.inconclusive[reason] += 1
        if keys:
            self.found = {}
            for (clause, _), one in self.endings.items():
                _keep_shortest(self.found, clause, one)


def _is_plain(failure: Failure) -> bool:
    """Tell whether it is to be seen which operation an implementation died of."""
    cleaned = failure.cause.endswith(WHILE_CLEANING)
    again = failure.program[-1].word in _AGAIN
    return bool(failure.cause) and not (cleaned or again or overlaps(failure.whole))


def _explains(known: Failure, failure: Failure) -> bool:
    last, alike = known.program[-1].word, _kind(known.cause) == _kind(failure.cause)
    among = last in {one.word for one in failure.whole}
    if overlaps(failure.whole):
        return alike or among
    if failure.program[-1].word in _AGAIN and among:
        return True
    return failure.cause.endswith(WHILE_CLEANING) and alike and last in _CLEANING


def _kind(cause: str) -> str:
    """Tell how it ended, wherever and with whatever that was.

    Of memory that was misused it is chance whether the C library or the processor finds it out.
    """
    kind = cause.partition(",")[0].removesuffix(WHILE_CLEANING).partition(" at ")[0].strip()
    signal, _, said = kind.partition(": ")
    told = signal == "SIGABRT" and said
    return "misused memory" if told or kind == "SIGSEGV" else kind


_Key = TypeVar("_Key")


def _keep_shortest(table: dict[_Key, Found], key: _Key, one: Found) -> None:
    known = table.get(key)
    if known is None or _rank(one) < _rank(known):
        table[key] = one


def _rank(one: Found) -> tuple[bool, int]:
    return not one.reproduced, len(one.failure.whole)


#: Is told of every batch of programs and its observations, before they are judged.
Recorder = Callable[[Program, Observations], None]
#: Is told after every batch that something is new.
Listener = Callable[[Findings], None]
