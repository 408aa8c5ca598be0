"""What a check is asked to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

from .known_failures import KnownFailures

if TYPE_CHECKING:
    from .outcomes import Profile

#: The budget of a standard run in which the implementation hangs.
STANDARD_BUDGET: Final = 10.0


@frozen
class Amount:
    """How much is done in a kind of run; where nothing is said, as much as there is time for."""

    programs: int | None = None
    """How many programs the random engine makes."""
    walks: int | None = None
    """How many the walker makes in each world."""
    depth: int | None = None
    """How deep the exhaustive engine goes."""
    operations: float = math.inf
    """It begins no depth that is expected to take more."""
    pairs: bool = True
    """Whether every pair of transitions is walked: to plan that takes half a minute."""
    slack: float = 1.0
    """How many times as long as in a run with a budget all else may take."""


WITH_BUDGET: Final = Amount()
STANDARD: Final = Amount(600, 6_000, operations=6_000_000, pairs=False, slack=5.0)
COMPLETE: Final = Amount(2_000, 20_000, depth=6, slack=math.inf)


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
    asks: bool = True
    """Whether an implementation is asked for its own state at each step of a failing program."""
    extra_states: int = 1
    """For how many states more than the model has the tour engine's suites are made, at most."""
    jobs: int = 1
    """How many cores the walks in C use."""
    tools: tuple[str, ...] = ()
    """The memory checkers under which programs run too."""
    known: KnownFailures = field(factory=KnownFailures)
    """Failures that are announced: the first of them is no reason to stop."""

    @property
    def bounds(self) -> dict[str, float | None]:
        """How much it is asked to do, as a report says."""
        return {"budget": self.budget, "programs": self.programs}

    @property
    def timed(self) -> bool:
        """Whether the clock decides how much is done; if not, two runs do the same."""
        return bool(self.budget) and self.programs is None

    @property
    def standard(self) -> bool:
        """Whether so much is done as is usual."""
        return self.budget is None and self.programs is None

    @property
    def amount(self) -> Amount:
        """How much is done in a run of its kind."""
        if self.standard:
            return STANDARD
        return WITH_BUDGET if self.timed else COMPLETE

    @property
    def limit(self) -> float:
        """Seconds that engines that could go on for ever have together; each, if standard."""
        return (self.budget or STANDARD_BUDGET) * self.amount.slack

    @property
    def hurried(self) -> Plan:
        """The same with a budget, if it is standard: where a clock decides, it can as well be near.

        When an operation hangs is for the clock to say, so two runs need not do the same any more.
        """
        return evolve(self, budget=STANDARD_BUDGET) if self.standard else self

    @property
    def random_programs(self) -> int | None:
        """How many programs the random engine makes; None for as many as there is time for."""
        return self.amount.programs if self.programs is None else self.programs

    @property
    def deepest(self) -> int | None:
        """How deep the exhaustive engine goes; None for as deep as there is time for."""
        return self.amount.depth if self.depth is None else self.depth

    @property
    def exhaustive_operations(self) -> float:
        """How many operations a depth of the exhaustive engine may be expected to take."""
        return self.amount.operations if self.depth is None else math.inf
