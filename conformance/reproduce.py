"""Failures as things that somebody without the report can run: C, a pytest function, text, JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from waitctx.reports.plain_text import failure_text

from .reproduce_c import as_c

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.reports.report import FailureReport, Report


def _as_text(failure: FailureReport, report: Report) -> str:
    about = report.implementation
    head = f"{about.target} ({about.version or about.kind}), profile {report.profile}"
    return "\n".join([head, *failure_text(failure), ""])


def _as_json(failure: FailureReport, report: Report) -> str:
    """Give the program and its trace, with what it was judged by."""
    about = report.implementation
    steps = zip(failure.program_json, failure.steps, strict=False)
    plain = {
        "clause": failure.clause,
        "profile": report.profile,
        "target": about.target,
        "version": about.version,
        "program": failure.program,
        "wrong": failure.wrong,
        "steps": [
            {"do": dict(do), "permitted": step.permitted, "saw": step.saw} for do, step in steps
        ],
    }
    return json.dumps(plain, indent=1, ensure_ascii=True) + "\n"


_PYTEST: Final = '''\
"""{clause}, as found by waitctx {waitctx}. Needs pytest and waitctx.

WAITCTX_TARGET names another implementation than the one that failed.
"""

import os

from waitctx.conformance.replay import assert_permitted

TARGET = os.environ.get("WAITCTX_TARGET", {target})
PROGRAM = """\\
{program}
"""


def test_{name}() -> None:
    {title}
    assert_permitted(PROGRAM, TARGET, profile={profile!r}, engine={engine})
'''


def _as_pytest(failure: FailureReport, report: Report) -> str:
    return _PYTEST.format(
        clause=failure.clause,
        waitctx=re.sub(r"[^\w.+-]", "?", report.waitctx, flags=re.ASCII),
        target=ascii(report.implementation.target),
        program=failure.program.replace("; ", "\n"),
        name=re.sub(r"\W", "_", failure.clause.lower(), flags=re.ASCII),
        title=ascii(failure.title),
        profile=report.profile,
        engine=ascii(failure.engine),
    )


FORMS: Final[dict[str, Callable[[FailureReport, Report], str]]] = {
    "c": as_c,
    "pytest": _as_pytest,
    "text": _as_text,
    "json": _as_json,
}
