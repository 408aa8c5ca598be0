"""The file of known failures: TOML, one table ``[[failure]]`` for each.

It is read strictly, and every complaint names the line. It is changed line by line, so that what
is not ours to change, comments among it, stays as it was written.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen
from tomlkit import parse, string
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Comment, Whitespace

from .clauses import UnknownClauseError
from .known_failures import Entry, KnownFailures
from .operations import OperationError
from .programs import Program, canonical, from_text, to_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tomlkit.items import Table

    from .clauses import Catalogue

#: Larger files are refused unread, and so are more entries: nobody looks after so many.
MAX_BYTES: Final = 256 * 2**10
MAX_ENTRIES: Final = 1_000
#: Longer reasons and links are refused.
MAX_TEXT: Final = 2_000
_KEYS: Final = ("clause", "program", "cause", "reason", "link", "expires")
_TABLE: Final = "failure"
_LINK: Final = re.compile(r"https?://[!-~]+")
#: The reason of entries that `update` adds; it is accepted, and told each time.
UNEXPLAINED: Final = "TODO: say why this is known"


class KnownFailuresError(Exception):
    """A file of known failures cannot be used; the text names the line, and what to do."""


def read(path: Path, catalogue: Catalogue) -> KnownFailures:
    """Read a file.

    Raises:
        KnownFailuresError: it is not there, or is not sound.
    """
    return loads(read_text(path), str(path), catalogue)


def read_text(path: Path) -> str:
    """Read the text of a file, if it can be one of known failures.

    Raises:
        KnownFailuresError: it is not there, no ordinary file, too large, or no UTF-8.
    """
    try:
        if path.exists() and not path.is_file():
            raise KnownFailuresError(f"{path} is no ordinary file. Name a TOML file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "Name a TOML file, or let waitctx known-failures update write one."
        raise KnownFailuresError(f"{path} cannot be read: {error.strerror}. {hint}") from error
    if len(data) > MAX_BYTES:
        raise KnownFailuresError(
            f"{path} has more than {MAX_BYTES // 2**10} KiB: list clauses rather than programs."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise KnownFailuresError(f"{path}:{line}: this is no UTF-8. Save it as UTF-8.") from error


def loads(text: str, name: str, catalogue: Catalogue) -> KnownFailures:
    """Read the text of a file that is called so.

    Raises:
        KnownFailuresError: it is not sound.
    """
    try:
        entries = tuple(_entries(text, catalogue))
    except _LineError as error:
        raise KnownFailuresError(f"{name}:{error.line}: {error}") from error
    return KnownFailures(name, entries)


class _LineError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@frozen
class _Raw:
    """A table as it stands in the file."""

    line: int
    last: int
    values: dict[str, Any]
    places: dict[str, int]


def _entries(text: str, catalogue: Catalogue) -> Iterator[Entry]:
    seen: dict[tuple[str, Program | None], int] = {}
    for count, raw in enumerate(_tables(text), start=1):
        if count > MAX_ENTRIES:
            raise _LineError(raw.line, f"more than {MAX_ENTRIES} known failures: list fewer")
        entry = _entry(raw, catalogue)
        subject = entry.clause, entry.program and canonical(entry.program)
        before = seen.setdefault(subject, raw.line)
        if before != raw.line:
            raise _LineError(
                raw.line,
                f"line {before} already lists {entry.subject[:80]}: delete one of them, and give "
                "cause a list where there are several",
            )
        yield entry


def _tables(text: str) -> Iterator[_Raw]:
    """Give every table with its lines.

    Raises:
        _LineError: the text is no TOML, or holds something else.
    """
    try:
        document = parse(text)
    except TOMLKitError as error:
        line = getattr(error, "line", 1)
        said = re.sub(r" at line \d+ col \d+$", "", str(error))
        raise _LineError(line, f"this is no TOML: {said:.200}") from error
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise _LineError(1, f"this is no TOML that can be read ({type(error).__name__})") from error
    line = 1
    for key, item in document.body:
        if isinstance(item, Comment | Whitespace):
            line += item.as_string().count("\n")
        elif isinstance(item, AoT) and key is not None and key.key == _TABLE:
            for table in item.body:
                raw, line = _table(table, line)
                yield raw
        else:
            name = "" if key is None else key.key
            raise _LineError(
                line,
                f"there is no {_short(name)} here: each known failure begins with [[{_TABLE}]]",
            )


def _table(table: Table, line: int) -> tuple[_Raw, int]:
    """Give a table that begins on a line, and the line after it."""
    begin = last = line
    line += 1
    values: dict[str, Any] = {}
    places: dict[str, int] = {}
    for key, item in table.value.body:
        if key is None:
            line += item.as_string().count("\n")
            continue
        name = key.key
        if name not in _KEYS or key.is_dotted():
            near = get_close_matches(name, _KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_KEYS)}"
            raise _LineError(line, f"there is no key {_short(name)}; {hint}")
        values[name], places[name] = item.unwrap(), line
        line += item.as_string().count("\n")
        last = line
        line += 1
    return _Raw(begin, last, values, places), line


def _entry(raw: _Raw, catalogue: Catalogue) -> Entry:
    if not raw.values.keys() & {"clause", "program"}:
        raise _LineError(raw.line, "say which clause or which program fails: clause or program")
    for name in ("cause", "reason"):
        if name not in raw.values:
            hint = {
                "cause": 'how it fails, as cause = "wrong fd" or "SIGSEGV"',
                "reason": "why that is known",
            }
            raise _LineError(raw.line, f"say {hint[name]}: {name} is missing")
    return Entry(
        causes=_causes(raw),
        reason=_text(raw, "reason"),
        clause=_clause(raw, catalogue),
        program=_program(raw),
        link=_link(raw),
        expires=_expires(raw),
        line=raw.line,
        last=raw.last,
        places=raw.places,
    )


def _text(raw: _Raw, name: str) -> str:
    return _checked(raw, name, raw.values[name])


def _checked(raw: _Raw, name: str, value: object, longest: int = MAX_TEXT) -> str:
    line = raw.places[name]
    if not isinstance(value, str) or not value.strip():
        raise _LineError(line, f"{name} is a text, and not empty")
    if len(value) > longest:
        raise _LineError(line, f"{name} has more than {longest} characters: link to the rest")
    return value.strip()


def _causes(raw: _Raw) -> tuple[str, ...]:
    value = raw.values["cause"]
    if isinstance(value, list) and value and len(value) <= MAX_ENTRIES:
        return tuple(_checked(raw, "cause", one) for one in value)
    return (_text(raw, "cause"),)


def _clause(raw: _Raw, catalogue: Catalogue) -> str:
    if "clause" not in raw.values:
        return ""
    try:
        clause = catalogue[_text(raw, "clause")]
    except UnknownClauseError as error:
        raise _LineError(raw.places["clause"], str(error)) from error
    if clause.untestable:
        raise _LineError(raw.places["clause"], f"{clause.id} is never tested, so it cannot fail")
    return clause.id


def _program(raw: _Raw) -> Program | None:
    if "program" not in raw.values:
        return None
    text = _checked(raw, "program", raw.values["program"], MAX_BYTES)
    try:
        program = from_text(text)
    except OperationError as error:
        raise _LineError(raw.places["program"], f"this is no program: {error}") from error
    if not program:
        raise _LineError(raw.places["program"], "this is no program: it has no operation")
    return program


def _link(raw: _Raw) -> str:
    if "link" not in raw.values:
        return ""
    link = _text(raw, "link")
    if not _LINK.fullmatch(link):
        raise _LineError(raw.places["link"], "link is an address that begins with https://")
    return link


def _expires(raw: _Raw) -> date | None:
    value = raw.values.get("expires")
    if value is None:
        return None
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if isinstance(day, datetime) or not isinstance(day, date):
        raise _LineError(raw.places["expires"], "expires is a day, as 2027-12-31")
    return day


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:57] + "..."  # noqa: PLR2004 - as long as a line


# -- rewriting ------------------------------------------------------------------------------------


@define
class Rewriting:
    """Changes to the text of a file: its entries are known by what `loads` has given."""

    _text: str
    _dropped: set[int] = field(factory=set, init=False)
    _changed: dict[int, str] = field(factory=dict, init=False)
    _more: list[str] = field(factory=list, init=False)

    def drop(self, entry: Entry) -> None:
        """Leave an entry out, with the comments right above it."""
        lines = self._text.split("\n")
        first = entry.line
        while first > 1 and lines[first - 2].lstrip().startswith("#"):
            first -= 1
        last = entry.last
        if last < len(lines) and not lines[last].strip():
            last += 1
        self._dropped.update(range(first, last + 1))

    def set_causes(self, entry: Entry, causes: Iterable[str]) -> None:
        """Let an entry say how it fails now; a comment beside that stays if it is on one line."""
        line = entry.places["cause"]
        end = min([one for one in entry.places.values() if one > line] or [entry.last + 1])
        old = self._text.split("\n")[line - 1]
        note = re.search(r"""["'\]]\s*(#[^"'\]]*)$""", old)
        self._changed[line] = f"cause = {_toml_causes(causes)}" + (f"  {note[1]}" if note else "")
        # A list of several lines becomes one.
        self._dropped.update(range(line + 1, end if len(entry.causes) > 1 else line + 1))

    def add(self, clause: str, causes: Iterable[str], program: Program) -> None:
        """Add an entry whose reason is to be filled in; the program is there to be looked at."""
        shown = to_text(program)
        note = f"# {shown}\n" if len(shown) <= MAX_TEXT else ""
        self._more.append(
            f"{note}[[{_TABLE}]]\nclause = {_toml(clause)}\ncause = {_toml_causes(causes)}\n"
            f"reason = {_toml(UNEXPLAINED)}\n"
        )

    def text(self) -> str:
        """Give the text as it is to be."""
        kept = [
            self._changed.get(number, line)
            for number, line in enumerate(self._text.split("\n"), start=1)
            if number not in self._dropped
        ]
        old = "\n".join(kept).rstrip()
        return "\n\n".join(filter(None, (old, *map(str.rstrip, self._more)))) + "\n"


def _toml_causes(causes: Iterable[str]) -> str:
    written = [*map(_toml, causes)]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def _toml(text: str) -> str:
    return string(text).as_string()
