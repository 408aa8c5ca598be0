"""What a check is asked to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from .known_failures import KnownFailures

if TYPE_CHECKING:
    from .outcomes import Profile

#: How many random programs a standard run makes, and a complete one.
STANDARD_PROGRAMS: Final = 600
COMPLETE_PROGRAMS: Final = 2_000
#: How many programs the walker runs in each world.
STANDARD_WALKS: Final = 6_000
COMPLETE_WALKS: Final = 20_000
#: In a standard run the exhaustive engine begins no depth that is expected to take more operations.
STANDARD_EXHAUSTIVE: Final = 6_000_000
#: How deep the exhaustive engine goes in a complete run.
COMPLETE_DEPTH: Final = 6
#: The budget of a standard run in which the implementation hangs.
STANDARD_BUDGET: Final = 10.0
#: As long as it does not, all may take so many times as long, and each of the engines that share
#: the budget so many times the whole of it.
STANDARD_SLACK: Final = 5.0


@frozen
class Plan:
    """What a check is asked to do."""

    profile: Profile
    budget: float | None = None
    """Seconds for the engines that could go on for ever to use up; shrinking may take some more.
    Without any the run is *standard*: a fixed amount of work, which a clock cuts short only where
    an implementation hangs or is very slow. With 0 it is *complete*: every engine goes on to its
    end, however long that takes."""
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
    """How many programs the random engine makes, in a run that is complete but for that."""
    depth: int | None = None
    """The exhaustive engine goes no deeper; None leaves that to the kind of run."""
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
        """Whether the clock decides how much is done; if not, two runs do the same."""
        return bool(self.budget) and self.programs is None

    @property
    def standard(self) -> bool:
        """Whether so much is done as is usual."""
        return self.budget is None and self.programs is None

    @property
    def limit(self) -> float:
        """Seconds that engines that could go on for ever have together; each, if standard."""
        if self.standard:
            return STANDARD_BUDGET * STANDARD_SLACK
        return (self.budget or math.inf) if self.timed else math.inf

    @property
    def slack(self) -> float:
        """How many times as long as in a run with a budget all else may take."""
        if self.standard:
            return STANDARD_SLACK
        return 1.0 if self.timed else math.inf

    @property
    def hurried(self) -> Plan:
        """The same with a budget, if it is standard: where a clock decides, it can as well be near.

        When an operation hangs is for the clock to say, so two runs need not do the same any more.
        """
        return evolve(self, budget=STANDARD_BUDGET) if self.standard else self

    @property
    def random_programs(self) -> int | None:
        """How many programs the random engine makes; None for as many as there is time for."""
        if self.programs is not None:
            return self.programs
        return None if self.timed else STANDARD_PROGRAMS if self.standard else COMPLETE_PROGRAMS

    @property
    def walks(self) -> int | None:
        """How many the walker makes in each world; None for as many as there is time for."""
        return None if self.timed else STANDARD_WALKS if self.standard else COMPLETE_WALKS

    @property
    def deepest(self) -> int | None:
        """How deep the exhaustive engine goes; None for as deep as there is time for."""
        return self.depth if self.timed or self.standard or self.depth else COMPLETE_DEPTH

    @property
    def exhaustive_operations(self) -> float:
        """How many operations a depth of the exhaustive engine may be expected to take."""
        return STANDARD_EXHAUSTIVE if self.standard and self.depth is None else math.inf

    @property
    def pairs(self) -> bool:
        """Whether every pair of transitions is walked: to plan that takes half a minute."""
        return not self.standard
