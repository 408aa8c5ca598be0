"""The spec as data: clauses, and the sentences of the page that they rest on.

The data stands in ``clauses.toml`` and ``sentences.toml``. `load` reads them once and checks them
hard, for everything later takes its words from here: a verdict names a clause, a clause names
sentences, and a sentence in no clause says why.
"""

from __future__ import annotations

import sys
from collections import Counter
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from hashlib import sha256
from importlib import resources
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeVar

from attrs import asdict, field, fields, frozen
from attrs import filters as only
from attrs import validators as check

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from attrs import AttrsInstance

LEVELS: Final = ("must", "should", "may")
BINDERS: Final = ("implementation", "async-aware code", "application")
PROFILES: Final = ("spec", "openssl")
RELEASES: Final = ("1.1.0", "3.0")
REASONS: Final = ("informative", "duty of the application", "duty of the async-aware code")
"""Why a sentence is in no clause; the fourth is ``untestable: `` and the cause."""

_T = TypeVar("_T", bound="AttrsInstance")
_TEXT: Final = check.and_(check.instance_of(str), check.min_len(1))
_WORDS: Final = check.deep_iterable(check.instance_of(str), check.instance_of(tuple))


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class CatalogueError(ValueError):
    """The data is not a sound catalogue; the text says where and what is wrong."""


class UnknownClauseError(LookupError):
    """No clause has this id; ``nearest`` has the ids most like it."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        """Remember what was asked for and what might have been meant."""
        super().__init__(name)
        self.name = name
        self.nearest = tuple(nearest)

    def __str__(self) -> str:
        """Say it in one line."""
        hint = f"did you mean {', '.join(self.nearest)}?" if self.nearest else "see waitctx clauses"
        return f"no clause is called {self.name}; {hint}"


@frozen
class Clause:
    """One testable statement of the spec, or one duty that is nobody's to test here."""

    id: str = field(validator=check.matches_re(r"[A-Z]+(-[A-Z]+)*-\d\d"))
    group: str = field(validator=_TEXT)
    title: str = field(validator=_TEXT)
    text: str = field(validator=_TEXT)
    sentences: tuple[str, ...] = field(default=(), converter=_tuple, validator=_WORDS)
    source: str = field(default="", validator=check.instance_of(str))
    """The sister page, for what this page leaves to it."""
    level: str = field(default="must", validator=check.in_(LEVELS))
    binds: str = field(default="implementation", validator=check.in_(BINDERS))
    profile: str = field(default="spec", validator=check.in_(PROFILES))
    since: str = field(default="1.1.0", validator=check.in_(RELEASES))
    operations: tuple[str, ...] = field(default=(), converter=_tuple, validator=_WORDS)
    """The words of the operations that a program needs, each as often as it needs it."""
    keys: tuple[str, ...] = field(default=(), converter=_tuple, validator=_WORDS)
    """Which of the operations are on one key, where that matters: a letter for each key, in any of
    these ways."""
    window: bool = field(default=False, validator=check.instance_of(bool))
    """Whether the operations have to stand in one window: no job is resumed between them."""
    readings: tuple[str, ...] = field(default=(), converter=_tuple, validator=_WORDS)
    """Where the page can be read in several ways: every one that the profile ``spec`` accepts."""
    openssl: str = field(default="", validator=check.instance_of(str))
    """Which of the readings the profile ``openssl`` pins."""
    note: str = field(default="", validator=check.instance_of(str))
    untestable: str = field(default="", validator=check.instance_of(str))
    """Why no verdict is given; empty for a clause that has one."""
    incapable: bool = field(default=False, validator=check.instance_of(bool))
    """Whether it binds only where jobs cannot run."""
    needs: Mapping[str, int] = field(init=False, repr=False, eq=False)
    """`operations`, counted."""

    @needs.default
    def _count(self) -> Mapping[str, int]:
        return Counter(self.operations)

    def exercised_by(self, kinds: Mapping[str, int]) -> bool:
        """Tell whether a program with so many operations of each kind exercises the clause."""
        return bool(self.needs) and all(kinds.get(op, 0) >= n for op, n in self.needs.items())

    def matches(self, pattern: str) -> bool:
        """Tell whether id, title or text has *pattern* in it, in any case.

        ``*`` and ``?`` are wild.
        """
        wanted = f"*{pattern.lower()}*"
        return any(fnmatchcase(part.lower(), wanted) for part in (self.id, self.title, self.text))

    def to_json(self) -> dict[str, Any]:
        """Give the clause as a plain object."""
        return asdict(self, filter=only.exclude(fields(Clause).needs))


