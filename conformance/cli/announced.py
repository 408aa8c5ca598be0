"""What commands share that take a file of known failures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from waitctx.conformance.clauses import load
from waitctx.conformance.known_failures import assess
from waitctx.conformance.known_failures_file import KnownFailuresError, read
from waitctx.conformance.replay import alone_on

from .console import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from waitctx.conformance.check import Check
    from waitctx.conformance.known_failures import Assessment, KnownFailures
    from waitctx.reports.report import Report


def read_known(path: Path) -> KnownFailures:
    """Read a file of known failures.

    Raises:
        Refusal: it is not there, or is not sound.
    """
    try:
        return read(path, load())
    except KnownFailuresError as error:
        raise Refusal(str(error)) from error


def assessed(report: Report, check: Check) -> Assessment:
    """Hold what was announced against the report of a check."""
    alone = alone_on(check.adapter, check.plan.profile)
    # A day is over when it is over where the run is started.
    return assess(report, check.plan.known, alone, date.today())  # noqa: DTZ011


def with_known(report: Report, check: Check) -> Report:
    """Tell what was announced apart in the report of a check."""
    plan = check.plan
    partial = bool(plan.engines) or plan.stop_first
    return assessed(report, check).told(partial=partial) if plan.known.entries else report
