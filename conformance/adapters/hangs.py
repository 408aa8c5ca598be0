"""How long to wait for an operation of an implementation that was seen to hang.

The first hang gets the whole deadline. An implementation that hangs once does so in many programs,
and each would take as long; so from then on a fraction has to do, where the same operation was seen
to hang. Elsewhere a hang that is told so soon is doubted, and tried again with the whole deadline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import define, field

from waitctx.conformance.observations import HANG, WHILE_CLEANING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.programs import Program

    from .base import Observations

#: Of the deadline, after the first hang and after some more.
_SOON: Final = 1 / 16
_SOONER: Final = 1 / 40
_SOME: Final = 4


@define
class Hangs:
    """The deadlines of one implementation, and where it hangs."""

    full: float
    """Seconds."""
    _known: set[tuple[str, str]] = field(factory=set, init=False)
    _count: int = field(default=0, init=False)

    @property
    def deadline(self) -> float:
        """How long an operation may take, in seconds."""
        if self._count == 0:
            return self.full
        return self.full * (_SOON if self._count < _SOME else _SOONER)

    def doubts(self, programs: Sequence[Program], seen: Sequence[Observations], cause: str) -> bool:
        """Tell whether the one program given may not have hung, had it been given its time."""
        if not cause.startswith(HANG) or not self._known:
            return False
        return _place(programs, seen, cause) not in self._known

    def note(self, programs: Sequence[Program], seen: Sequence[Observations], cause: str) -> None:
        """Take note of what one program ended by."""
        if cause.startswith(HANG):
            self._known.add(_place(programs, seen, cause))
            self._count += 1


def _place(
    programs: Sequence[Program], seen: Sequence[Observations], cause: str
) -> tuple[str, str]:
    """Give the operation that hung, and what is said about it.

    When what a program left is freed it is none of its operations.
    """
    if cause.endswith(WHILE_CLEANING):
        return "", cause
    words = [
        program[len(observations) - 1].word
        for program, observations in zip(programs, seen, strict=True)
        if 0 < len(observations) <= len(program)
    ]
    return (words[0] if words else "", cause)