@frozen
class Sentence:
    """One sentence of the page: our paraphrase, and where it went."""

    number: str = field(validator=check.matches_re(r"[A-Z]\d+\.\d+"))
    fingerprint: str = field(validator=check.matches_re(r"[0-9a-f]{12}"))
    text: str = field(validator=_TEXT)
    clauses: tuple[str, ...]
    reason: str = field(default="", validator=check.instance_of(str))

    @reason.validator
    def _is_known(self, _: object, reason: str) -> None:
        if reason and reason not in REASONS and not reason.startswith("untestable: "):
            known = ", ".join(REASONS)
            raise ValueError(f"{reason!r} is no reason; say {known} or untestable: ...")

    def to_json(self) -> dict[str, Any]:
        """Give the sentence as a plain object."""
        return asdict(self)


@frozen
class Section:
    """A section of the page, and how many sentences each of its paragraphs has."""

    title: str = field(validator=_TEXT)
    paragraphs: tuple[int, ...] = field(
        converter=_tuple, validator=check.deep_iterable(check.instance_of(int))
    )

    def numbers(self, letter: str) -> Iterator[str]:
        """Give the numbers of the section's sentences."""
        for paragraph, count in enumerate(self.paragraphs, 1):
            for place in range(1, count + 1):
                yield f"{letter}{paragraph}.{place}"


@frozen
class Word:
    """A word for an operation: the C function behind it, and what it is for."""

    function: str = field(validator=_TEXT)
    does: str = field(validator=_TEXT)


@frozen(eq=False)
class Catalogue:
    """All that is known of the page. Every mapping is in the order of the data."""

    clauses: Mapping[str, Clause]
    groups: Mapping[str, str]
    operations: Mapping[str, Word]
    sections: Mapping[str, Section]
    sentences: Mapping[str, Sentence]
    fingerprint: str
    """SHA-256 of the data: two reports with the same one speak of the same clauses."""

    def __getitem__(self, name: str) -> Clause:
        """Give the clause of that id, in any case.

        Raises:
            UnknownClauseError: there is none.
        """
        clause = self.clauses.get(name.upper())
        if clause is None:
            raise UnknownClauseError(name, get_close_matches(name.upper(), self.clauses, n=3))
        return clause

    def select(
        self, *, operation: str = "", pattern: str = "", **values: str
    ) -> tuple[Clause, ...]:
        """Give the clauses that have all these *values*; an empty one asks for nothing.

        The values are of the fields ``group``, ``profile``, ``level``, ``binds``, ``since``;
        *operation* is a word that the clause needs, *pattern* is as in `Clause.matches`.
        """
        return tuple(
            clause
            for clause in self.clauses.values()
            if all(getattr(clause, name) == value for name, value in values.items() if value)
            and (not operation or operation in clause.needs)
            and (not pattern or clause.matches(pattern))
        )

    def binding(self, profile: str) -> tuple[Clause, ...]:
        """Give the clauses with a verdict in *profile*; ``openssl`` adds to those of ``spec``."""
        bound = PROFILES[: PROFILES.index(profile) + 1]
        return tuple(c for c in self.clauses.values() if c.profile in bound and not c.untestable)


@cache
def load() -> Catalogue:
    """Read the catalogue that comes with this package."""
    data = resources.files("waitctx.conformance")
    return parse(
        data.joinpath("clauses.toml").read_text(encoding="utf-8"),
        data.joinpath("sentences.toml").read_text(encoding="utf-8"),
    )


