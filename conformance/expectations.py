"""What a permitted outcome expects of an observation, and which clauses say so.

An expectation either holds for an observation or gives the `Mismatch`. Its clauses stand from the
most special to the most general: of a mismatch the first one that the program exercised is blamed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Protocol

from attrs import frozen

from .observations import UNTOUCHED, Event, Observation, Value, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Clauses = tuple[str, ...]


@frozen
class Mismatch:
    """One way in which an observation is not what an outcome permits."""

    answer: str
    """The answer's name; ``cleanups`` or ``callbacks`` for calls."""
    wanted: str
    seen: str
    clauses: Clauses


class Expectation(Protocol):
    """One thing that must hold of an observation."""

    @property
    def clauses(self) -> Clauses:
        """Every clause that it rests on."""

    @property
    def wanted(self) -> dict[str, str]:
        """What is permitted, in words, by the answer's name."""

    def mismatch(self, seen: Observation) -> Mismatch | None:
        """Give what does not hold; None when all does."""


@frozen(cache_hash=True)
class Answers:
    """One answer is one of some values; no values at all stand for anything."""

    name: str
    values: tuple[Value, ...]
    clauses: Clauses = ()

    @property
    def wanted(self) -> dict[str, str]:
        """What is permitted, in words."""
        return {self.name: " or ".join(map(show, self.values)) or "anything"}

    def mismatch(self, seen: Observation) -> Mismatch | None:
        """Compare the answer with every permitted value."""
        value = seen.get(self.name)
        if not self.values or value in self.values:
            return None
        text = "no answer" if value is None else show(value)
        # A code that is neither 0 nor 1 has nothing to do with what special clauses are about.
        odd = self.name == "rc" and value not in (0, 1)
        clauses = self.clauses[::-1] if odd else self.clauses
        return Mismatch(self.name, self.wanted[self.name], text, clauses)


@frozen(cache_hash=True)
class Listing:
    """A number of fds and the array that receives them.

    The number, how far the array was written, what it holds and in which order are told apart,
    since each is a fault of its own: a wrong number beside a right array is not the same as a lost
    fd.
    """

    count: str
    array: str
    fds: tuple[int | str, ...]
    given: bool
    """Whether an array was passed."""
    ordered: bool
    of_count: Clauses
    """The number alone is wrong; without an array that is all there is."""
    of_length: Clauses
    """The array was not written as far as the number says."""
    of_content: Clauses
    """There are as many fds as should be, but others."""
    of_excess: Clauses
    """There are fds that should not be there."""
    of_lack: Clauses
    """Fds that should be there are not."""
    of_order: Clauses

    @property
    def clauses(self) -> Clauses:
        """Every clause that it rests on."""
        if not self.given:
            return self.of_count
        order = self.of_order if self.ordered and len(self.fds) > 1 else ()
        lack = self.of_lack if self.fds else ()
        direct = (*self.of_count, *self.of_length, *self.of_content)
        return (*direct, *self.of_excess, *lack, *order)

    @property
    def wanted(self) -> dict[str, str]:
        """What is permitted, in words."""
        array = show(self.fds) if self.given else "null"
        any_order = " in any order" if self.given and not self.ordered and len(self.fds) > 1 else ""
        return {self.count: str(len(self.fds)), self.array: array + any_order}

    def mismatch(self, seen: Observation) -> Mismatch | None:
        """Find the one fault that explains what was seen best."""
        count, array = seen.get(self.count), seen.get(self.array)
        counted = count == len(self.fds)
        if not self.given:
            if counted and array == "null":
                return None
            return self._mismatch(self.array if counted else self.count, seen, self.of_count)
        if counted and array == self.fds:
            return None
        if not isinstance(array, tuple):
            return self._mismatch(self.array, seen, self.of_lack)
        if counted and (len(array) != count or UNTOUCHED in array):
            return self._mismatch(self.array, seen, self.of_length)
        wanted, found = Counter[int | str](self.fds), Counter(array)
        if counted and wanted != found:
            return self._mismatch(self.array, seen, self.of_content)
        if wanted - found:
            return self._mismatch(self.array, seen, self.of_lack)
        if found - wanted:
            return self._mismatch(self.array, seen, self.of_excess)
        if not counted:
            return self._mismatch(self.count, seen, self.of_count)
        return self._mismatch(self.array, seen, self.of_order) if self.ordered else None

    def _mismatch(self, name: str, seen: Observation, clauses: Clauses) -> Mismatch:
        value = seen.get(name)
        text = "no answer" if value is None else show(value)
        return Mismatch(name, self.wanted[name], text, clauses)


