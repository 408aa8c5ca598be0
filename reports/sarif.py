"""The report as SARIF 2.1.0, for code scanning and the viewers of editors.

Every clause is a rule, every failure a result with the library as its place and the program's steps
as a code flow. A failure that was announced is a result that is suppressed.
"""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote

from .plain_text import failure_text, known_text, stale_text
from .report import Conclusion

if TYPE_CHECKING:
    from .report import ClauseVerdict, FailureReport, Report, Step

_PAGE: Final = "https://docs.openssl.org/3.0/man3/ASYNC_WAIT_CTX_new/"
_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
#: Viewers make the step that was wrong stand out.
_IMPORTANCE: Final = {True: "important", False: "essential"}


def write(report: Report, file: IO[str]) -> None:
    """Write a report as one run of SARIF, in ASCII."""
    json.dump(_log(report), file, indent=1, ensure_ascii=True, allow_nan=False)
    file.write("\n")


def _log(report: Report) -> dict[str, Any]:
    about = report.implementation
    rules = {one.clause: place for place, one in enumerate(report.verdicts)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "waitctx",
                        "version": report.waitctx,
                        "rules": [_rule(one) for one in report.verdicts],
                    }
                },
                "automationDetails": {"id": f"waitctx/{quote(about.target)}/{report.profile}/"},
                "invocations": [
                    {
                        "commandLine": report.command,
                        "startTimeUtc": report.started.replace("+00:00", "Z"),
                        "executionSuccessful": report.conclusion is not Conclusion.NOT_CHECKED,
                        "toolConfigurationNotifications": [
                            {"level": "error", "message": {"text": stale_text(one)}}
                            for one in report.stale
                        ],
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": f"{name} was skipped: {why}"}}
                            for name, why in report.skipped.items()
                        ],
                    }
                ],
                "artifacts": [_artifact(report)],
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, rules, report) for one in report.failures],
                "properties": {"conclusion": report.conclusion.value, "version": about.version},
            }
        ],
    }


def _rule(verdict: ClauseVerdict) -> dict[str, Any]:
    return {
        "id": verdict.clause,
        "shortDescription": {"text": verdict.title},
        "fullDescription": {"text": verdict.text or verdict.title},
        "helpUri": _PAGE,
        "properties": {
            "verdict": verdict.verdict.value,
            "checked": verdict.checked,
            "programs": verdict.programs,
        },
    }


def _location(report: Report) -> dict[str, Any]:
    return {"uri": quote(report.implementation.path or report.implementation.target), "index": 0}


def _artifact(report: Report) -> dict[str, Any]:
    artifact: dict[str, Any] = {
        "location": {"uri": _location(report)["uri"]},
        "description": {"text": report.implementation.version or report.implementation.kind},
    }
    if report.implementation.sha256:
        artifact["hashes"] = {"sha-256": report.implementation.sha256}
    return artifact


def _result(failure: FailureReport, rules: dict[str, int], report: Report) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": _location(report)}}
    result: dict[str, Any] = {
        "ruleId": failure.clause,
        "level": "error",
        "kind": "fail",
        "message": {"text": "\n".join(failure_text(failure))},
        "locations": [place],
        # The same program against the same clause is the same result in the next run.
        "partialFingerprints": {"waitctx/v1": f"{failure.clause}: {failure.program}"[:1000]},
        "codeFlows": [
            {"threadFlows": [{"locations": [_step(one, place) for one in failure.steps]}]}
        ],
    }
    if failure.clause in rules:
        result["ruleIndex"] = rules[failure.clause]
    if failure.known:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": known_text(one)}
            for one in report.known_failures
            if failure.id in one.failures
        ]
    return result


def _step(step: Step, place: dict[str, Any]) -> dict[str, Any]:
    answer = "" if step.agrees else f", permitted: {' or '.join(step.permitted)}"
    said = {"message": {"text": f"{step.operation}: {step.seen}{answer}"}}
    return {"importance": _IMPORTANCE[step.agrees], "location": {**place, **said}}
