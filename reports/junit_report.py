"""The report as JUnit XML, for the test tabs of GitLab, Jenkins and others.

A group of clauses is a suite, a clause a case; what is not applicable or inconclusive is skipped
with the reason, and so is a failure that was announced. More cases tell whether the check came to
its end, so that a run that judged nothing is not green, and whether what was announced holds.
"""

from __future__ import annotations

from itertools import groupby
from typing import IO, TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from .plain_text import failure_text, known_text, stale_text
from .report import Conclusion, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .report import ClauseVerdict, Report


def write(report: Report, file: IO[str]) -> None:
    """Write a report as XML 1.0; its text is clean, so every letter of it is legal there."""
    root = Element("testsuites", name="waitctx", time=f"{report.seconds:.3f}")
    suites = [_run(root, report)]
    for group, some in groupby(report.verdicts, lambda one: one.group):
        suites.append(_suite(root, report, group, list(some)))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    indent(root)
    ElementTree(root).write(file, encoding="unicode", xml_declaration=True)
    file.write("\n")


def _suite(root: Element, report: Report, group: str, verdicts: Sequence[ClauseVerdict]) -> Element:
    failed = sum(one.verdict is Verdict.FAIL and not one.known for one in verdicts)
    skipped = sum(one.verdict is not Verdict.PASS for one in verdicts) - failed
    suite = _begin(root, report, group, tests=len(verdicts), failures=failed, skipped=skipped)
    for one in verdicts:
        _case(suite, report, one)
    return suite


def _begin(root: Element, report: Report, name: str, **counts: int) -> Element:
    all_counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0} | counts
    attributes = {key: str(value) for key, value in all_counts.items()}
    return SubElement(root, "testsuite", {"name": name, "timestamp": report.started, **attributes})


def _case(suite: Element, report: Report, verdict: ClauseVerdict) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=f"waitctx.{report.profile}.{verdict.group}",
        name=f"{verdict.clause} {verdict.title}",
    )
    if verdict.known:
        some = [one for one in report.known_failures if set(one.failures) & set(verdict.failures)]
        told = " | ".join(map(known_text, some))
        SubElement(case, "skipped", message=f"known failure: {told}")
    elif verdict.verdict is Verdict.FAIL:
        failures = [one for one in report.failures if one.id in verdict.failures]
        message = "; ".join(line for one in failures for line in one.wrong)
        failure = SubElement(case, "failure", type=verdict.clause, message=message)
        failure.text = "\n\n".join("\n".join(failure_text(one)) for one in failures)
    elif verdict.verdict is not Verdict.PASS:
        SubElement(case, "skipped", message=f"{verdict.verdict.value}: {verdict.reason}")


def _run(root: Element, report: Report) -> Element:
    """Add the suite about the check itself."""
    unfinished = report.conclusion is Conclusion.NOT_CHECKED
    listed, stale = bool(report.known_failures), report.stale
    suite = _begin(
        *(root, report, "waitctx"),
        tests=1 + listed + len(report.skipped),
        skipped=len(report.skipped),
        errors=int(unfinished),
        failures=int(bool(stale)),
    )
    properties = SubElement(suite, "properties")
    for name, value in _facts(report).items():
        SubElement(properties, "property", name=name, value=value)
    case = SubElement(suite, "testcase", classname="waitctx", name="The check came to its end")
    if unfinished:
        why = "it was interrupted" if report.interrupted else "nothing could be judged"
        SubElement(case, "error", type="NotChecked", message=why)
    for name, why in report.skipped.items():
        case = SubElement(suite, "testcase", classname="waitctx", name=f"{name} has run")
        SubElement(case, "skipped", message=why)
    if listed:
        case = SubElement(
            suite, "testcase", classname="waitctx", name="The known failures are up to date"
        )
        if stale:
            failure = SubElement(case, "failure", type="OutOfDate", message=stale_text(stale[0]))
            failure.text = "\n".join(map(stale_text, stale))
    return suite


def _facts(report: Report) -> dict[str, str]:
    about = report.implementation
    return {
        "conclusion": report.conclusion.value,
        "target": about.target,
        "version": about.version,
        "path": about.path,
        "sha256": about.sha256,
        "profile": report.profile,
        "waitctx": report.waitctx,
        "command": report.command,
    }
