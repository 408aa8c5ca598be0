"""What a run of the harness found, as plain values: the one thing that every writer gets.

Text in them is clean, whoever makes them (see `text`). The published contract of the JSON form is
``report.schema.json``; `document` writes and reads it.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs looks it up
from enum import Enum
from typing import Any, Final

from attrs import field, frozen

from .text import clean, clean_all, clean_keys, clean_tree, clean_values

FORMAT: Final = "waitctx-report"
#: A program in its one-line form is ours, and needed whole.
_LONGEST_PROGRAM: Final = 10_000_000


def _extra() -> Any:  # noqa: ANN401 - attrs' own attribute type
    """Fields of a later minor version, which are kept when a report is written again."""
    return field(factory=dict, kw_only=True, repr=False)


def _program(text: str) -> str:
    return clean(text, _LONGEST_PROGRAM)


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
    CONFORMS_BUT = "conforms but for known failures"
    """Every failure was announced, and all that was announced is up to date."""
    OUT_OF_DATE = "has known failures that are out of date"
    """No failure is news, but what was announced does not hold any more."""
    DOES_NOT_CONFORM = "does not conform"
    NOT_CHECKED = "was not checked"
    """It was not checked to the end, or nothing about it could be judged."""


@frozen
class Schema:
    """The version of the JSON form.

    Readers refuse another major one, and keep what they do not know of a later minor one.
    """

    major: int = 1
    minor: int = 3


@frozen
class ImplementationInfo:
    """Which implementation was checked, and what it supports."""

    target: str = field(converter=clean)
    kind: str = field(converter=clean)
    version: str = field(converter=clean)
    path: str = field(converter=clean)
    sha256: str = field(converter=clean)
    functions: tuple[str, ...] = field(converter=clean_all)
    missing: tuple[str, ...] = field(converter=clean_all)
    capable: bool
    """Whether jobs can run."""
    build: str = field(default="", converter=clean)
    """What tells this build from others of the version, as an ELF build id; empty when nothing
    does."""
    extra: Mapping[str, Any] = _extra()


@frozen
class EngineRun:
    """What one engine contributed."""

    name: str = field(converter=clean)
    programs: int
    operations: int
    """How many operations were carried out and judged."""
    seconds: float
    coverage: Mapping[str, int | float | str | bool] = field(factory=dict)
    """What it reached, by measure: states, transitions, the depth completed, and of how many."""
    extra: Mapping[str, Any] = _extra()


@frozen
class Sentence:
    """A sentence of the page that a clause rests on, in our own words."""

    number: str = field(converter=clean)
    """Section, paragraph and place: ``D7.9``."""
    section: str = field(converter=clean)
    text: str = field(converter=clean)
    extra: Mapping[str, Any] = _extra()


@frozen
class WorldCoverage:
    """A bounded world of symbols, and how much of the model's graph of it was walked."""

    name: str = field(converter=clean)
    bounds: str = field(converter=clean)
    """What there is in it, in words."""
    depth: int
    """Every program of at most so many operations was run, up to the names of its symbols."""
    states: int
    """How many states were seen, of `states_in_reach`; both up to renaming."""
    states_in_reach: int
    transitions: int
    """How many operations were tried in a state, of `transitions_in_reach`; both up to renaming."""
    transitions_in_reach: int
    layers: tuple[str, ...] = ()
    """How each state stands, by its distance from the start: a digit for each. 3: every operation
    was tried in it; 2: some; 1: it is in reach and was not seen; 0: it belongs to other readings of
    the page than those that the implementation takes."""
    pairs: int = 0
    """How many transitions were tried right after each other, of `pairs_in_reach`; not up to
    renaming."""
    pairs_in_reach: int = 0
    programs: int = 0
    """How many programs `depth` stands for, without those that are the beginning of another."""
    states_told_apart: int = 0
    """How many states of the model a suite of programs tells apart; 0 if none was run."""
    extra_states: int | None = None
    """The suite finds every fault of an implementation that has at most so many states more."""
    extra: Mapping[str, Any] = _extra()


