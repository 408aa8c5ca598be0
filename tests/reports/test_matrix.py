"""The matrix as values: what is known of all together, and what flipped since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.reports.matrix import sentence
from waitctx.reports.matrix_history import with_history
from waitctx.reports.report import Conclusion, Verdict

if TYPE_CHECKING:
    from waitctx.reports.matrix import Matrix


def kept(matrix: Matrix, *names: str) -> Matrix:
    """Give a matrix with some of its columns."""
    return evolve(matrix, columns=tuple(one for one in matrix.columns if one.name in names))


class TestConclusion:
    """Of many, one word."""

    @pytest.mark.parametrize(
        ("names", "conclusion", "said"),
        [
            (
                ("good", "bad", "lost"),
                Conclusion.DOES_NOT_CONFORM,
                "of 3, 1 conforms, 1 does not conform, 1 could not be checked",
            ),
            (
                ("good", "lost"),
                Conclusion.NOT_CHECKED,
                "of 2, 1 conforms, 1 could not be checked",
            ),
            (("good",), Conclusion.CONFORMS, "of 1, 1 conforms"),
            ((), Conclusion.NOT_CHECKED, "of 0, none was checked"),
        ],
    )
    def test_weighs(
        self, matrix: Matrix, names: tuple[str, ...], conclusion: Conclusion, said: str
    ) -> None:
        """One that does not conform outweighs one that was not checked, and that the rest."""
        some = kept(matrix, *names)

        assert conclusion is some.conclusion
        assert said == sentence(some)


class TestHistory:
    """What flipped from run to run."""

    @pytest.fixture
    def later(self, matrix: Matrix) -> Matrix:
        """Give the same a day later, when the bad one is mended and its file is another."""
        good, bad, lost = matrix.columns
        info = bad.implementation
        assert info is not None
        mended = evolve(
            good, name="bad", implementation=evolve(info, sha256="6" * 64), group=bad.group
        )
        return evolve(matrix, started="2020-02-03T08:00:00+02:00", columns=(good, mended, lost))

    def test_flips(self, matrix: Matrix, later: Matrix) -> None:
        """A cell that flipped is named with both verdicts, and that the file is another."""
        found = with_history(later, [matrix])

        assert [matrix.started, later.started] == [one.started for one in found.history]
        assert () == found.history[0].flips
        assert ("bad", "FD-CLEAR-02", "fail", "pass", "the file is another") in [
            (one.column, one.clause, one.before, one.after, one.note) for one in found.flips()
        ]
        assert {"bad"} == {one.column for one in found.flips()}
        assert {"good": "conforms", "bad": "conforms", "lost": "was not checked"} == dict(
            found.history[1].conclusions
        )

    def test_order(self, matrix: Matrix, later: Matrix) -> None:
        """Runs stand by their dates, however they were given, the offset from UTC included."""
        early = evolve(matrix, started="2020-02-02T23:00:00+03:00")  # 20:00 in UTC
        found = with_history(later, [matrix, early])

        assert [early.started, matrix.started, later.started] == [
            one.started for one in found.history
        ]

    def test_is_kept(self, matrix: Matrix, later: Matrix) -> None:
        """Of the last run alone all before it are known."""
        last = evolve(matrix, started="2020-02-04T08:00:00+00:00")
        found = with_history(last, [with_history(later, [matrix])])

        assert [matrix.started, later.started, last.started] == [
            one.started for one in found.history
        ]
        assert len(found.history[1].flips) == len(found.flips()) > 0

    def test_nothing_to_compare(self, matrix: Matrix, later: Matrix) -> None:
        """Without an earlier run there is no history, nor are columns that came and went flips."""
        found = with_history(kept(later, "good"), [kept(matrix, "lost")])

        assert () == with_history(matrix, []).history
        assert () == with_history(matrix, [matrix]).history
        assert () == found.flips()

    def test_rules(self, matrix: Matrix, later: Matrix) -> None:
        """If the rules are others, or what was asked for, each flip says so."""
        columns = tuple(evolve(one, profile="openssl") for one in later.columns)
        found = with_history(evolve(later, model_sha256="e" * 64, columns=columns), [matrix])

        assert {"the file is another, the rules are others, the profile was spec"} == {
            one.note for one in found.flips()
        }


def test_counts(matrix: Matrix) -> None:
    """A column knows its cells."""
    bad = matrix.columns[1]

    assert ["FD-CLEAR-02"] == bad.failed()
    assert (1, 1) == (bad.count(Verdict.PASS), bad.count(Verdict.NOT_APPLICABLE))
    assert bad.cell("FD-CLEAR-09") is None
    assert [Verdict.PASS, Verdict.FAIL] == list(matrix.verdicts("FD-CLEAR-02"))
