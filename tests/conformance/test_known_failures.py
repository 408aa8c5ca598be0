"""Known failures, held against what a check has found."""

from __future__ import annotations

from datetime import date
from typing import Final

import pytest
from attrs import evolve

from waitctx.conformance.expectations import Mismatch
from waitctx.conformance.judge import Failure
from waitctx.conformance.known_failures import Entry, KnownFailures, assess, kind_of
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.programs import canonical, from_text, to_json
from waitctx.reports.report import (
    ClauseVerdict,
    Conclusion,
    FailureReport,
    ImplementationInfo,
    Report,
    Verdict,
)

TODAY: Final = date(2030, 1, 31)
OTHERWISE: Final = (
    'k.toml:3 fails otherwise: it fails with "SIGSEGV": mend that, or change cause in line 5'
)
PROGRAM: Final = "new c0; set c0 k0 1 d0 null; get c0 k0"


def failing(name: str, clause: str, kind: str, program: str = PROGRAM) -> FailureReport:
    """Give a failure as reports have it."""
    return FailureReport(
        id=name,
        clause=clause,
        title="",
        related=(),
        wrong=(),
        cause="",
        program=program,
        program_json=tuple(to_json(from_text(program))),
        steps=(),
        engine="scenarios",
        reproduced=True,
        kind=kind,
    )


def report(*failures: FailureReport, interrupted: bool = False) -> Report:
    """Give the report of a check that found these, of four clauses in all."""
    verdicts = [
        ClauseVerdict("FD-GET-03", "FD-GET", "", Verdict.PASS, 5),
        ClauseVerdict("FD-GET-01", "FD-GET", "", Verdict.PASS, 7),
        ClauseVerdict("CB-GET-01", "CB", "", Verdict.NOT_APPLICABLE, 0, "not offered"),
        ClauseVerdict("JOB-CTX-01", "JOB", "", Verdict.INCONCLUSIVE, 0, "no program exercised it"),
    ]
    for failure in failures:
        verdicts = [
            evolve(one, verdict=Verdict.FAIL, failures=(*one.failures, failure.id))
            if one.clause == failure.clause
            else one
            for one in verdicts
        ]
    return Report(
        waitctx="",
        clauses_sha256="",
        model_sha256="",
        started="",
        seconds=1,
        host={},
        implementation=ImplementationInfo("mine", "", "", "", "", (), (), capable=True),
        profile="spec",
        seed=0,
        bounds={},
        command="",
        interrupted=interrupted,
        engines=(),
        operations={},
        states=0,
        readings=(),
        unjudged={},
        verdicts=tuple(verdicts),
        failures=failures,
    )


def entry(clause: str = "FD-GET-03", *causes: str, program: str = "", expires: str = "") -> Entry:
    """Give an entry that stands in lines 3 to 7."""
    return Entry(
        causes or ("wrong data",),
        "because",
        clause,
        from_text(program) if program else None,
        "",
        date.fromisoformat(expires) if expires else None,
        line=3,
        last=7,
        places={"clause": 4, "cause": 5, "expires": 6},
    )


def told(
    found: Report, *entries: Entry, alone: FailureReport | str | None = None, partial: bool = False
) -> tuple[Conclusion, list[str]]:
    """Give the conclusion, and what is out of date in words."""
    known = KnownFailures("k.toml", entries)
    result = assess(found, known, lambda _: alone, TODAY).told(partial=partial)
    return result.conclusion, [f"{one.place} {one.now}: {one.advice}" for one in result.stale]


DATA: Final = failing("F1", "FD-GET-03", "wrong data")
CRASH: Final = failing("F2", "FD-GET-03", "SIGSEGV")


class TestClauses:
    """An entry about a clause."""

    def test_expected(self) -> None:
        """What fails as listed does not count, and is told apart."""
        known = KnownFailures("k.toml", (entry(expires="2030-01-31"),))
        result = assess(report(DATA), known, lambda _: None, TODAY).told()
        (one,) = result.known_failures

        assert Conclusion.CONFORMS_BUT is result.conclusion
        assert ("fails as listed", False, ("F1",)) == (one.status, one.stale, one.failures)
        assert [True, False, False, False] == [verdict.known for verdict in result.verdicts]
        assert [True] == [failure.known for failure in result.failures]

    @pytest.mark.parametrize(
        ("found", "one", "conclusion", "advice"),
        [
            (
                report(),
                entry(),
                Conclusion.OUT_OF_DATE,
                "k.toml:3 passes (5 checks): delete lines 3-7",
            ),
            (
                report(CRASH),
                entry(),
                Conclusion.DOES_NOT_CONFORM,
                OTHERWISE,
            ),
            (
                report(DATA),
                entry(expires="2030-01-30"),
                Conclusion.DOES_NOT_CONFORM,
                "k.toml:3 has expired: mend it, or set another date in line 6",
            ),
            (
                report(),
                entry(expires="2030-01-30"),
                Conclusion.OUT_OF_DATE,
                "k.toml:3 passes (5 checks): delete lines 3-7",
            ),
            (
                report(),
                entry("CB-GET-01"),
                Conclusion.OUT_OF_DATE,
                "k.toml:3 is not applicable (not offered): delete lines 3-7",
            ),
            (
                report(),
                entry("FD-SET-01"),
                Conclusion.OUT_OF_DATE,
                "k.toml:3 is not applicable (profile spec does not ask for it): delete lines 3-7",
            ),
            (
                report(),
                entry("JOB-CTX-01"),
                Conclusion.OUT_OF_DATE,
                "k.toml:3 was not exercised (no program exercised it): delete lines 3-7",
            ),
        ],
    )
    def test_out_of_date(
        self, found: Report, one: Entry, conclusion: Conclusion, advice: str
    ) -> None:
        """What does not hold any more fails the run, with the lines to delete or to change."""
        assert (conclusion, [advice]) == told(found, one)

    def test_any_of_several_causes(self) -> None:
        """One of the causes will do; both are covered."""
        both = entry("FD-GET-03", "SIGSEGV", "wrong data")

        assert (Conclusion.CONFORMS_BUT, []) == told(report(DATA), both)
        assert (Conclusion.CONFORMS_BUT, []) == told(report(DATA, CRASH), both)

    def test_does_not_hide_another(self) -> None:
        """Beside a listed failure, one that ends otherwise counts; so does one elsewhere."""
        elsewhere = failing("F2", "FD-GET-01", "wrong data")

        assert (Conclusion.DOES_NOT_CONFORM, []) == told(report(DATA, CRASH), entry())
        assert (Conclusion.DOES_NOT_CONFORM, []) == told(report(DATA, elsewhere), entry())

    def test_not_looked_at(self) -> None:
        """Nobody blames an entry for what an interrupted or partial check did not do."""
        assert (Conclusion.NOT_CHECKED, []) == told(report(interrupted=True), entry())
        assert (Conclusion.CONFORMS, []) == told(report(), entry("JOB-CTX-01"), partial=True)


