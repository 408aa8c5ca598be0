"""Outcomes: what the model permits an implementation to answer to one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve, frozen

from .expectations import Clauses, Expectation, Mismatch, all_clauses
from .heap import SOUND
from .observations import DENIED, DIED, HEAP, Observation
from .state import State


@frozen(cache_hash=True)
class Profile:
    """Which clauses bind.

    `spec` asks for what the page pins down and lets every reasonable reading pass; `openssl` pins
    each of the page's free choices to what the releases 1.1.0e to 4.x do.
    """

    name: str
    pinned: bool
    """Whether the free choices are pinned."""


SPEC = Profile("spec", pinned=False)
OPENSSL = Profile("openssl", pinned=True)
PROFILES = {one.name: one for one in (SPEC, OPENSSL)}


@frozen(cache_hash=True)
class Outcome:
    """One permitted outcome of an operation: what is to be seen, and the state that follows."""

    expectations: tuple[Expectation, ...]
    state: State
    reading: str = ""
    """Which of the page's open readings the implementation takes by answering so."""
    special: Clauses = ()
    """Clauses that it rests on besides, more special than those of any expectation."""
    denied: bool | None = None
    """Whether the operation was denied memory; None where that was not to be expected."""

    @property
    def clauses(self) -> Clauses:
        """Every clause that it rests on."""
        return (*self.special, *all_clauses(self.expectations))

    @property
    def wanted(self) -> dict[str, str]:
        """What is permitted, in words, by the answer's name."""
        return {name: text for one in self.expectations for name, text in one.wanted.items()}

    def mismatches(self, seen: Observation) -> tuple[Mismatch, ...]:
        """Give everything about an observation that this outcome does not permit."""
        return tuple(
            evolve(one, clauses=(*self.special, *one.clauses))
            if self.special and one.answer != HEAP
            else one
            for one in dict.fromkeys(self._mismatches(seen))
        )

    def _mismatches(self, seen: Observation) -> Iterator[Mismatch]:
        cause, denied = seen.get(DIED), seen.get(DENIED)
        fault = SOUND.mismatch(seen)
        if fault is not None and cause is not None:
            yield fault  # what it died of
        if cause is not None:
            yield Mismatch(DIED, "an answer", str(cause), all_clauses(self.expectations))
        if (denied is not None) is not (self.denied or False):
            wanted, clauses = "some bytes" if self.denied else "nothing", self.clauses
            yield Mismatch(DENIED, wanted, str(denied or "nothing"), clauses)
        if cause is None:
            for one in (SOUND, *self.expectations):
                if (mismatch := one.mismatch(seen)) is not None:
                    yield mismatch


#: A rule of the model: the permitted outcomes of one kind of operation in a state. Which kind, the
#: table that it stands in tells.
Rule = Callable[[State, Any, Profile], Iterator[Outcome]]
