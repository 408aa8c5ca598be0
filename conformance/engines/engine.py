"""What every engine is: a source of programs, and a way to carry them out.

An engine is given a turn, with all that it may use in it. It ends its turn when it has no more
programs, or when the turn is over.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Adapter
    from waitctx.conformance.findings import EngineTally, Findings, Listener, Recorder
    from waitctx.conformance.judge import Judge
    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.plan import Plan
    from waitctx.conformance.witnesses import Witnesses


class EngineError(Exception):
    """The engine itself went wrong; this is a fault of the harness or of an adapter."""


@frozen
class Turn:
    """What an engine may use, until when, and where what it finds is kept."""

    adapter: Adapter
    plan: Plan
    judge: Judge
    """Judges, and keeps count of what was shown."""
    findings: Findings
    witnesses: Witnesses
    """Is told of failures."""
    tally: EngineTally
    """The engine's own."""
    until: float
    """The end of its time, as `monotonic` tells it; infinite where no clock decides."""
    hurried: float
    """The same should the implementation hang."""
    listen: Listener
    record: Recorder

    @property
    def words(self) -> tuple[str, ...]:
        """The operations that the implementation supports."""
        return self.adapter.ics.words

    @property
    def capable(self) -> bool:
        """Whether jobs can run."""
        return self.adapter.ics.capable

    @property
    def asked(self) -> tuple[Profile, tuple[str, ...], int]:
        """What seeded programs are made for: the profile, the operations and the seed."""
        return self.plan.profile, self.words, self.plan.seed

    @property
    def stopped(self) -> bool:
        """Whether there is a failure that is news, and the check ends with the first."""
        return self.plan.stop_first and any(
            not self.plan.known.announce(one.failure) for one in self.findings.endings.values()
        )

    @property
    def over(self) -> bool:
        """Whether the engine has to end."""
        until = self.hurried if self.findings.hung else self.until
        return self.stopped or monotonic() >= until


class Engine(Protocol):
    """A source of programs, and a way to carry them out."""

    @property
    def name(self) -> str:
        """What users call it."""

    @property
    def share(self) -> float:
        """Its share of the budget, beside those of others that could go on for ever; else 0."""

    @property
    def lasts(self) -> float:
        """Without a share: seconds that its turn takes at most, in a run that has a budget."""

    @property
    def watched(self) -> bool:
        """Whether it needs an implementation whose memory is watched."""

    @property
    def tool(self) -> str:
        """The memory checker under which it needs the implementation; empty for none."""

    @property
    def resumes(self) -> bool:
        """Whether it can go on in the middle, from its tally and the findings."""

    def lacking(self, adapter: Adapter) -> str:
        """Say what an implementation lacks to be checked with it; empty when it lacks nothing."""

    def take(self, turn: Turn) -> None:
        """Carry out programs until the turn is over, or there are no more."""