@frozen
class ClauseVerdict:
    """The verdict on one clause."""

    clause: str = field(converter=clean)
    group: str = field(converter=clean)
    title: str = field(converter=clean)
    verdict: Verdict
    checked: int
    """How many answers agreed with it."""
    reason: str = field(default="", converter=clean)
    """Why it is not applicable or inconclusive."""
    failures: tuple[str, ...] = ()
    """The ids of the failures that it is blamed for."""
    text: str = field(default="", converter=clean)
    """What it requires."""
    sentences: tuple[Sentence, ...] = ()
    source: str = field(default="", converter=clean)
    """The sister page that says it, for what this page leaves to it."""
    known: bool = False
    """Whether it failed, and every failure that it is blamed for was announced."""
    programs: int | None = None
    """How many programs exercised it: had an answer that agreed with it. None if a report of an
    earlier version does not say."""
    extra: Mapping[str, Any] = _extra()


@frozen
class Step:
    """One operation of a failing program."""

    operation: str = field(converter=clean)
    permitted: tuple[str, ...] = field(converter=clean_all)
    """Every permitted outcome, in words."""
    seen: str = field(converter=clean)
    events: tuple[str, ...] = field(converter=clean_all)
    """The calls that the implementation made meanwhile."""
    agrees: bool
    states: tuple[str, ...] = field(default=(), converter=clean_all)
    """Every state that the implementation can be in after it, in words; after a failure, that it
    should be in."""
    tells: str = field(default="", converter=clean)
    """What it tells of its state itself, when asked in a run of its own; empty if it was not."""
    saw: Mapping[str, Any] = field(factory=dict, converter=clean_tree)
    """The observation as traces have it."""
    extra: Mapping[str, Any] = _extra()


@frozen
class FailureReport:
    """A failing program, and what about it was not permitted."""

    id: str = field(converter=clean)
    clause: str = field(converter=clean)
    title: str = field(converter=clean)
    related: tuple[str, ...] = field(converter=clean_all)
    """Other clauses that the same answer goes against."""
    wrong: tuple[str, ...] = field(converter=clean_all)
    """What was not permitted, in words."""
    cause: str = field(converter=clean)
    """How the implementation ended; empty when it gave an answer."""
    program: str = field(converter=_program)
    """The shrunk program in its one-line form."""
    program_json: tuple[Mapping[str, str | int], ...]
    """The same as plain objects, one for each operation."""
    steps: tuple[Step, ...]
    engine: str = field(converter=clean)
    reproduced: bool
    """Whether it happened again when the program was run alone on a fresh implementation."""
    kind: str = field(default="", converter=clean)
    """How it fails in a few words, the same in each run: what known failures are told by."""
    known: bool = False
    """Whether it was announced."""
    failed: int = 1
    """How often it failed then."""
    tries: int = 1
    """How often it was run then: more than once if it depends on how threads overlap."""
    extra: Mapping[str, Any] = _extra()

    @property
    def again(self) -> str:
        """Whether it happens again, in words."""
        if not self.reproduced:
            return "did not happen again when run alone"
        if self.tries > 1:
            return f"fails {self.failed} times of {self.tries} when run alone"
        return "happens again when run alone"


@frozen
class KnownFailure:
    """A failure that whoever ordered the check had announced, and what has become of it."""

    clause: str = field(converter=clean)
    reason: str = field(converter=clean)
    link: str = field(default="", converter=clean)
    expires: str = field(default="", converter=clean)
    """The day after which it counts again, in ISO 8601; empty for never."""
    failures: tuple[str, ...] = ()
    """The ids of the failures that it covers."""
    program: str = field(default="", converter=_program)
    """The program that was announced to fail; empty where it is the clause."""
    causes: tuple[str, ...] = field(default=(), converter=clean_all)
    """How it was announced to fail: as `FailureReport.kind` says it, any of these."""
    status: str = field(default="", converter=clean)
    """What has become of it, in words."""
    why: str = field(default="", converter=clean)
    """More about that: how often it was checked, or why it could not be."""
    stale: bool = False
    """Whether it is out of date, which fails the run."""
    advice: str = field(default="", converter=clean)
    """What is to be done about that, and in which line."""
    place: str = field(default="", converter=clean)
    """The file that announces it, and the line."""
    extra: Mapping[str, Any] = _extra()

    @property
    def subject(self) -> str:
        """Say what it is about: a program, or else a clause."""
        return self.program or self.clause

    @property
    def now(self) -> str:
        """Say what has become of it, and more about that."""
        return f"{self.status} ({self.why})" if self.why else self.status

    @property
    def href(self) -> str:
        """Give the link if it can be followed from a page without harm; else nothing."""
        return self.link if self.link.startswith(("https://", "http://")) else ""


