"""The report as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.reports.report import Conclusion, Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable


def with_verdicts(report: Report, verdicts: Iterable[Verdict]) -> Report:
    """Give a report with just these verdicts, and no failure beside them."""
    some = tuple(evolve(report.verdicts[0], verdict=one) for one in verdicts)
    return evolve(report, verdicts=some, failures=())


@pytest.mark.parametrize(
    ("verdicts", "interrupted", "expected"),
    [
        ([Verdict.PASS, Verdict.NOT_APPLICABLE], False, Conclusion.CONFORMS),
        ([Verdict.PASS, Verdict.INCONCLUSIVE], False, Conclusion.CONFORMS),
        ([Verdict.PASS], True, Conclusion.NOT_CHECKED),
        ([Verdict.INCONCLUSIVE], False, Conclusion.NOT_CHECKED),
        ([], False, Conclusion.NOT_CHECKED),
        ([Verdict.PASS, Verdict.FAIL], False, Conclusion.DOES_NOT_CONFORM),
        ([Verdict.FAIL], True, Conclusion.DOES_NOT_CONFORM),
    ],
)
def test_conclusion(
    report: Report, verdicts: list[Verdict], *, interrupted: bool, expected: Conclusion
) -> None:
    """A failure decides; without one, what was cut short or never judged cannot conform."""
    some = evolve(with_verdicts(report, verdicts), interrupted=interrupted)

    assert expected is some.conclusion


def test_failure_without_clause(report: Report) -> None:
    """A failure outweighs verdicts that all pass."""
    assert Conclusion.DOES_NOT_CONFORM is evolve(report, verdicts=()).conclusion
