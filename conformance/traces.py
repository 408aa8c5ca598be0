"""Traces: programs with their observations as JSON Lines, from which anybody can judge again.

The first line says what this is; then come, for each program, a line ``{"program": N}`` and a line
for each operation, ``{"do": {...}, "saw": {...}}``; the last line counts them, so that a trace cut
short is noticed.
"""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any, Final

from attrs import define, field, frozen

from .observations import Observation, ObservationError
from .operations import Operation, OperationError
from .outcomes import PROFILES, Profile
from .programs import MAX_OPERATIONS, Program, operation_from_json, operation_to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .adapters.base import Observations

FORMAT: Final = "waitctx-trace"
VERSION: Final = 1
#: A longer line is refused: no trace of ours has one, and a hostile file could.
MAX_LINE: Final = 10_000_000
#: Bytes that are no UTF-8, as the error handler ``surrogateescape`` gives them.
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")


class TraceError(Exception):
    """A trace cannot be judged: the text says why, `line` where (counting from 1)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@frozen
class Header:
    """What the first line of a trace says."""

    profile: Profile
    capable: bool
    """Whether jobs could run (``ASYNC_is_capable``)."""
    implementation: str
    """What was traced, in words."""


@frozen
class Entry:
    """One program of a trace."""

    program: Program
    observations: Observations
    lines: tuple[int, ...]
    """The line of each operation."""


@define
class TraceWriter:
    """Writes a trace as programs are carried out; `close` makes it whole."""

    _file: IO[str]
    _programs: int = field(default=0, init=False)
    _steps: int = field(default=0, init=False)

    @classmethod
    def begin(cls, file: IO[str], header: Header) -> TraceWriter:
        """Write the first line."""
        writer = cls(file)
        writer._put(
            {
                "format": FORMAT,
                "version": VERSION,
                "profile": header.profile.name,
                "capable": header.capable,
                "implementation": header.implementation,
            }
        )
        return writer

    def write(self, program: Program, observations: Observations) -> None:
        """Write one program, as far as it was carried out."""
        self._programs += 1
        self._put({"program": self._programs})
        for operation, seen in zip(program, observations, strict=False):
            self._steps += 1
            self._put({"do": operation_to_json(operation), "saw": seen.to_json()})

    def close(self) -> None:
        """Write the last line, which counts the others."""
        self._put({"end": {"programs": self._programs, "steps": self._steps}})

    def _put(self, value: dict[str, Any]) -> None:
        self._file.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


def read_trace(file: IO[str]) -> tuple[Header, Iterator[Entry]]:
    """Read a trace: the header at once, the programs as they are asked for.

    The file is opened with ``errors="surrogateescape"``: a stricter one would fail where it reads
    ahead, which is not the line that is damaged.

    Raises:
        TraceError: it is no trace, of another version, damaged, or cut short. Damage further down
        is found
            when the programs are read so far.
    """
    lines = _lines(file)
    number, first = next(lines, (1, None))
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise TraceError(number, f"this is no trace: its first line does not say {FORMAT}")
    version = first.get("version")
    if not _is(version, VERSION):
        raise TraceError(
            number,
            f"trace version {version!r:.20} is not known; this waitctx reads version {VERSION}",
        )
    profile = PROFILES.get(str(first.get("profile")))
    if profile is None or not isinstance(first.get("capable"), bool):
        raise TraceError(
            number, f"profile is one of {', '.join(PROFILES)}, capable is true or false"
        )
    header = Header(profile, first["capable"], str(first.get("implementation", "")))
    return header, _entries(lines)


def _lines(file: IO[str]) -> Iterator[tuple[int, Any]]:
    number = 0
    while True:
        number += 1
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        if len(line) > MAX_LINE:
            raise TraceError(number, f"a line has at most {MAX_LINE} characters")
        if not line.isascii() and _UNDECODED.search(line):
            raise TraceError(number, "this is no UTF-8 text")
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError):
            cut = "" if line.endswith("\n") else ": the trace was cut short"
            raise TraceError(number, f"this is no JSON{cut}") from None


def _entries(lines: Iterator[tuple[int, Any]]) -> Iterator[Entry]:
    steps: list[tuple[int, Operation, Observation]] = []
    programs = count = 0
    number = 1
    for number, value in lines:
        match value:
            case {"do": do, "saw": saw, **rest} if not rest and programs:
                steps.append((number, *_step(number, do, saw)))
                count += 1
                if len(steps) > MAX_OPERATIONS:
                    raise TraceError(number, f"a program has at most {MAX_OPERATIONS} operations")
            case {"program": stated, **rest} if not rest and _is(stated, programs + 1):
                if programs:
                    yield _entry(steps)
                steps = []
                programs += 1
            case {"end": {"programs": stated, "steps": stated_steps, **rest}, **more} if not (
                rest or more
            ):
                if not (_is(stated, programs) and _is(stated_steps, count)):
                    message = f"{stated} programs and {stated_steps} steps are stated, "
                    message += f"{programs} and {count} are there"
                    raise TraceError(number, message)
                if programs:
                    yield _entry(steps)
                _nothing_after(lines)
                return
            case _:
                raise TraceError(number, "neither the next program, nor a step, nor the end")
    raise TraceError(number + 1, "the trace was cut short: its last line, the count, is missing")


def _is(value: object, number: int) -> bool:
    """Tell whether a value is the number as JSON writes it, for Python's 1 is also 1.0 and True."""
    return type(value) is int and value == number


def _entry(steps: list[tuple[int, Operation, Observation]]) -> Entry:
    numbers, program, observations = zip(*steps, strict=True) if steps else ((), (), ())
    return Entry(tuple(program), tuple(observations), tuple(numbers))


def _step(number: int, do: object, saw: object) -> tuple[Operation, Observation]:
    try:
        return operation_from_json(do), Observation.from_json(saw)
    except (OperationError, ObservationError) as error:
        raise TraceError(number, str(error)) from None


def _nothing_after(lines: Iterator[tuple[int, Any]]) -> None:
    for number, _ in lines:
        raise TraceError(number, "nothing can follow the count")
