"""What changed from one report to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from waitctx.reports.comparison import Flip, compare
from waitctx.reports.report import ClauseVerdict, Verdict

if TYPE_CHECKING:
    from waitctx.reports.report import Report


PROGRAM = "new c0; set c0 k0 7 d0 f0; clear c0 k0"


def with_verdicts(report: Report, **verdicts: Verdict) -> Report:
    """Give a report with these verdicts."""
    some = tuple(ClauseVerdict(name, "G", "t", one, 1) for name, one in verdicts.items())
    return evolve(report, verdicts=some, failures=())


def test_same(report: Report) -> None:
    """Times, host and how much was run are no difference."""
    later = evolve(report, started="2021", seconds=1.0, host={}, states=1, operations={"new": 9})

    assert compare(report, later).same


def test_flips_first(report: Report) -> None:
    """What broke stands first, then what was mended, then the rest, unknown clauses too."""
    good, bad, open_ = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
    before = with_verdicts(report, A=good, B=bad, C=good, D=good, E=good)
    after = with_verdicts(report, A=open_, B=good, C=bad, D=good, F=good)
    flips = compare(before, after).flips

    assert [
        ("C", good, bad),
        ("B", bad, good),
        ("A", good, open_),
        ("E", good, None),
        ("F", None, good),
    ] == [(one.clause, one.before, one.after) for one in flips]


def test_evidence(report: Report) -> None:
    """A clause that broke comes with the program that shows it."""
    before = evolve(
        report,
        failures=(),
        verdicts=tuple(evolve(one, verdict=Verdict.PASS) for one in report.verdicts[:2]),
    )
    flip = compare(before, report).flips[0]

    assert (
        Flip(
            clause="FD-CLEAR-02",
            title="clear runs no cleanup",
            before=Verdict.PASS,
            after=Verdict.FAIL,
            evidence=PROGRAM,
        )
        == flip
    )


def test_others(report: Report) -> None:
    """Functions, readings and failures that are others than before are told line by line."""
    about = evolve(report.implementation, functions=("ASYNC_WAIT_CTX_new",), capable=False)
    failure = evolve(report.failures[0], wrong=("rc: 1 permitted, 0 seen",))
    after = evolve(report, implementation=about, readings=("other",), failures=(failure,))

    assert {
        "Functions": ("- ASYNC_WAIT_CTX_free", "jobs can no longer run"),
        "Failures": (
            f"FD-CLEAR-02: was {PROGRAM}: cleanups: none permitted, f0(c0, k0, 7, d0) seen",
            f"FD-CLEAR-02: now {PROGRAM}: rc: 1 permitted, 0 seen",
        ),
        "Readings": ("- no callback: get_callback says 0", "+ other"),
    } == compare(report, after).others


def test_notes(report: Report) -> None:
    """Other rules, another profile or other bounds are pointed out."""
    after = evolve(report, profile="openssl", clauses_sha256="e" * 64, seed=4, interrupted=True)

    assert (
        "the profiles differ: spec, then openssl",
        "the rules differ: waitctx 0.1.0, then 0.1.0",
        "seed or bounds differ: other programs were run",
        "the second was interrupted",
    ) == compare(report, after).notes
