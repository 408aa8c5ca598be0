"""``waitctx selftest``: grade the harness by implementations whose verdict is known."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import datetime, timezone
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from waitctx.conformance import selftest_fakes
from waitctx.conformance.clauses import load
from waitctx.conformance.engines.registry import ENGINES
from waitctx.conformance.selftest import Settings, Task, cores, run
from waitctx.conformance.selftest_grades import Course, grade
from waitctx.reports import kill_matrix_terminal as terminal
from waitctx.reports.files import aside, writing
from waitctx.reports.kill_matrix import FAMILIES, MODULE, Conclusion
from waitctx.reports.kill_matrix_writers import WRITERS, Writer

from .console import CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, Refusal, show
from .interrupts import Interrupts
from .options import report_option, seed_option
from .selftest_progress import Listener, progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from waitctx.reports.kill_matrix import Fake, KillMatrix, Row

_EXIT_CODES = {
    Conclusion.PASSES: CONFORMS,
    Conclusion.DOES_NOT_PASS: DOES_NOT_CONFORM,
    Conclusion.INCOMPLETE: NOT_CHECKED,
}


@click.command(short_help="Grade waitctx itself by faulty implementations.")
@click.argument("patterns", metavar="[NAME]...", nargs=-1)
@click.option("--family", type=click.Choice(FAMILIES), help="Only the fakes of one language.")
@click.option(
    "--engine",
    "engines",
    metavar="ENGINE",
    type=click.Choice(ENGINES),
    multiple=True,
    help="Only this engine; may be given again. Without it all run, but those that take long only"
    " for variants, and for faults that no other engine has told. They are "
    f"{', '.join(ENGINES)}.",
)
@click.option(
    "--budget",
    metavar="SECONDS",
    type=click.FloatRange(0, 3600),
    default=0.3,
    show_default=True,
    help="How long an engine may look for the fault of one fake.",
)
@click.option(
    "--jobs",
    metavar="NUMBER",
    type=click.IntRange(1),
    default=cores,
    show_default="one for each core",
    help="How many fakes to run at a time.",
)
@seed_option
@report_option(WRITERS, "Write the whole matrix")
@click.option(
    "--fakes",
    "module",
    metavar="MODULE",
    default=MODULE,
    show_default=True,
    help="The Python module that lists and builds the fakes.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print complaints and the conclusion only.")
@click.pass_context
def selftest(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - as click gives them
    """Grade waitctx by its fakes: every fault has to be found, every variant has to pass.

    A fake is an implementation that differs from a conforming one in one stated way. NAME is the
    name of a fake or a clause that it violates, and may have * and ? in it; without one, all are
    run.

    \b
    Everything, with the matrix as a page:
        waitctx selftest --report matrix.html
    The fakes that violate one clause, and those of one kind, in C:
        waitctx selftest FD-CLEAR-02
        waitctx selftest 'window-*' --family c

    The exit code is 0 if all is as it should be; 1 if there is a complaint: a fault survives, the
    wrong clause is blamed, a variant fails, a clause has no fake; 2 if something could not be run.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    reports: dict[Path, Writer] = options["reports"]
    settings = Settings(
        engines=tuple(one for one in ENGINES if one in (options["engines"] or ENGINES)),
        sparing=not options["engines"],
        budget=options["budget"],
        seed=options["seed"],
        jobs=options["jobs"],
    )
    context.with_resource(Interrupts())
    with ExitStack() as stack:
        files = {path: stack.enter_context(aside(path)) for path in reports}
        with progress(wanted=not options["quiet"]) as listen:
            try:
                matrix = _graded(options, settings, listen)
            except selftest_fakes.FakesError as error:
                raise Refusal(f"{error}. {error.hint}") from error
        for path, file in files.items():
            with writing(path):
                reports[path](matrix, file)
    show(*(terminal.brief if options["quiet"] else terminal.full)(matrix))
    context.exit(_EXIT_CODES[matrix.conclusion])


def _graded(options: dict[str, Any], settings: Settings, listen: Listener) -> KillMatrix:
    started, begun = datetime.now(timezone.utc), monotonic()
    catalogue, module = load(), options["module"]
    fakes = selftest_fakes.listed(catalogue, module)
    chosen = selftest_fakes.select(fakes, options["patterns"], options["family"] or "")
    compiled = begun
    rows: list[Row] = []
    interrupted = False
    try:
        tasks = _tasks(chosen, module, listen)
        compiled = monotonic()
        _collect(rows, tasks, settings, listen)
    except KeyboardInterrupt:
        interrupted = True
    course = Course(
        started,
        seconds=monotonic() - begun,
        compiling=compiled - begun,
        module=module,
        whole=len(chosen) == len(fakes),
        interrupted=interrupted,
    )
    return grade(rows, fakes, catalogue, settings, course)


def _tasks(fakes: Sequence[Fake], module: str, listen: Listener) -> list[Task]:
    """Make every fake ready to be run."""
    names = [one.name for one in fakes if one.family == "c"]
    compiled = partial(listen, "Compiling")
    paths = selftest_fakes.build(names, module, lambda done: compiled(done, len(names)))
    return [Task(one, paths[one.name] if one.family == "c" else one.target) for one in fakes]


def _collect(rows: list[Row], tasks: Sequence[Task], settings: Settings, listen: Listener) -> None:
    """Run fakes, and add what came of each."""
    listen("Running", 0, len(tasks))
    with closing(run(tasks, settings)) as results:
        for row in results:
            rows.append(row)
            listen("Running", len(rows), len(tasks))
