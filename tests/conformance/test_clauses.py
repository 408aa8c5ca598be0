"""The catalogue of clauses: its data, its checks, its questions."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.clauses import (
    RELEASES,
    CatalogueError,
    Clause,
    UnknownClauseError,
    load,
    parse,
)
from waitctx.conformance.operations import OPERATIONS, VOCABULARY

CATALOGUE = load()

SPEC = """
[groups]
FD = "fds"
FD-SET = "setting"
[operations]
set = { function = "f", does = "set" }
[clauses.FD-SET-01]
title = "t"
text = "x"
sentences = ["D1.2"]
operations = ["set"]
"""

PAGE = """
[sections]
D = { title = "DESCRIPTION", paragraphs = [2] }
[sentences."D1.1"]
fingerprint = "000000000000"
text = "x"
reason = "informative"
[sentences."D1.2"]
fingerprint = "000000000001"
text = "x"
"""

C = "ISO C, memory management functions"

kinds = st.dictionaries(st.sampled_from(list(CATALOGUE.operations)), st.integers(0, 3))


class TestData:
    """The catalogue that comes with the package."""

    def test_every_sentence_went_somewhere(self) -> None:
        """Each sentence of the page is in a clause or has a reason, and never both."""
        astray = [
            s.number for s in CATALOGUE.sentences.values() if bool(s.clauses) == bool(s.reason)
        ]

        assert [] == astray

    def test_no_sentence_is_left_out(self) -> None:
        """The sentences are numbered without a gap, as many as each paragraph declares."""
        declared = [
            number
            for letter, section in CATALOGUE.sections.items()
            for number in section.numbers(letter)
        ]

        assert declared == list(CATALOGUE.sentences)
        assert 95 == len(declared)

    def test_every_clause_has_a_source(self) -> None:
        """Each clause rests on a sentence of the page, on a sister page, a later one, or on C."""
        later = "ASYNC_WAIT_CTX_new(3) of the releases from 2024 on"
        assert {"", "ASYNC_start_job(3)", "openssl-threads(7)", "POSIX, close()", C, later} == {
            c.source for c in CATALOGUE.clauses.values()
        }
        assert [] == [c.id for c in CATALOGUE.clauses.values() if not c.sentences and not c.source]

    def test_sentences_and_clauses_agree(self) -> None:
        """A sentence names just the clauses that name it."""
        forth = {(n, c.id) for c in CATALOGUE.clauses.values() for n in c.sentences}
        back = {(s.number, name) for s in CATALOGUE.sentences.values() for name in s.clauses}

        assert forth == back

    def test_fingerprints_tell_sentences_apart(self) -> None:
        """No two sentences share a fingerprint."""
        fingerprints = [s.fingerprint for s in CATALOGUE.sentences.values()]

        assert len(fingerprints) == len(set(fingerprints))

    def test_words_are_the_vocabulary(self) -> None:
        """The operations that clauses speak of are those of programs, function for function."""
        vocabulary = {word: kind.function for word, kind in VOCABULARY.items()}

        assert vocabulary == {word: what.function for word, what in CATALOGUE.operations.items()}

    def test_every_operation_is_needed(self) -> None:
        """Each operation of the interface exercises some clause."""
        needed = {word for c in CATALOGUE.clauses.values() for word in c.operations}

        assert set() == OPERATIONS.keys() - needed

    def test_only_duties_of_others_are_untestable(self) -> None:
        """A clause that binds the implementation gets a verdict, and no other does."""
        assert [] == [
            c.id
            for c in CATALOGUE.clauses.values()
            if (c.binds == "implementation") == bool(c.untestable)
        ]

    def test_callback_and_status_came_with_3_0(self) -> None:
        """Just what needs a callback or status function has release 3.0."""
        late = {"set_callback", "get_callback", "set_status", "get_status"}

        for clause in CATALOGUE.binding("openssl"):
            assert RELEASES[bool(late & clause.needs.keys())] == clause.since

    def test_titles_fit_a_table(self) -> None:
        """A title is unique, and short enough for a table of 80 columns."""
        titles = Counter(c.title for c in CATALOGUE.clauses.values())

        assert [] == [title for title, count in titles.items() if count > 1 or len(title) > 37]

    def test_choices_left_open(self) -> None:
        """The clauses with readings are those where the page can be read in several ways."""
        assert [
            "FD-SET-04",
            "FD-CHANGED-12",
            "FD-CHANGED-15",
            "CB-SET-03",
            "CB-GET-03",
            "STATUS-SET-02",
        ] == [c.id for c in CATALOGUE.clauses.values() if c.readings]

    def test_groups_keep_together(self) -> None:
        """The clauses stand group by group, in the order of the groups."""
        assert list(CATALOGUE.groups) == list(
            dict.fromkeys(c.group for c in CATALOGUE.clauses.values())
        )

    def test_load_reads_once(self) -> None:
        """Loading again gives the very same catalogue."""
        assert load() is CATALOGUE


class TestClause:
    """What one clause answers."""

    @pytest.mark.parametrize(
        ("name", "program", "expected"),
        [
            ("FD-CLEAR-02", {"set": 1, "clear": 1}, True),
            ("FD-CLEAR-02", {"set": 5, "clear": 2, "new": 1}, True),
            ("FD-CLEAR-02", {"set": 1}, False),
            ("FD-SET-03", {"set": 1}, False),
            ("FD-SET-03", {"set": 2}, True),
            ("BLOCK-02", {"start": 1, "block": 1, "unblock": 1, "pause": 1}, False),
            ("APP-CTX-01", {"new": 1, "start": 1}, False),
        ],
    )
    def test_exercised_by(self, name: str, program: dict[str, int], *, expected: bool) -> None:
        """A program exercises a clause if it has each operation as often as the clause needs it."""
        assert expected == CATALOGUE[name].exercised_by(program)

    @pytest.mark.slow
    @given(kinds, kinds)
    def test_longer_programs_exercise_more(self, one: dict[str, int], more: dict[str, int]) -> None:
        """More operations never make a program miss a clause."""
        both = Counter(one) + Counter(more)

        for clause in CATALOGUE.clauses.values():
            assert clause.exercised_by(both) or not clause.exercised_by(one)

    def test_is_a_value(self) -> None:
        """A clause is hashable and cannot be changed."""
        clause = CATALOGUE["FD-SET-01"]

        assert 1 == len({clause, attrs.evolve(clause)})
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            clause.title = "other"  # type: ignore[misc]

    def test_json_builds_the_same_clause(self) -> None:
        """The plain object of a clause has its every field."""
        for clause in CATALOGUE.clauses.values():
            assert clause == Clause(**clause.to_json())


class TestQueries:
    """What the catalogue answers."""

    def test_any_case(self) -> None:
        """A clause is found by its id in any case."""
        assert "FD-CLEAR-02" == CATALOGUE["fd-clear-02"].id

    def test_unknown_id(self) -> None:
        """An unknown id is refused with those most like it."""
        with pytest.raises(
            UnknownClauseError, match="FD-CLEER-02; did you mean FD-CLEAR-02"
        ) as caught:
            CATALOGUE["FD-CLEER-02"]

        assert "FD-CLEAR-02" == caught.value.nearest[0]

    def test_unknown_id_like_no_other(self) -> None:
        """An id like no other is refused with the way to the list."""
        with pytest.raises(UnknownClauseError, match="no clause is called 42; see waitctx clauses"):
            CATALOGUE["42"]

    def test_select(self) -> None:
        """All that is asked for has to hold."""
        selected = CATALOGUE.select(group="CB", profile="openssl", operation="get_callback")

        assert ["CB-GET-04"] == [clause.id for clause in selected]

    def test_select_pattern(self) -> None:
        """A pattern is found in id, title and text; a star in it stands for anything."""
        assert ["CAP-01", "CAP-02"] == [c.id for c in CATALOGUE.select(pattern="async_is_capable")]
        assert ["FD-CHANGED-12", "FD-CHANGED-15"] == [
            c.id for c in CATALOGUE.select(group="FD-CHANGED", pattern="two*readings")
        ]

    def test_select_nothing_asked(self) -> None:
        """Empty values ask for nothing."""
        assert tuple(CATALOGUE.clauses.values()) == CATALOGUE.select(group="", pattern="")

    def test_binding(self) -> None:
        """The profile openssl binds to all that spec does and to more."""
        spec, openssl = CATALOGUE.binding("spec"), CATALOGUE.binding("openssl")

        assert (112, 125) == (len(spec), len(openssl))
        assert [c for c in openssl if c.profile == "spec"] == list(spec)


class TestParse:
    """What makes a sound catalogue."""

    def test_smallest(self) -> None:
        """The longest fitting group is a clause's own, and its sentence names it back."""
        catalogue = parse(SPEC, PAGE)

        assert "FD-SET" == catalogue["FD-SET-01"].group
        assert ("FD-SET-01",) == catalogue.sentences["D1.2"].clauses

    def test_fingerprint_is_of_all_data(self) -> None:
        """Another word in either file makes another fingerprint."""
        fingerprints = {
            parse(spec, page).fingerprint
            for spec in (SPEC, SPEC.replace('"x"', '"y"'))
            for page in (PAGE, PAGE.replace('"x"', '"y"'))
        }

        assert 4 == len(fingerprints)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                'title = "t"',
                'title = "t"\ncolour = "red"',
                "FD-SET-01: unknown field colour; known: ",
            ),
            ('title = "t"', 'title = "t"\ngroup = "FD"', "FD-SET-01: unknown field group"),
            ('title = "t"', "", "FD-SET-01: .*title"),
            ('title = "t"', "title = 1", "FD-SET-01: 'title' must be <class 'str'>"),
            ('title = "t"', 'title = "t"\nlevel = "shall"', "FD-SET-01: 'level' must be in"),
            ('title = "t"', 'title = "t"\nsince = "2.0"', "FD-SET-01: 'since' must be in"),
            ('title = "t"', 'title = "t"\nreadings = ["a"]', "needs two readings or more"),
            ('title = "t"', 'title = "t"\nopenssl = "a"', "needs two readings or more"),
            ('["set"]', '["sit"]', "FD-SET-01: unknown operation sit"),
            ('["set"]', '"set"', "FD-SET-01: 'operations' must be <class 'tuple'>"),
            ('["set"]', "[]", "FD-SET-01: needs either operations or untestable"),
            ('["set"]', '["set"]\nuntestable = "a"', "needs either operations or untestable"),
            ('["D1.2"]', '["D1.2", "D2.1"]', "FD-SET-01: the page has no sentence D2.1"),
            ('["D1.2"]', "[]", "FD-SET-01: names neither sentences nor a source"),
            ("FD-SET-01", "FD-SET-1", "FD-SET-1: 'id' must match regex"),
            ("FD-SET-01", "CB-SET-01", "CB-SET-01: belongs to none of the groups FD, FD-SET"),
            ("[groups]", "[groups", "clauses.toml: .*line 2"),
            ("[groups]", "[extra]\n[groups]", "clauses.toml: has the tables"),
            ('does = "set"', 'use = "set"', "set: unknown field use"),
        ],
    )
    def test_unsound_clauses(self, old: str, new: str, message: str) -> None:
        """What is wrong with a clause is said with its id."""
        assert old in SPEC
        with pytest.raises(CatalogueError, match=message):
            parse(SPEC.replace(old, new), PAGE)

    def test_clause_twice(self) -> None:
        """An id that stands there twice is refused with its line."""
        again = "[clauses.FD-SET-01]\ntitle = 'again'\n"

        with pytest.raises(CatalogueError, match=r"clauses.toml: .*FD-SET-01.*line 12"):
            parse(SPEC + again, PAGE)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("[2]", "[3]", "sentence D1.3 should be where none is"),
            ("[2]", "[1, 1]", "sentence D2.1 should be where D1.2 is"),
            ("[2]", "[1]", "sentence none should be where D1.2 is"),
            ("[2]", '["2"]', "D: 'paragraphs' must be <class 'int'>"),
            ('reason = "informative"', "", "D1.1: needs either a clause or a reason"),
            ('reason = "informative"', 'reason = "dull"', "D1.1: 'dull' is no reason; say"),
            ('"000000000001"', '"1"', "D1.2: 'fingerprint' must match regex"),
            ('"000000000001"', '"000000000001"\nclauses = []', "D1.2: unknown field clauses"),
            ('"000000000001"', '"000000000001"\nreason = "untestable: a"', "D1.2: needs either"),
        ],
    )
    def test_unsound_sentences(self, old: str, new: str, message: str) -> None:
        """What is wrong with a sentence is said with its number."""
        assert old in PAGE
        with pytest.raises(CatalogueError, match=message):
            parse(SPEC, PAGE.replace(old, new))
