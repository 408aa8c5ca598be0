"""What a run of the harness found, as plain values: the one thing that every writer gets."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = "waitctx-report"
VERSION: Final = "1.0"


class Verdict(Enum):
    """What is known of one clause."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    """No program exercised it, or what it showed could not be judged."""
    NOT_APPLICABLE = "not applicable"
    """It is about something that the implementation declares not to support."""


class Conclusion(Enum):
    """What is known of the implementation as a whole."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does not conform"
    NOT_CHECKED = "was not checked"
    """It was not checked to the end, or nothing about it could be judged."""


@frozen
class ImplementationInfo:
    """Which implementation was checked, and what it supports."""

    target: str
    kind: str
    version: str
    path: str
    sha256: str
    functions: tuple[str, ...]
    missing: tuple[str, ...]
    capable: bool
    """Whether jobs can run."""


@frozen
class EngineRun:
    """What one engine contributed."""

    name: str
    programs: int
    operations: int
    """How many operations were carried out and judged."""
    seconds: float


@frozen
class WorldCoverage:
    """A bounded world of symbols, and how much of the model's graph of it was walked."""

    name: str
    bounds: str
    """What there is in it, in words."""
    depth: int
    """Every program of at most so many operations was run, up to the names of its symbols."""
    states: int
    """How many states were seen, of `states_in_reach`; both up to renaming."""
    states_in_reach: int
    transitions: int
    """How many operations were tried in a state, of `transitions_in_reach`; both up to renaming."""
    transitions_in_reach: int


@frozen
class ClauseVerdict:
    """The verdict on one clause."""

    clause: str
    group: str
    title: str
    verdict: Verdict
    checked: int
    """How many answers agreed with it."""
    reason: str = ""
    """Why it is not applicable or inconclusive."""
    failures: tuple[str, ...] = ()
    """The ids of the failures that it is blamed for."""


@frozen
class Step:
    """One operation of a failing program."""

    operation: str
    permitted: tuple[str, ...]
    """Every permitted outcome, in words."""
    seen: str
    events: tuple[str, ...]
    """The calls that the implementation made meanwhile."""
    agrees: bool


@frozen
class FailureReport:
    """A failing program, and what about it was not permitted."""

    id: str
    clause: str
    title: str
    related: tuple[str, ...]
    """Other clauses that the same answer goes against."""
    wrong: tuple[str, ...]
    """What was not permitted, in words."""
    cause: str
    """How the implementation ended; empty when it gave an answer."""
    program: str
    """The shrunk program in its one-line form."""
    program_json: tuple[Mapping[str, str | int], ...]
    """The same as plain objects, one for each operation."""
    steps: tuple[Step, ...]
    engine: str
    reproduced: bool
    """Whether it happened again when the program was run alone on a fresh implementation."""


@frozen
class Report:
    """Everything that a run found."""

    waitctx: str
    """The version of the harness."""
    clauses_sha256: str
    started: str
    """When, in ISO 8601 with the offset from UTC."""
    seconds: float
    host: Mapping[str, str]
    implementation: ImplementationInfo
    profile: str
    seed: int
    budget: float
    interrupted: bool
    engines: tuple[EngineRun, ...]
    operations: Mapping[str, int]
    """How often each operation that the implementation supports was carried out."""
    states: int
    """How many steps, each a state of the model, an operation and its answer, were told apart."""
    readings: tuple[str, ...]
    """Which of the page's open readings the implementation was seen to take."""
    unjudged: Mapping[str, int]
    """Why programs could not be judged to their end, and how many."""
    verdicts: tuple[ClauseVerdict, ...]
    failures: tuple[FailureReport, ...]
    options: tuple[str, ...] = ()
    """What else was asked for on the command line, as it is written there."""
    worlds: tuple[WorldCoverage, ...] = ()
    """What the systematic engines covered; none where they did not run."""
    format: str = field(default=FORMAT, init=False)
    version: str = field(default=VERSION, init=False)

    @property
    def conclusion(self) -> Conclusion:
        """What is known of the implementation as a whole."""
        if self.failures or self.count(Verdict.FAIL):
            return Conclusion.DOES_NOT_CONFORM
        done = self.count(Verdict.PASS) and not self.interrupted
        return Conclusion.CONFORMS if done else Conclusion.NOT_CHECKED

    def count(self, verdict: Verdict) -> int:
        """Tell how many clauses have a verdict."""
        return sum(one.verdict is verdict for one in self.verdicts)


def to_plain(report: Report) -> dict[str, Any]:
    """Give a report as plain objects, ready to be written as JSON."""
    plain = asdict(report, value_serializer=lambda _, __, value: _plain(value))
    head = {name: plain.pop(name) for name in ("format", "version")}
    return {**head, "conclusion": report.conclusion.value, **plain}


def _plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value
