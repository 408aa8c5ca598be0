"""What ``waitctx bench`` has measured, as plain values, and its JSON form.

Rates are operations a second of *processor time*, so that a machine that does other things as well
says the same; only what is said of several cores is told by the clock on the wall. A ratio is to
the limit: the rate of a plain loop that makes calls and looks at no answer.
"""

from __future__ import annotations

import json
from importlib import resources
from statistics import median
from typing import IO, Any, Final

from attrs import asdict, field, frozen
from cattrs import structure
from jsonschema import Draft202012Validator

from .text import clean, clean_all

FORMAT: Final = "waitctx-bench"
VERSION: Final = "1.0"


class BenchError(ValueError):
    """A file holds no figures of this kind; the text says why."""


@frozen
class Contender:
    """One way to carry programs out."""

    name: str
    says: str
    """What it does, in a sentence."""
    rates: tuple[float, ...] = ()
    """Operations a second, round by round; empty where it could not be measured."""
    reason: str = field(default="", converter=clean)
    """Why it could not be."""
    memory: int = 0
    """The most bytes that the harness and its workers had in use."""
    judged: bool = True
    """Whether it looks at the answers."""

    @property
    def rate(self) -> float:
        """The median of its rounds; 0 where there is none."""
        return median(self.rates) if self.rates else 0.0


@frozen
class World:
    """The limit and the walker in one small world."""

    name: str
    holds: str
    """What there is in it."""
    states: int
    limit: float
    """Nanoseconds that an operation takes in the plain loop."""
    walker: float
    """And in the walker."""

    @property
    def ratio(self) -> float:
        """How quick the walker is beside the loop."""
        return self.limit / self.walker


@frozen
class Point:
    """One measurement of a series."""

    at: float
    value: float
    note: str = ""


@frozen
class Series:
    """How one figure grows with another."""

    name: str
    title: str
    across: str
    """What `Point.at` counts."""
    up: str
    """What `Point.value` measures."""
    points: tuple[Point, ...]
    says: str = ""
    """What there is to be learned from it."""


@frozen
class Kill:
    """How soon a faulty implementation is found out by one engine."""

    fake: str
    engine: str
    seconds: float
    """Until its first failure; until the engine stopped where there was none."""
    programs: int
    found: bool


@frozen
class Bench:
    """Everything that one run has measured."""

    target: str = field(converter=clean)
    kind: str
    version: str = field(converter=clean)
    sha256: str
    profile: str
    seed: int
    waitctx: str
    python: str
    machine: str = field(converter=clean)
    cores: int
    started: str
    seconds: float
    load: tuple[float, float]
    """How many processes wanted to run, when it began and when it ended; see `os.getloadavg`."""
    contenders: tuple[Contender, ...]
    worlds: tuple[World, ...] = ()
    growth: tuple[Series, ...] = ()
    kills: tuple[Kill, ...] = ()
    notes: tuple[str, ...] = field(default=(), converter=clean_all)
    failed: str = field(default="", converter=clean)
    """A program that was not answered as the page permits; such an implementation may be quick."""
    interrupted: bool = False

    def ratio(self, one: Contender) -> float | None:
        """Give the median over the rounds of a contender's rate beside the limit's."""
        limit = self.contenders[0].rates
        pairs = [mine / most for mine, most in zip(one.rates, limit, strict=False) if most]
        return median(pairs) if pairs else None

    @property
    def busy(self) -> bool:
        """Whether the machine had so much else to do that caches were shared with it."""
        return max(self.load) > self.cores


def to_plain(bench: Bench) -> dict[str, Any]:
    """Give it as a plain object, ratios and all."""
    plain = {"format": FORMAT, "format_version": VERSION, **asdict(bench)}
    for one, shown in zip(bench.contenders, plain["contenders"], strict=True):
        shown |= {"rate": one.rate, "ratio": bench.ratio(one)}
    for world, shown in zip(bench.worlds, plain["worlds"], strict=True):
        shown["ratio"] = world.ratio
    written: dict[str, Any] = json.loads(json.dumps(plain))
    _validate(written)
    return written


def from_plain(plain: object) -> Bench:
    """Read it back.

    Raises:
        BenchError: it is something else, of another version, or not whole.
    """
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise BenchError(f"it is no object with the format {FORMAT}")
    version = str(plain.get("format_version"))
    if version.partition(".")[0] != VERSION.partition(".")[0]:
        raise BenchError(f"it has format version {clean(version, 40)}, and this waitctx reads 1")
    _validate(plain)
    return structure(plain, Bench)


def write_json(bench: Bench, file: IO[str]) -> None:
    """Write it as one JSON object in ASCII."""
    json.dump(to_plain(bench), file, indent=1, ensure_ascii=True, allow_nan=False)
    file.write("\n")


def schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of the JSON form."""
    text = resources.files(__package__).joinpath("bench.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _validate(plain: object) -> None:
    error = next(iter(Draft202012Validator(schema()).iter_errors(plain)), None)
    if error is not None:
        place = "/".join(map(str, error.absolute_path)) or "the whole"
        raise BenchError(f"{place}: {clean(error.message, 200)}")
