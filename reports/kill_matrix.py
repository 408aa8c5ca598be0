"""The kill matrix: which fake was told by which engine, as plain values.

`waitctx selftest` grades the harness by implementations whose verdict is known. A *fault* has to be
told by some engine and for a clause that it declares to violate; a *variant* takes a choice that
the page leaves, and has to pass; an *equivalent* cannot be told apart, and has to pass as well.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, field, frozen
from attrs import validators as check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FORMAT: Final = "waitctx-kill-matrix"
VERSION: Final = "1.1"

#: The module with the fakes that come with waitctx.
MODULE: Final = "waitctx.fakes"
FAMILIES: Final = ("python", "c")
#: Kinds that have to be told; of ``crash`` and ``hang`` the implementation dies.
FAULTS: Final = ("fault", "crash", "hang")
KINDS: Final = (*FAULTS, "variant", "equivalent")


@frozen
class Fake:
    """An implementation that conforms in every way but the one that it states."""

    name: str
    family: str = field(validator=check.in_(FAMILIES))
    kind: str = field(validator=check.in_(KINDS))
    says: str
    """The way in which it does not conform, or the choice that it takes."""
    clauses: tuple[str, ...] = ()
    """The clauses that it violates."""
    profile: str = "spec"
    """The weakest profile under which it has to be told."""
    target: str = ""
    """What its family knows it by: a Python target, or the name of a build."""
    reason: str = ""
    """Why an equivalent one cannot be told apart."""

    @property
    def label(self) -> str:
        """Name it among both families, which share names where they share a fault."""
        return f"{self.family}/{self.name}"

    @property
    def is_fault(self) -> bool:
        """Tell whether it has to be told."""
        return self.kind in FAULTS


@frozen
class Trial:
    """What one engine made of one fake."""

    engine: str
    programs: int
    operations: int
    seconds: float
    """Until the first failure; where there is none, until the engine stopped."""
    clause: str = ""
    """The clause that was blamed; empty when nothing was."""
    cause: str = ""
    """What the implementation died of."""
    program: str = ""
    """The shortest failing program that was found, in its one-line form."""
    length: int = 0
    """How many operations that has."""
    observations: tuple[Mapping[str, Any], ...] = ()
    """What was answered to each of them, so that the kill can be judged again."""
    capable: bool = True
    """Whether jobs could run."""
    inconclusive: int = 0
    """How many programs could not be judged to their end."""
    killed: bool = field(init=False)

    @killed.default
    def _was_blamed(self) -> bool:
        return bool(self.clause)


@frozen
class Row:
    """What all engines made of one fake."""

    fake: Fake
    group: str
    """The group of the clause that it declares first."""
    trials: tuple[Trial, ...] = ()
    seconds: float = 0.0
    """Everything: opening it, every engine, shrinking."""
    error: str = ""
    """Why it could not be run."""

    @property
    def killed(self) -> bool:
        """Tell whether any engine found a failure."""
        return any(one.killed for one in self.trials)

    @property
    def shortest(self) -> Trial | None:
        """Give the kill with the shortest program."""
        return min(self.kills, key=lambda one: one.length, default=None)

    @property
    def kills(self) -> tuple[Trial, ...]:
        """Give the trials that found a failure."""
        return tuple(one for one in self.trials if one.killed)

    def killed_by(self, engine: str) -> bool:
        """Tell whether this engine found a failure."""
        return any(one.engine == engine for one in self.kills)


@frozen
class Cover:
    """How a clause is proved to be able to fail."""

    clause: str
    group: str
    title: str
    declared: int
    """How many faults violate it by their own account."""
    blamed: int
    """How many were told for it."""
    fake: str = ""
    """The one with the shortest program."""
    program: str = ""


@frozen
class Complaint:
    """One thing that is wrong with the harness, or with the catalogue of fakes."""

    clause: str
    fake: str
    """Empty where there is none: a clause that nothing violates."""
    text: str

    def __str__(self) -> str:
        """Say it in one line."""
        return " ".join(filter(None, (self.fake, f"{self.clause}:", self.text)))


class Conclusion(Enum):
    """What is known of the harness as a whole."""

    PASSES = "passes"
    DOES_NOT_PASS = "does not pass"  # noqa: S105 - a conclusion, no password
    INCOMPLETE = "was not run to its end"


@frozen
class KillMatrix:
    """Everything that a self-test found."""

    waitctx: str
    """The version of the harness."""
    clauses_sha256: str
    started: str
    """When, in ISO 8601 with the offset from UTC."""
    seconds: float
    compiling: float
    """How many of those seconds went by until all fakes were compiled."""
    host: Mapping[str, str]
    module: str
    """Where the fakes come from."""
    engines: tuple[str, ...]
    budget: float
    """Seconds for each fake and engine."""
    seed: int
    jobs: int
    """How many fakes were run at a time."""
    whole: bool
    """Whether the whole catalogue was run."""
    interrupted: bool
    rows: tuple[Row, ...]
    covers: tuple[Cover, ...]
    complaints: tuple[Complaint, ...]
    notes: tuple[str, ...]
    """What is worth knowing, and no complaint."""
    format: str = field(default=FORMAT, init=False)
    version: str = field(default=VERSION, init=False)

    @property
    def conclusion(self) -> Conclusion:
        """What is known of the harness as a whole: a complaint stays one, however it ended."""
        if self.complaints:
            return Conclusion.DOES_NOT_PASS
        incomplete = self.interrupted or any(one.error for one in self.rows)
        return Conclusion.INCOMPLETE if incomplete else Conclusion.PASSES

    @property
    def errors(self) -> tuple[str, ...]:
        """Give a line for each fake that could not be run."""
        return tuple(f"{one.fake.label}: {one.error}" for one in self.rows if one.error)

    @property
    def faults(self) -> tuple[Row, ...]:
        """Give the rows of what has to be told."""
        return tuple(one for one in self.rows if one.fake.is_fault)

    def of_kind(self, kind: str) -> tuple[Row, ...]:
        """Give the rows of one kind of fake."""
        return tuple(one for one in self.rows if one.fake.kind == kind)


@frozen
class Tally:
    """How many faults of one family and group were told, and by which engine."""

    family: str
    group: str
    faults: int
    by_engine: tuple[int, ...]
    """One number for each engine of the matrix."""
    killed: int
    """By any engine."""


def tallies(matrix: KillMatrix) -> tuple[Tally, ...]:
    """Give the counts by family and group; ``all`` stands for every group, or every family."""
    return (*_by_family(matrix), _tally(matrix, "all", "", matrix.faults))


def _by_family(matrix: KillMatrix) -> Iterator[Tally]:
    known = [one.group for one in matrix.covers] + [one.group for one in matrix.faults]
    for family in FAMILIES:
        mine = [one for one in matrix.faults if one.fake.family == family]
        for group in dict.fromkeys(known):
            if some := [one for one in mine if one.group == group]:
                yield _tally(matrix, family, group, some)
        if mine:
            yield _tally(matrix, family, "all", mine)


def _tally(matrix: KillMatrix, family: str, group: str, rows: Sequence[Row]) -> Tally:
    by_engine = tuple(sum(row.killed_by(one) for row in rows) for one in matrix.engines)
    return Tally(family, group, len(rows), by_engine, sum(row.killed for row in rows))


def to_plain(matrix: KillMatrix) -> dict[str, Any]:
    """Give a matrix as plain objects, ready to be written as JSON."""
    plain = asdict(matrix)
    head = {name: plain.pop(name) for name in ("format", "version")}
    return {**head, "conclusion": matrix.conclusion.value, **plain}


def from_plain(plain: Mapping[str, Any]) -> KillMatrix:
    """Read what `to_plain` gave, straight or by way of JSON.

    Raises:
        ValueError: it is no kill matrix, or one of a version that is not known here.
    """
    said = plain.get("format"), plain.get("version")
    if said != (FORMAT, VERSION):
        raise ValueError(f"this is {said[0]} {said[1]}, not {FORMAT} {VERSION}")
    derived = ("format", "version", "conclusion")
    rest = {name: value for name, value in plain.items() if name not in derived}
    rest["engines"], rest["notes"] = tuple(rest["engines"]), tuple(rest["notes"])
    rest["rows"] = tuple(map(_row, rest["rows"]))
    rest["covers"] = tuple(Cover(**one) for one in rest["covers"])
    rest["complaints"] = tuple(Complaint(**one) for one in rest["complaints"])
    return KillMatrix(**rest)


def _row(plain: Mapping[str, Any]) -> Row:
    fake = Fake(**{**plain["fake"], "clauses": tuple(plain["fake"]["clauses"])})
    trials = tuple(_trial(one) for one in plain["trials"])
    return Row(**{**plain, "fake": fake, "trials": trials})


def _trial(plain: Mapping[str, Any]) -> Trial:
    known = {name: value for name, value in plain.items() if name != "killed"}
    return Trial(**{**known, "observations": tuple(plain["observations"])})
