"""``waitctx bench``: how quick all this is, on the implementation at hand."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import evolve

from waitctx.conformance.bench.run import Run, Wish
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.targets import REFERENCE, open_target
from waitctx.reports import bench_terminal as terminal
from waitctx.reports.bench_writers import WRITERS, Writer
from waitctx.reports.files import aside

from .console import CONFORMS, DOES_NOT_CONFORM, NOT_CHECKED, show
from .interrupts import Interrupts
from .options import finite, profile_option, report_option, seed_option
from .progress import drawing

if TYPE_CHECKING:
    from pathlib import Path

#: What is measured with --quick.
_QUICK: Final[dict[str, Any]] = {"seconds": 4.0, "rounds": 2, "keys": 2, "fakes": 2}


@click.command(short_help="Measure how quick waitctx is.")
@click.argument("target", default="openssl")
@profile_option("openssl", "Whose graph is walked; what spec leaves open makes more of it.")
@click.option(
    "--seconds",
    metavar="N",
    type=float,
    callback=finite,
    default=None,
    help="About how long to compare, 30 if not told, 4 with --quick; growth and fakes take about "
    "as long again each.",
)
@click.option(
    "--fakes",
    metavar="N",
    type=click.IntRange(0, 100),
    help="Of how many fakes in C the time to the first failure is taken; 6 if not told, 2 with "
    "--quick.",
)
@click.option("--quick", is_flag=True, help="Measure little, to see whether all of it works.")
@seed_option
@report_option(WRITERS, "Write the figures too")
@click.pass_context
def bench(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - as click gives them
    """Measure how quick programs are carried out and judged on TARGET (see waitctx check).

    All in one run, in turns: a plain loop in C that makes the same calls and looks at no answer,
    which is the limit; the walker, which judges every answer; programs from Python; Hypothesis'
    state machine; and one call at a time with ctypes. Then how the walker's figures grow, and how
    soon faulty implementations are found out.

    \b
    The OpenSSL of this machine, with the figures as a page:
        waitctx bench --report bench.html
    The reference implementation:
        waitctx bench reference --quick

    Rates are operations a second of processor time, so they are about the same on a busy machine;
    what several cores do together needs a quiet one.

    The exit code is 0 if all that can be measured was; 1 if the implementation gave an answer that
    is not permitted, or did not survive: then the figures are of no worth; 2 if it cannot be
    measured.
    """  # noqa: D301  (the character \b tells click to keep the lines of a paragraph)
    writers: dict[Path, Writer] = options["reports"]
    wish = Wish(
        PROFILES[options["profile"]],
        seed=options["seed"],
        **(_QUICK if options["quick"] else {}),
    )
    told = {name: options[name] for name in ("seconds", "fakes") if options[name] is not None}
    wish = evolve(wish, **told)
    context.with_resource(Interrupts())
    with ExitStack() as stack:
        files = {path: stack.enter_context(aside(path)) for path in writers}
        adapter = stack.enter_context(closing(open_target(options["target"])))
        draw = stack.enter_context(drawing(None))
        target = options["target"]
        named = REFERENCE if target == "reference" else target
        place = adapter.identity.path if adapter.identity.kind == "shared library" else named
        found = Run(adapter, wish, place, lambda text: draw(lambda: text)).run()
        for path, file in files.items():
            writers[path](found, file)
    show(*terminal.full(found))
    whole = any(one.rates for one in found.contenders) and not found.interrupted
    died = any("did not survive" in one.reason for one in found.contenders)
    wrong = bool(found.failed) or died
    context.exit(DOES_NOT_CONFORM if wrong else CONFORMS if whole else NOT_CHECKED)
