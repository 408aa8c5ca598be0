"""The report on an implementation that was not opened, because Ctrl-C came meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from waitctx import __version__
from waitctx.reports.report import ImplementationInfo, Report

from .reporting import command_of, host, model_sha256, unseen

if TYPE_CHECKING:
    from datetime import datetime

    from .clauses import Catalogue
    from .plan import Plan

_REASON: Final = "Ctrl-C came before the implementation was opened"


def report_of_unopened(
    target: str, plan: Plan, catalogue: Catalogue, *, started: datetime
) -> Report:
    """Give a report that judges nothing: of the implementation only the target's name is known."""
    return Report(
        waitctx=__version__,
        clauses_sha256=catalogue.fingerprint,
        model_sha256=model_sha256(),
        started=started.isoformat(timespec="seconds"),
        seconds=0.0,
        host=host(),
        implementation=ImplementationInfo(
            *(target, "not opened", "", "", ""), functions=(), missing=(), capable=False
        ),
        profile=plan.profile.name,
        seed=plan.seed,
        bounds=plan.bounds,
        command=command_of(target, plan),
        interrupted=True,
        engines=(),
        operations={},
        states=0,
        readings=(),
        unjudged={},
        verdicts=tuple(
            unseen(one, catalogue, _REASON) for one in catalogue.binding(plan.profile.name)
        ),
        failures=(),
        groups=dict(catalogue.groups),
    )
