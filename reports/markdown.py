"""The report as Markdown, short enough for a GitHub step summary."""

from __future__ import annotations

from itertools import groupby
from typing import IO, TYPE_CHECKING, Final

from .plain_text import LAST_STEPS, permitted, programs_each, seen
from .report import Conclusion, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .report import FailureReport, Report

#: GitHub refuses a summary of more than 1 MiB; what does not fit stands in the other formats.
_ROOM: Final = 900_000
_SIGNS: Final = {
    Conclusion.CONFORMS: "✅",
    Conclusion.CONFORMS_BUT: "✅",
    Conclusion.OUT_OF_DATE: "❌",
    Conclusion.DOES_NOT_CONFORM: "❌",
    Conclusion.NOT_CHECKED: "⚠️",
}


def write(report: Report, file: IO[str]) -> None:
    """Write a report: the conclusion, what did not pass, and each failure to be unfolded."""
    room = _ROOM
    for part in (
        *_head(report),
        *_not_passed(report),
        *_known(report),
        *_groups(report),
        *_covered(report),
    ):
        file.write(part)
        room -= len(part.encode())
    for number, one in enumerate(report.failures):
        part = "".join(_failure(one))
        room -= len(part.encode())
        if room < 0:
            left = len(report.failures) - number
            file.write(f"\n{left} more failures are left out here; the JSON report has them.\n")
            break
        file.write(part)


def escape(text: str) -> str:
    """Write text so that Markdown shows it and does nothing else, in a table cell too.

    As a character reference a sign is never markup, whatever stands around it.
    """
    return "".join(one if one.isalnum() or one in " ,=()" else f"&#{ord(one)};" for one in text)


def code(text: str) -> str:
    """Write text as code."""
    return f"<code>{escape(text)}</code>"


def row(cells: Iterable[str]) -> str:
    """Write cells, of which each is Markdown already, as a line of a table."""
    return f"| {' | '.join(cells)} |\n"


def table(*names: str) -> str:
    """Begin a table with its head."""
    return "\n" + row(names) + row("---" for _ in names)


def _head(report: Report) -> Iterator[str]:
    about = report.implementation
    sign, words = _SIGNS[report.conclusion], report.conclusion.value
    yield f"## {sign} {escape(about.target)} {words} to profile {escape(report.profile)}\n"
    yield table("", "")
    facts = {
        "Version": about.version,
        "Kind": about.kind,
        "File": about.path,
        "SHA-256": about.sha256,
        "Lacks": ", ".join(about.missing),
        "Checked by": f"waitctx {report.waitctx}, seed {report.seed}",
        "Skipped": "; ".join(f"{name}: {why}" for name, why in report.skipped.items()),
        "Run again": report.command,
    }
    yield from (row((name, code(value))) for name, value in facts.items() if value)


def _groups(report: Report) -> Iterator[str]:
    yield table("Group", *(verdict.value for verdict in Verdict), "checks", "programs each")
    for group, some in groupby(report.verdicts, lambda one: one.group):
        verdicts = list(some)
        counts = [sum(one.verdict is verdict for one in verdicts) for verdict in Verdict]
        checks = sum(one.checked for one in verdicts)
        cells = (*(str(one or "") for one in counts), f"{checks:,}", programs_each(verdicts))
        yield row((escape(group), *cells))


def _not_passed(report: Report) -> Iterator[str]:
    others = [one for one in report.verdicts if one.verdict is not Verdict.PASS]
    if others:
        yield table("Not passed", "Verdict", "Title", "Reason")
    for one in sorted(others, key=lambda one: (one.verdict is not Verdict.FAIL, one.known)):
        because = one.reason or f"see {', '.join(one.failures)}"
        verdict = "known failure" if one.known else one.verdict.value
        cells = (one.clause, verdict, one.title, because)
        yield row(map(escape, cells))


def _known(report: Report) -> Iterator[str]:
    if report.known_failures:
        yield table("Known failure", "Now", "Why it is known", "To do")
    for one in report.known_failures:
        until = f"until {one.expires}" if one.expires else ""
        why = "; ".join(filter(None, (one.reason, one.link, until)))
        todo = f"{one.place}: {one.advice}" if one.stale else ""
        cells = (escape(one.now), escape(why), escape(todo))
        yield row((code(one.subject), *cells))


def _covered(report: Report) -> Iterator[str]:
    if report.worlds:
        yield table("World", "Depth", "States", "Transitions", "Pairs of these")
    for one in report.worlds:
        counts = (
            (one.states, one.states_in_reach),
            (one.transitions, one.transitions_in_reach),
            (one.pairs, one.pairs_in_reach),
        )
        cells = (f"{seen:,} of {near:,}" if near else "" for seen, near in counts)
        yield row((escape(one.name), str(one.depth), *cells))
    if report.guarantees:
        yield "\n"
    yield from (f"- {escape(sentence)}\n" for sentence in report.guarantees)


def _failure(failure: FailureReport) -> Iterator[str]:
    known = " (known)" if failure.known else ""
    head = f"{failure.id} {failure.clause}: {failure.title}{known}"
    yield f"\n<details><summary><b>{escape(head)}</b></summary>\n"
    yield f"\n{code(failure.program)}\n"
    if left_out := max(0, len(failure.steps) - LAST_STEPS):
        yield f"\n{left_out} steps before these agree.\n"
    yield table("", "Operation", "Permitted", "Seen")
    for step in failure.steps[left_out:]:
        shown = ("<br>".join(map(code, lines)) for lines in (permitted(step), seen(step)))
        yield row(("" if step.agrees else "❌", code(step.operation), *shown))
    yield "\n"
    yield from (f"- {escape(line)}\n" for line in failure.wrong)
    if failure.cause:
        yield f"- ended by {escape(failure.cause)}\n"
    yield "\n</details>\n"
