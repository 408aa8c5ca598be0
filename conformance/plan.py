"""What a check is asked to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from .known_failures import KnownFailures

if TYPE_CHECKING:
    from .outcomes import Profile

#: How many random programs a complete run makes.
COMPLETE_PROGRAMS: Final = 2_000
#: How deep the exhaustive engine goes in one.
COMPLETE_DEPTH: Final = 6


@frozen
class Plan:
    """What a check is asked to do."""

    profile: Profile
    budget: float = 10.0
    """Seconds for the engines that could go on for ever to use up; shrinking may take some more.
    With 0 the run is *complete*: every engine goes on to its end, however long that takes."""
    seed: int = 0
    stop_first: bool = False
    engines: tuple[str, ...] = ()
    """Their names; none for all of them."""
    shrinking: float = 5.0
    """Each failure is shrunk for at most so many seconds, in a run that has a budget."""
    longest: float | None = None
    """Engines without a share of the budget end after so many seconds, but those whose programs are
    all meant to run. None lets each take the time that it is made for."""
    programs: int | None = None
    """How many programs the random engine makes, in a complete run. None bounds it by `budget`, and
    by `COMPLETE_PROGRAMS` without one."""
    depth: int | None = None
    """The exhaustive engine goes no deeper; None bounds it by the budget, and by `COMPLETE_DEPTH`
    without one."""
    keys: int = 2
    """How many keys there are in the world that has several."""
    extra_states: int = 1
    """For how many states more than the model has the tour engine's suites are made, at most."""
    jobs: int = 1
    """How many cores the walks in C use."""
    tools: tuple[str, ...] = ()
    """The memory checkers under which programs run too."""
    known: KnownFailures = field(factory=KnownFailures)
    """Failures that are announced: the first of them is no reason to stop."""

    @property
    def timed(self) -> bool:
        """Whether the clock decides about anything; if not, two runs do the same."""
        return self.budget > 0 and self.programs is None

    @property
    def random_programs(self) -> int | None:
        """How many programs the random engine makes; None for as many as there is time for."""
        return self.programs if self.timed or self.programs is not None else COMPLETE_PROGRAMS

    @property
    def deepest(self) -> int | None:
        """How deep the exhaustive engine goes; None for as deep as there is time for."""
        return self.depth if self.timed or self.depth is not None else COMPLETE_DEPTH