CLEANUPS: Final = "cleanups"
CALLBACKS: Final = "callbacks"


@frozen(cache_hash=True)
class Calls:
    """Which cleanup routines, or which callbacks, were called meanwhile."""

    name: str
    """`CLEANUPS` or `CALLBACKS`."""
    of_excess: Clauses
    of_lack: Clauses = ()
    of_arguments: Clauses = ()
    of_order: Clauses = ()
    required: tuple[Event, ...] = ()
    optional: tuple[Event, ...] = ()
    ordered: bool = False
    of_again: Clauses = ()
    """There are more calls, but only of what may be called; if empty, as `of_excess`."""

    @property
    def clauses(self) -> Clauses:
        """Every clause that it rests on."""
        if not self.required:
            return self.of_excess
        order = self.of_order if self.ordered and len(self.required) > 1 else ()
        return (*self.of_excess, *self.of_lack, *self.of_arguments, *order)

    @property
    def wanted(self) -> dict[str, str]:
        """What is permitted, in words; nothing is said where nothing is to be called."""
        if not (self.required or self.optional):
            return {}
        text = ", ".join(map(str, self.required)) or "none"
        if not self.ordered and len(self.required) > 1:
            text += " in any order"
        if self.optional:
            text += f", perhaps {', '.join(map(str, self.optional))}"
        return {self.name: text}

    def mismatch(self, seen: Observation) -> Mismatch | None:
        """Compare numbers first, then arguments, then the order."""
        if not seen.events and not self.required:
            return None
        letter = "f" if self.name == CLEANUPS else "b"
        calls = [one for one in seen.events if one.routine.startswith(letter)]
        clauses = self._fault(calls)
        if clauses is None:
            return None
        wanted = self.wanted.get(self.name, "none")
        return Mismatch(self.name, wanted, ", ".join(map(str, calls)) or "none", clauses)

    def _fault(self, calls: Sequence[Event]) -> Clauses | None:
        if len(calls) > len(self.required) + len(self.optional):
            again = set(calls) <= {*self.required, *self.optional}
            return (again and self.of_again) or self.of_excess
        if len(calls) < len(self.required):
            return self.of_lack
        missing = Counter(self.required) - Counter(calls)
        unknown = Counter(calls) - Counter(self.required) - Counter(self.optional)
        if missing or unknown:
            return self.of_arguments
        if self.ordered and tuple(calls) != self.required:
            return self.of_order
        return None


#: Cleanup routines are for free to call.
NO_CLEANUP: Final = Calls(CLEANUPS, ("FD-CLEAR-03", "CTX-FREE-01"))
#: The library calls no callback by itself.
NO_CALLBACK: Final = Calls(CALLBACKS, ("CB-CALL-01",))


def with_silence(expectations: tuple[Expectation, ...]) -> tuple[Expectation, ...]:
    """Expect besides that no routine is called of a kind about which nothing is said."""
    said = {one.name for one in expectations if isinstance(one, Calls)}
    silence = (one for one in (NO_CLEANUP, NO_CALLBACK) if one.name not in said)
    return (*expectations, *silence)


def all_clauses(expectations: Iterable[Expectation]) -> Clauses:
    """Give every clause of some expectations, each once, in order."""
    return tuple(dict.fromkeys(one for each in expectations for one in each.clauses))
