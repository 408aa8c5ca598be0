"""``waitctx known-failures``: keeps a file of known failures up to date."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve

from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.known_failures_file import KnownFailuresError, loads, read_text
from waitctx.conformance.known_failures_update import updated
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.plan import Plan
from waitctx.conformance.reporting import report_of
from waitctx.conformance.targets import open_target
from waitctx.reports.files import aside, writing
from waitctx.reports.report import Conclusion
from waitctx.reports.terminal import Line

from .announced import assessed
from .console import CONFORMS, Refusal, show
from .interrupts import Interrupts
from .options import finite, profile_option, seed_option
from .progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.reports.report import Report


@click.group("known-failures", short_help="Keep a file of known failures up to date.")
def known_failures() -> None:
    """Keep a file of known failures, which waitctx check takes with --known-failures.

    It is TOML, with a table for each:

    \b
        [[failure]]
        clause = "FD-GET-03"                # or program = "new c0; ..."; or both
        cause = "wrong data"                # or ["SIGSEGV", "hang"]: any of these
        reason = "the upstream fix is not merged yet"
        link = "https://example.org/issues/1"
        expires = 2030-01-31

    link and expires can be left out. A listed failure that passes, fails otherwise or has expired
    fails the check, which says which line to delete or to change.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)


def _filter(*names: str, flag: bool = False) -> Callable[[Any], Any]:
    """Give an option of waitctx check that makes a run partial: it is known, and refused."""

    def refuse(_: click.Context, __: click.Parameter, value: object) -> None:
        if value:
            raise Refusal(
                f"update needs a whole run: leave out {names[-1]}, or what it does not run would "
                "be taken for passed."
            )

    return click.option(
        *names, hidden=True, is_flag=flag, expose_value=False, is_eager=True, callback=refuse
    )


@known_failures.command("update", short_help="Rewrite a file of known failures from a run.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("target", default="openssl")
@profile_option("spec", "What is asked for, as in waitctx check.")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=float,
    callback=finite,
    help="Look for failures so long, 0 for a complete run; without it as waitctx check does.",
)
@click.option(
    "--programs",
    metavar="N",
    type=click.IntRange(min=1),
    help="Make N random programs instead, however long they take: with one seed, one result.",
)
@seed_option
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many cores the walks in C use.",
)
@_filter("--engine")
@_filter("--depth")
@_filter("--keys")
@_filter("-x", "--stop-first", flag=True)
@_filter("--in-process", flag=True)
@click.pass_context
def update(context: click.Context, /, file: Path, target: str, **options: Any) -> None:  # noqa: ANN401 - as click gives them
    """Check TARGET, and let FILE list the failures that it has.

    What fails as listed stays as it is. What fails otherwise gets its new cause, and keeps reason,
    link and comments. What passes is removed with the comments right above it. What is new is
    added, with a reason for you to fill in. The rest stays: what has expired, and what does not
    apply here, is yours to decide.

    \b
        waitctx known-failures update known.toml ./libmine.so
        waitctx check ./libmine.so --known-failures known.toml

    It takes a whole run, so options that leave something out are refused. The exit code is 0 if the
    file has been written; it is left alone if the check was not whole, with exit code 2.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    try:
        # Not pathlib's, which raises where a name is too long; that it cannot be written is told.
        text = read_text(file) if os.path.exists(file) else ""  # noqa: PTH110 - as said
        known = loads(text, str(file), load())
    except KnownFailuresError as error:
        raise Refusal(str(error)) from error
    plan = Plan(PROFILES[options["profile"]], options["budget"], options["seed"], known=known)
    plan = evolve(plan, programs=options["programs"], jobs=options["jobs"])
    context.with_resource(Interrupts())
    with ExitStack() as stack:
        out = stack.enter_context(aside(file))
        adapter = stack.enter_context(closing(open_target(target)))
        check = Check(adapter, plan, load())
        check.listen = stack.enter_context(progress(plan, len(check.engines)))
        new, told = updated(text, assessed(_whole_report(check, file), check))
        loads(new, str(file), load())
        with writing(file):
            out.write(new)
    show(*(Line(f"{file}: {one}") for one in told))
    context.exit(CONFORMS)


def _whole_report(check: Check, file: Path) -> Report:
    """Run a check to its end, and give its report.

    Raises:
        Refusal: it was interrupted, or has judged nothing.
    """
    started, begun = datetime.now(timezone.utc), monotonic()
    check.run()
    report = report_of(check, started=started, seconds=monotonic() - begun)
    if report.interrupted:
        raise Refusal(f"the check was interrupted; {file} is as it was.")
    if report.conclusion is Conclusion.NOT_CHECKED:
        raise Refusal(f"nothing could be judged; {file} is as it was.")
    return report
