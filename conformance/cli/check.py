"""``waitctx check``: carry out programs on an implementation, and say whether it conforms."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.engines.registry import ENGINES, TOOLS
from waitctx.conformance.engines.walking import SHALLOW
from waitctx.conformance.engines.walks import DEEPEST
from waitctx.conformance.known_failures import KnownFailures
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.plan import COMPLETE, Plan
from waitctx.conformance.reporting import report_of
from waitctx.conformance.targets import open_target
from waitctx.conformance.traces import Header, TraceWriter
from waitctx.conformance.unopened import report_of_unopened
from waitctx.reports import terminal
from waitctx.reports.files import aside, writing
from waitctx.reports.report import Conclusion, Report
from waitctx.reports.writers import WRITERS, Writer
from waitctx.reports.writers import prepare as prepare_writers

from .announced import read_known, with_known
from .console import CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, show
from .interrupts import Interrupts
from .options import finite, profile_option, report_option, seed_option
from .progress import progress
from .resuming import begun_in, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.adapters.base import Adapter, Observations
    from waitctx.conformance.findings import Recorder
    from waitctx.conformance.programs import Program


@click.command(short_help="Check an implementation.")
@click.argument("target", default="openssl")
@profile_option(
    "spec", "What is asked for: spec what the page pins down, openssl also what its releases do."
)
@click.option(
    "--budget",
    metavar="SECONDS",
    type=float,
    callback=finite,
    help="Look for failures so long; 0 for a complete run: every engine goes on to its end. "
    "Without it the amount of work is fixed, for half a minute or so: with one seed, one report.",
)
@click.option(
    "--programs",
    metavar="N",
    type=click.IntRange(min=0),
    help="Make a complete run, with N random programs. With --budget 0 they are "
    f"{COMPLETE.programs:,}.",
)
@seed_option
@click.option(
    "--engine",
    "engines",
    metavar="ENGINE",
    type=click.Choice(ENGINES),
    multiple=True,
    help=f"Run this engine alone; may be given again. Without it all run: {', '.join(ENGINES)}.",
)
@click.option(
    "--depth",
    metavar="N",
    type=click.IntRange(1, DEEPEST),
    help="Run every program of at most N operations, if there is time; in a complete run "
    f"whatever it takes, and of {COMPLETE.depth} if not told ({SHALLOW} for Python objects).",
)
@click.option(
    "--keys",
    metavar="N",
    type=click.IntRange(1, 4),
    default=2,
    show_default=True,
    help="How many keys the exhaustive engine has at a time.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="How many cores the exhaustive engine and the walker use.",
)
@click.option(
    "--extra-states",
    metavar="N",
    type=click.IntRange(0, 3),
    default=1,
    show_default=True,
    help="Make suites that find every fault of an implementation with N states more than the "
    "model.",
)
@click.option(
    "--checkpoint",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write down every few seconds how far the check has come, for --resume.",
)
@click.option(
    "--resume",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Go on from a checkpoint of the same check, and keep it up to date.",
)
@click.option("-x", "--stop-first", is_flag=True, help="Stop at the first failure.")
@report_option(WRITERS, "Write a report too")
@click.option(
    "--trace",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write every program and answer, for waitctx judge.",
)
@click.option(
    "--in-process",
    is_flag=True,
    help="Run a Python object without a worker, for a debugger; if it dies, so does waitctx.",
)
@click.option(
    "--tool",
    "tools",
    type=click.Choice(list(TOOLS)),
    multiple=True,
    help="Run programs under a memory checker too, which sees more and takes longer; may be given "
    "again. It is skipped, and the report says so, where it is not installed.",
)
@click.option(
    "--known-failures",
    "known",
    metavar="FILE",
    type=click.Path(path_type=Path),
    callback=lambda _, __, path: KnownFailures() if path is None else read_known(path),
    help="Failures that are known, in TOML: they do not fail the check, what is out of date does. "
    "See waitctx known-failures.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print failing programs and the conclusion only.")
@click.pass_context
def check(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - as click gives them
    """Check whether TARGET does what the page says; without one, this machine's OpenSSL.

    TARGET is openssl (the libcrypto that this Python uses), reference (the one in Python that
    comes with waitctx), the path of a shared library, or MODULE:FACTORY for a Python object.

    \b
    The OpenSSL of this machine, as the page has it, then as its releases have it:
        waitctx check
        waitctx check --profile openssl
    A library of your own for a minute, with a report and a trace to judge:
        waitctx check ./libmine.so --budget 60 --report r.json --trace t.jsonl
    Every program of at most six operations over three keys, and nothing else:
        waitctx check --engine exhaustive --depth 6 --keys 3 --budget 0
    The same for as long as it takes, in pieces:
        waitctx check --depth 9 --budget 0 --checkpoint c.json
        waitctx check --depth 9 --budget 0 --resume c.json
    A class in mine.py, in this folder, up to the first failure:
        waitctx check mine:AsyncLibrary -x

    The exit code is 0 if it conforms, 1 if it does not, 2 if it could not be checked. Ctrl-C
    ends with what was found so far: 1 if that is a failure, else 2. With --known-failures it is 0
    if it conforms but for these, 1 if one of them is out of date.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    reports: dict[Path, Writer] = options["reports"]
    trace: Path | None = options["trace"]
    if trace in reports:
        raise click.UsageError(f"{trace} cannot be both the report and the trace")
    plan = Plan(
        PROFILES[options["profile"]],
        options["budget"],
        options["seed"],
        options["stop_first"],
        programs=options["programs"],
        engines=options["engines"],
        depth=options["depth"],
        keys=options["keys"],
        jobs=options["jobs"],
        tools=options["tools"],
        extra_states=options["extra_states"],
        known=options["known"],
    )
    resumed = begun_in(options["resume"])
    if options["in_process"]:
        click.echo("waitctx: in process: what hangs, exits or crashes ends the check too", err=True)
    catalogue = load()
    interrupts = context.with_resource(Interrupts())  # until the last line is printed
    quiet = options["quiet"]
    with ExitStack() as stack:
        files = {path: stack.enter_context(aside(path)) for path in reports}
        prepare_writers(reports.values())
        try:
            target = open_target(options["target"], in_process=options["in_process"])
            adapter = stack.enter_context(closing(target))
            record = stack.enter_context(_recording(adapter, plan, trace, interrupts))
            running = Check(adapter, plan, catalogue, record=record)
            engines = len(running.engines)
            running.listen = stack.enter_context(progress(plan, engines, wanted=not quiet))
            prepare(running, resumed, options["checkpoint"] or options["resume"], interrupts)
        except KeyboardInterrupt:  # there is still a report to write
            now = datetime.now(timezone.utc)
            report = report_of_unopened(options["target"], plan, catalogue, started=now)
        else:
            report = _run(running)
        for path, file in files.items():
            with writing(path):
                reports[path](report, file)
    show(*(terminal.brief if quiet else terminal.full)(report))
    context.exit(_EXIT_CODES[report.conclusion])


