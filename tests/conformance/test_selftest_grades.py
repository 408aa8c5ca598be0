"""What the harness is blamed for, given what became of the fakes."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from attrs import evolve

from waitctx.conformance.clauses import load
from waitctx.conformance.selftest import Settings
from waitctx.conformance.selftest_grades import Course, grade, provable
from waitctx.reports.kill_matrix import Conclusion, Fake, KillMatrix, Row, Trial

PROGRAM = "new c0; get c0 k0"
KILL = Trial("scenarios", 3, 9, 0.1, "FD-GET-01", program=PROGRAM, length=2)
MISS = Trial("random", 400, 9000, 2.0)
COURSE = Course(datetime.now(timezone.utc), seconds=7.0, compiling=1.0, module="mine", whole=False)


def row(*trials: Trial, kind: str = "fault", clauses: tuple[str, ...] = ("FD-GET-01",)) -> Row:
    """Give the row of a fake."""
    return Row(Fake("x", "c", kind, "", clauses), "FD-GET", trials)


def graded(*rows: Row, course: Course = COURSE) -> KillMatrix:
    """Grade rows that are all there is."""
    return grade(rows, [one.fake for one in rows], load(), Settings(), course)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (row(KILL, MISS), ""),
        (row(MISS, MISS, kind="variant"), ""),
        (row(MISS, MISS, kind="equivalent"), ""),
        (row(evolve(KILL, cause="SIGSEGV"), kind="crash"), ""),
        (row(evolve(KILL, cause="hang while it ran"), kind="hang"), ""),
        (row(evolve(MISS, engine="scenarios"), MISS), "survives scenarios and random"),
        (
            row(KILL, clauses=("FD-GET-02", "FD-GET-03")),
            f"blamed by scenarios, but declares FD-GET-02, FD-GET-03: {PROGRAM}",
        ),
        (row(KILL, kind="variant"), f"blamed by scenarios, but it is a variant: {PROGRAM}"),
        (
            row(KILL, kind="equivalent"),
            f"blamed by scenarios, but it is declared equivalent: {PROGRAM}",
        ),
        (row(KILL, kind="crash"), f"blamed by scenarios, but ought to have died: {PROGRAM}"),
        (
            row(evolve(KILL, cause="SIGSEGV"), kind="hang"),
            f"blamed by scenarios, but ought to have hung: {PROGRAM}",
        ),
    ],
)
def test_complaints(given: Row, complaint: str) -> None:
    """Whatever is not as declared is one complaint, which names the fake and the clause."""
    matrix = graded(given)

    assert ([f"c/x FD-GET-01: {complaint}"] if complaint else []) == [
        str(one) for one in matrix.complaints
    ]
    assert (Conclusion.DOES_NOT_PASS if complaint else Conclusion.PASSES) == matrix.conclusion


def test_complaint_of_both_engines() -> None:
    """Engines that agree share a complaint, with the shorter of their programs."""
    longer = evolve(KILL, engine="random", program=f"{PROGRAM}; get c0 k0", length=3)
    (complaint,) = graded(row(longer, KILL, kind="variant")).complaints

    assert f"blamed by random and scenarios, but it is a variant: {PROGRAM}" == complaint.text


class TestClauses:
    """Every clause needs a fault that proves that it can fail."""

    def test_without_fake(self) -> None:
        """Of the whole catalogue, a testable clause that no fault declares is a complaint."""
        whole = evolve(COURSE, whole=True)
        matrix = graded(row(KILL), row(MISS, kind="equivalent", clauses=("CAP-01",)), course=whole)

        expected = [one.id for one in provable(load()) if one.id != "FD-GET-01"]
        assert expected == [one.clause for one in matrix.complaints]
        assert "CAP-01: no fake violates it" in map(str, matrix.complaints)

    def test_part(self) -> None:
        """Of a part nothing is said of other clauses, and a note says so."""
        matrix = graded(row(KILL))

        assert () == matrix.complaints
        assert matrix.notes[0].startswith("Only a part was run")

    def test_never_told(self) -> None:
        """A clause that is declared, and that no fault was told for, is a complaint."""
        matrix = graded(
            row(KILL, clauses=("FD-GET-01", "FD-GET-02")), course=evolve(COURSE, whole=True)
        )

        said = "FD-GET-02: declared by 1 fake, and none was told for it"
        assert said in map(str, matrix.complaints)

    def test_cover(self) -> None:
        """A clause is covered by the fault with the shortest program."""
        other = Fake("y", "python", "fault", "", ("FD-GET-01",))
        shorter = evolve(KILL, program="get", length=1)
        matrix = graded(row(KILL), Row(other, "FD-GET", (shorter,)))
        (cover,) = [one for one in matrix.covers if one.clause == "FD-GET-01"]

        assert (2, 2, "python/y", "get") == (
            cover.declared,
            cover.blamed,
            cover.fake,
            cover.program,
        )


class TestIncomplete:
    """What could not be found out."""

    def test_error(self) -> None:
        """A fake that could not be run is no survivor, but leaves the self-test without result."""
        matrix = graded(Row(row().fake, "FD-GET", error="no such file"))

        assert ((), Conclusion.INCOMPLETE) == (matrix.complaints, matrix.conclusion)
        assert ("c/x: no such file",) == matrix.errors

    def test_interrupted(self) -> None:
        """So does an interruption."""
        matrix = graded(row(KILL), course=evolve(COURSE, interrupted=True))

        assert Conclusion.INCOMPLETE == matrix.conclusion

    def test_inconclusive(self) -> None:
        """Programs that could not be judged to their end are a note."""
        notes = graded(row(evolve(KILL, inconclusive=4))).notes

        assert "c/x: 4 programs of scenarios were not judged to their end." == notes[1]


def test_order() -> None:
    """Rows stand in the order of the catalogue, whichever came first."""
    one, other = Fake("1", "c", "variant", ""), Fake("2", "c", "variant", "")
    matrix = grade([Row(other, ""), Row(one, "")], [one, other], load(), Settings(), COURSE)

    assert (one, other) == tuple(row.fake for row in matrix.rows)