class TestPrograms:
    """An entry about a program, which is run alone."""

    def test_expected(self) -> None:
        """Its failure is known, also where the check found the same under other names."""
        same = failing("F1", "FD-GET-03", "wrong data", "new c3; set c3 k2 1 d4 null; get c3 k2")

        assert (Conclusion.CONFORMS_BUT, []) == told(
            report(same), entry("", program=PROGRAM), alone=DATA
        )
        assert (Conclusion.CONFORMS_BUT, []) == told(
            report(), entry("FD-GET-03", program=PROGRAM), alone=DATA
        )

    def test_another_program(self) -> None:
        """Another program with the same failure is not announced by it."""
        other = failing("F1", "FD-GET-03", "wrong data", "new c0; start j0 c0 null; get c0 k0")
        known = entry("FD-GET-03", program=PROGRAM)

        assert (Conclusion.DOES_NOT_CONFORM, []) == told(report(other), known, alone=DATA)

    @pytest.mark.parametrize(
        ("alone", "conclusion", "advice"),
        [
            (None, Conclusion.OUT_OF_DATE, "passes (run alone): delete lines 3-7"),
            ("no", Conclusion.OUT_OF_DATE, "is not applicable (no): delete lines 3-7"),
            (
                CRASH,
                Conclusion.DOES_NOT_CONFORM,
                OTHERWISE.removeprefix("k.toml:3 "),
            ),
            (
                failing("", "FD-GET-01", "wrong data"),
                Conclusion.DOES_NOT_CONFORM,
                "fails otherwise: it fails at FD-GET-01: mend that, or change clause in line 4",
            ),
        ],
    )
    def test_out_of_date(
        self, alone: FailureReport | str | None, conclusion: Conclusion, advice: str
    ) -> None:
        """What became of it decides, whatever else was run."""
        known = entry("FD-GET-03", program=PROGRAM)

        assert (conclusion, [f"k.toml:3 {advice}"]) == told(report(), known, alone=alone)


class TestKinds:
    """How a program fails, in a few words."""

    @pytest.mark.parametrize(
        ("cause", "expected"),
        [
            ("SIGSEGV at 0x10", "SIGSEGV"),
            ("SIGABRT: free(): double free", "SIGABRT"),
            ("exit 3 while what the program left was freed", "exit 3"),
            ("raised ValueError: \x1b[31m", "raised ValueError"),
            ("hang", "hang"),
        ],
    )
    def test_endings(self, cause: str, expected: str) -> None:
        """Addresses and messages, which change from run to run, are left out."""
        mismatches = (Mismatch("died", "an answer", cause, ("FD-GET-03",)),)
        failure = Failure(from_text("new c0"), (died(cause),), "CTX-NEW-01", (), mismatches)

        assert expected == kind_of(failure)

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            ({"rc": "0"}, "wrong rc"),
            ({"fd": "1", "data": "null"}, "wrong fd, data"),
            ({"heap": "used after free: byte 3 of a block of 24"}, "used after free"),
        ],
    )
    def test_answers(self, answers: dict[str, str], expected: str) -> None:
        """Answers are named, a fault with memory by its kind."""
        mismatches = tuple(Mismatch(name, "", seen, ()) for name, seen in answers.items())
        failure = Failure(from_text("new c0"), (Observation(),), "CTX-NEW-01", (), mismatches)

        assert expected == kind_of(failure)


def test_canonical() -> None:
    """Programs that differ in the names of symbols alone are one; numbers and NULL are none."""
    one = from_text("new c3; set c3 k2 7 d4 null; start j1 c3 null; get c3 k2")

    assert from_text("new c0; set c0 k0 7 d0 null; start j0 c0 null; get c0 k0") == canonical(one)