_EXIT_CODES: Final = {
    Conclusion.CONFORMS: CONFORMS,
    Conclusion.CONFORMS_BUT: CONFORMS,
    Conclusion.OUT_OF_DATE: DOES_NOT_CONFORM,
    Conclusion.DOES_NOT_CONFORM: DOES_NOT_CONFORM,
    Conclusion.NOT_CHECKED: NOT_CHECKED,
}


def _run(check: Check) -> Report:
    started, begun = datetime.now(timezone.utc), monotonic()
    check.run()
    report = report_of(check, started=started, seconds=monotonic() - begun)
    return with_known(report, check)


@contextmanager
def _recording(
    adapter: Adapter, plan: Plan, path: Path | None, interrupts: Interrupts
) -> Iterator[Recorder]:
    """Give what writes the trace, if there is to be one."""
    if path is None:
        yield lambda _, __: None
        return
    named = " ".join(filter(None, (adapter.identity.target, adapter.identity.version)))
    with aside(path) as file:
        with writing(path):
            writer = TraceWriter.begin(file, Header(plan.profile, adapter.ics.capable, named))

        def record(program: Program, observations: Observations) -> None:
            # Half a program is none that anybody could judge.
            with writing(path), interrupts.held():
                writer.write(program, observations)

        yield record
        with writing(path):
            writer.close()
