"""``waitctx matrix``: many implementations side by side."""

from __future__ import annotations

import shlex
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import evolve

from waitctx.conformance import matrix_file
from waitctx.conformance.matrix import Course, Progress, Settings, matrix_of, run
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.selftest import cores
from waitctx.reports import matrix_document, matrix_terminal
from waitctx.reports.files import aside, writing
from waitctx.reports.matrix_history import with_history
from waitctx.reports.matrix_writers import WRITERS, Writer
from waitctx.reports.report import Conclusion
from waitctx.reports.sealed import ReportError

from .console import CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, Refusal, show
from .interrupts import Interrupts
from .matrix_progress import progress
from .options import report_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.matrix_file import Target
    from waitctx.reports.matrix import Column, Matrix

    from .matrix_progress import Listener

_EXIT_CODES: Final = {
    Conclusion.CONFORMS: CONFORMS,
    Conclusion.CONFORMS_BUT: CONFORMS,
    Conclusion.OUT_OF_DATE: DOES_NOT_CONFORM,
    Conclusion.DOES_NOT_CONFORM: DOES_NOT_CONFORM,
    Conclusion.NOT_CHECKED: NOT_CHECKED,
}


def _earlier(_: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> list[Matrix]:
    try:
        return [matrix_document.read(path) for path in paths]
    except ReportError as error:
        raise click.BadParameter(str(error), param=parameter) from error


@click.command("matrix", short_help="Check many implementations side by side.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("patterns", metavar="[NAME]...", nargs=-1)
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    help="Ask this of every target, whatever the file says.",
)
@click.option(
    "--budget",
    metavar="SECONDS",
    type=click.FloatRange(0, 86_400),
    help="Look at each target so long, 0 for a complete run of each; without it as the file says, "
    "else as waitctx check does.",
)
@click.option(
    "--programs",
    metavar="N",
    type=click.IntRange(min=0),
    help="Make N random programs instead, however long they take: with one seed, one matrix.",
)
@click.option("--seed", type=int, help="Same seed, same programs.  [default: the file's, or 0]")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 256),
    default=cores,
    show_default="one for each core",
    help="How many targets to check at a time.",
)
@report_option(WRITERS, "Write the matrix")
@click.option(
    "--history",
    "earlier",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    callback=_earlier,
    help="An earlier matrix in JSON: say what flipped since. May be given again.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print the conclusion only.")
@click.pass_context
def matrix(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - as click gives them
    """Check every target that FILE names, some at a time, and put the verdicts side by side.

    FILE is in TOML. Targets are what waitctx check takes, seen from the folder of the file. With
    NAMEs only the targets or groups of these names are checked; they may have * and ? in them.

    \b
        title = "What we ship"
        profile = "openssl"              # for all; without it, spec
        [[target]]
        name = "1.1.1w"                  # no two the same
        target = "libs/libcrypto.so.1.1"
        [[target]]
        name = "our fork"
        target = "build/libfork.so"
        profile = "spec"                 # for this one
        group = "ours"
        notes = "Callbacks are not built in."
        known_failures = "fork-known.toml"

    \b
    The page for people and the JSON for the next time; then what has flipped since:
        waitctx matrix shipped.toml --report monday.json --report monday.html
        waitctx matrix shipped.toml --report tuesday.html --history monday.json

    The exit code is 1 if one does not conform, or if what is known of it is out of date, else 2 if
    one could not be checked, else 0. Ctrl-C ends with what was done so far.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    reports: dict[Path, Writer] = options["reports"]
    try:
        asked = matrix_file.read(options["file"])
        targets = asked.chosen(options["patterns"])
    except matrix_file.MatrixFileError as error:
        raise Refusal(str(error)) from error
    if options["profile"]:
        targets = tuple(evolve(one, profile=options["profile"]) for one in targets)
    settings = Settings(
        asked.folder,
        _first(options["budget"], asked.budget),
        options["programs"],
        _first(options["seed"], asked.seed, 0),
        options["jobs"],
    )
    interrupts = context.with_resource(Interrupts())
    with ExitStack() as stack:
        files = {path: stack.enter_context(aside(path)) for path in reports}
        with progress(len(targets), wanted=not options["quiet"]) as listen:
            started, begun = datetime.now(timezone.utc), monotonic()
            columns, interrupted = _columns(targets, settings, interrupts, listen)
        seconds = monotonic() - begun
        course = Course(asked.title, _command(options), started, seconds, interrupted)
        found = with_history(matrix_of(columns, settings, course), options["earlier"])
        for path, file in files.items():
            with writing(path):
                reports[path](found, file)
    show(*(matrix_terminal.brief if options["quiet"] else matrix_terminal.full)(found))
    context.exit(_EXIT_CODES[found.conclusion])


def _first(*values: Any) -> Any:  # noqa: ANN401 - numbers of one kind, or None
    return next((one for one in values if one is not None), None)


def _command(options: dict[str, Any]) -> str:
    """Give the command that makes the same matrix again."""
    words = ["waitctx", "matrix", str(options["file"]), *options["patterns"]]
    for name in ("profile", "budget", "programs", "seed"):
        if options[name] is not None:
            value = options[name]
            words += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


def _columns(
    targets: Sequence[Target], settings: Settings, interrupts: Interrupts, listen: Listener
) -> tuple[tuple[Column, ...], bool]:
    """Check all targets; tell whether Ctrl-C came between. The second one ends it at once."""
    interrupted = False
    told = Progress((), ())
    with closing(run(targets, settings)) as checks:
        while len(told.done) < len(targets):
            try:
                with interrupts.held():
                    # The first that is sent has to be None.
                    told = checks.send(interrupted or None)
                    listen(told)
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
    return told.done, interrupted