@frozen
class Report:
    """Everything that a run found.

    Two runs of one version with the same seed and bounds on the same implementation are equal but
    for `host` and for what is called ``started`` and ``seconds``, as long as no bound is one of
    time.
    """

    waitctx: str = field(converter=clean)
    """The version of the harness."""
    clauses_sha256: str = field(converter=clean)
    model_sha256: str = field(converter=clean)
    """Of the sources that state what is permitted."""
    started: str = field(converter=clean)
    """When, in ISO 8601 with the offset from UTC."""
    seconds: float
    host: Mapping[str, str] = field(converter=clean_values)
    implementation: ImplementationInfo
    profile: str = field(converter=clean)
    seed: int
    bounds: Mapping[str, int | float | str | bool | None]
    """What the run was limited to, by the name of the option: seconds, programs."""
    command: str = field(converter=clean)
    """How to run it again."""
    interrupted: bool
    engines: tuple[EngineRun, ...]
    operations: Mapping[str, int]
    """How often each operation that the implementation supports was carried out."""
    states: int
    """How many steps, each a state of the model, an operation and its answer, were told apart."""
    readings: tuple[str, ...] = field(converter=clean_all)
    """Which of the page's open readings the implementation was seen to take."""
    unjudged: Mapping[str, int] = field(converter=clean_keys)
    """Why programs could not be judged to their end, and how many."""
    verdicts: tuple[ClauseVerdict, ...]
    failures: tuple[FailureReport, ...]
    groups: Mapping[str, str] = field(factory=dict)
    """The title of each group of clauses."""
    known_failures: tuple[KnownFailure, ...] = ()
    worlds: tuple[WorldCoverage, ...] = ()
    """What the systematic engines covered; none where they did not run."""
    skipped: Mapping[str, str] = field(factory=dict, converter=clean_values)
    """Engines that were asked for and could not run, and why."""
    guarantees: tuple[str, ...] = field(default=(), converter=clean_all)
    """What cannot be wrong without having shown, in sentences."""
    schema: Schema = field(factory=Schema, kw_only=True)
    extra: Mapping[str, Any] = _extra()

    @property
    def conclusion(self) -> Conclusion:
        """What is known of the implementation as a whole."""
        failed = [one for one in self.verdicts if one.verdict is Verdict.FAIL]
        announced = (*(one.known for one in failed), *(one.known for one in self.failures))
        if not all(announced):
            return Conclusion.DOES_NOT_CONFORM
        if self.stale:
            return Conclusion.OUT_OF_DATE
        if self.interrupted or not (failed or self.count(Verdict.PASS)):
            return Conclusion.NOT_CHECKED
        return Conclusion.CONFORMS_BUT if failed else Conclusion.CONFORMS

    @property
    def stale(self) -> tuple[KnownFailure, ...]:
        """Give what was announced and is out of date."""
        return tuple(one for one in self.known_failures if one.stale)

    def count(self, verdict: Verdict) -> int:
        """Tell how many clauses have a verdict."""
        return sum(one.verdict is verdict for one in self.verdicts)

    def failure(self, name: str) -> FailureReport | None:
        """Give the failure of that id, in any case."""
        wanted = name.upper()
        return next((one for one in self.failures if one.id.upper() == wanted), None)
