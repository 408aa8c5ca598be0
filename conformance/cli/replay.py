"""``waitctx replay``: what has become of the failures of a report."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from attrs import define

from waitctx.conformance.clauses import load
from waitctx.conformance.operations import OperationError
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.replay import Outcome, explain, replay
from waitctx.conformance.reporting import model_sha256
from waitctx.conformance.targets import open_target
from waitctx.reports import document
from waitctx.reports.terminal import Line

from .console import CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, Refusal, show

if TYPE_CHECKING:
    from waitctx.conformance.replay import Replay
    from waitctx.reports.report import FailureReport, Report


@define
class Chosen:
    """A report, and which of its failures are meant."""

    path: Path
    report: Report
    failures: tuple[FailureReport, ...]


def choose(text: str) -> Chosen:
    """Read ``REPORT`` or ``REPORT#ID``; a file whose own name has a ``#`` in it comes first.

    Raises:
        Refusal: there is no such report, or no such failure in it.
    """
    # Not pathlib's, which raises where a name is too long.
    there = os.path.exists(text)  # noqa: PTH110 - as said
    name, mark, wanted = ("", "", "") if there else text.rpartition("#")
    path = Path(name if mark else text)
    try:
        report = document.read(path)
    except document.ReportError as error:
        raise Refusal(str(error)) from error
    if not mark:
        return Chosen(path, report, report.failures)
    failure = report.failure(wanted)
    if failure is None:
        known = ", ".join(one.id for one in report.failures) or "none"
        raise Refusal(f"{path} has no failure {wanted}; its failures: {known}.")
    return Chosen(path, report, (failure,))


@click.command("replay", short_help="Run the failing programs of a report again.")
@click.argument("report", metavar="REPORT[#ID]")
@click.argument("target", required=False)
@click.pass_context
def replay_command(context: click.Context, /, report: str, target: str | None) -> None:
    """Run the failing programs of REPORT again, or one of them, and say what has become of each.

    TARGET is what waitctx check takes; without one it is that of the report. Each program runs
    alone, and is judged by the profile of the report.

    \b
    Are the failures of the last check fixed? Does another build have the first one?
        waitctx replay report.json
        waitctx replay report.json#F1 ./libother.so

    The exit code is 0 if every one is fixed, 1 if one still fails, in the same way or otherwise, 2
    if one cannot be run and none fails.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    chosen = choose(report)
    if not chosen.failures:
        raise Refusal(f"{chosen.path} has no failures: there is nothing to replay.")
    found = chosen.report
    with closing(open_target(target or found.implementation.target)) as adapter:
        lines = [*_notes(found, adapter.identity.sha256, same=target is None)]
        outcomes = []
        for failure in chosen.failures:
            try:
                one = replay(failure, adapter, PROFILES[found.profile])
            except OperationError as error:
                raise Refusal(f"{chosen.path}#{failure.id}: {error}") from error
            outcomes.append(one.outcome)
            lines += _told(failure, one)
    show(*map(Line, lines))
    context.exit(next((code for outcome, code in _EXIT_CODES if outcome in outcomes), CONFORMS))


#: The first that any failure deserves.
_EXIT_CODES: Final = (
    (Outcome.SAME, DOES_NOT_CONFORM),
    (Outcome.OTHERWISE, DOES_NOT_CONFORM),
    (Outcome.CANNOT_RUN, NOT_CHECKED),
)


def _notes(report: Report, sha256: str, *, same: bool) -> list[str]:
    notes = []
    if same and sha256 != report.implementation.sha256:
        notes.append("Note: the file is another than when the report was written.")
    if (load().fingerprint, model_sha256()) != (report.clauses_sha256, report.model_sha256):
        notes.append("Note: the rules of this waitctx are others than those of the report.")
    return notes


def _told(failure: FailureReport, one: Replay) -> list[str]:
    head = f"{failure.id} {failure.clause}: {one.outcome.value}"
    if one.why:
        return [f"{head}: {one.why}"]
    if one.outcome is Outcome.OTHERWISE and one.failure is not None:
        before = "; ".join(failure.wrong) or failure.cause
        return [
            head,
            f"   before: {failure.clause}: {before}",
            f"   now:    {explain(one.failure)}",
        ]
    if one.outcome is Outcome.FIXED and not failure.reproduced:
        return [f"{head} (but it did not happen again when run alone in the first place either)"]
    return [head]