def parse(clauses: str, sentences: str) -> Catalogue:
    """Build a catalogue from the text of the two files.

    Raises:
        CatalogueError: something in them is unknown, missing, double, or points nowhere.
    """
    spec = _read("clauses.toml", clauses, {"groups", "operations", "clauses"})
    page = _read("sentences.toml", sentences, {"sections", "sentences"})
    groups = spec["groups"]
    operations = {word: _make(Word, word, raw) for word, raw in spec["operations"].items()}
    known = {
        name: _make(Clause, name, raw, id=name, group=_group_of(name, groups))
        for name, raw in spec["clauses"].items()
    }
    cited: dict[str, list[str]] = {number: [] for number in page["sentences"]}
    for clause in known.values():
        _check_clause(clause, operations, cited)
        for number in clause.sentences:
            cited[number].append(clause.id)
    sections = {letter: _make(Section, letter, raw) for letter, raw in page["sections"].items()}
    table = {
        number: _make(Sentence, number, raw, number=number, clauses=tuple(cited[number]))
        for number, raw in page["sentences"].items()
    }
    _check_sentences(table, sections)
    fingerprint = sha256(f"{clauses}\0{sentences}".encode()).hexdigest()
    return Catalogue(known, groups, operations, sections, table, fingerprint)


def _read(name: str, text: str, tables: set[str]) -> dict[str, dict[str, Any]]:
    """Read one file, which holds just these tables; TOML itself refuses what is there twice."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{name}: {error}") from error
    if data.keys() != tables:
        raise CatalogueError(f"{name}: has the tables {sorted(data)}, not {sorted(tables)}")
    return data


def _make(kind: type[_T], name: str, raw: Mapping[str, Any], **derived: object) -> _T:
    """Build the value called *name* from its table, which may not hold what is *derived*."""
    allowed = {one.name for one in fields(kind) if one.init} - derived.keys()
    if unknown := sorted(raw.keys() - allowed):
        raise CatalogueError(f"{name}: unknown field {unknown[0]}; known: {sorted(allowed)}")
    try:
        return kind(**raw, **derived)
    except (TypeError, ValueError) as error:
        raise CatalogueError(f"{name}: {error.args[0]}") from error


def _group_of(name: str, groups: Mapping[str, str]) -> str:
    """Find the group whose name, the longest that fits, a clause's id begins with."""
    fitting = [group for group in groups if name.startswith(f"{group}-")]
    if not fitting:
        raise CatalogueError(f"{name}: belongs to none of the groups {', '.join(groups)}")
    return max(fitting, key=len)


def _check_clause(
    clause: Clause, operations: Mapping[str, Word], sentences: Mapping[str, object]
) -> None:
    for word in clause.operations:
        if word not in operations:
            raise CatalogueError(f"{clause.id}: unknown operation {word}")
    for number in clause.sentences:
        if number not in sentences:
            raise CatalogueError(f"{clause.id}: the page has no sentence {number}")
    if not clause.sentences and not clause.source:
        raise CatalogueError(f"{clause.id}: names neither sentences nor a source")
    if bool(clause.operations) == bool(clause.untestable):
        raise CatalogueError(f"{clause.id}: needs either operations or untestable")
    if any(len(letters) != len(clause.operations) for letters in clause.keys):
        raise CatalogueError(f"{clause.id}: needs a letter in keys for each operation")
    if len(clause.readings) == 1 or bool(clause.readings) != bool(clause.openssl):
        raise CatalogueError(f"{clause.id}: needs two readings or more and openssl, or neither")


def _check_sentences(table: Mapping[str, Sentence], sections: Mapping[str, Section]) -> None:
    wanted = [number for letter, one in sections.items() for number in one.numbers(letter)]
    for want, have in zip_longest(wanted, table):
        if want != have:
            raise CatalogueError(f"sentence {want or 'none'} should be where {have or 'none'} is")
    for sentence in table.values():
        if bool(sentence.clauses) == bool(sentence.reason):
            raise CatalogueError(f"{sentence.number}: needs either a clause or a reason")
