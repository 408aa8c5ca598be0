"""A failing program as C against ``<openssl/async.h>``, for people who have no Python.

Where control goes is fixed by the trace, so the list of operations becomes plain C: what ran inside
a job stands in a function of its own, all else in ``main``. Every answer is compared with what the
model permits there.
"""

from __future__ import annotations

import re
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen
from jinja2 import Environment, PackageLoader, StrictUndefined

from . import operations as ops
from .adapters.pointers import DATA, KEYS
from .clauses import load
from .expectations import Answers, Calls, Listing
from .judge import Judge
from .model import Model
from .observations import Observation, show
from .operations import Symbol, index_of
from .outcomes import PROFILES
from .programs import from_json
from .state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from waitctx.reports.report import FailureReport, Report

    from .adapters.pointers import Pointers
    from .expectations import Expectation
    from .operations import Operation
    from .outcomes import Outcome
    from .programs import Program

#: Operations that the C form has not.
HARNESS: Final = ops.VOCABULARY.keys() - ops.OPERATIONS.keys()
#: Arrays have room for every fd that is set, and so many more.
_MARGIN: Final = 64
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9 .,:;()=_|<>'+\[\]-]")


class NoReproducerError(Exception):
    """A failure cannot be written in this form; the text says why, and which form to take."""


@frozen
class _Step:
    text: str
    words: str
    permitted: str
    """A C expression."""
    followed: str
    """Of what is permitted, that with which the program goes on as it does; empty for all."""


@define
class _Job:
    name: str
    slot: int
    size: int
    lines: list[str] = field(factory=list)
    returns: bool = False


def as_c(failure: FailureReport, report: Report) -> str:
    """Write a failing program as a C program that says what it expected and got.

    Raises:
        NoReproducerError: what is wrong cannot be seen from C.
        OperationError: the report holds an operation that this waitctx does not know.
    """
    if all(line.startswith("stray: ") for line in failure.wrong):
        raise NoReproducerError(
            f"{failure.id} is about what stands beside an output, which plain C does not see: "
            "write it --as pytest"
        )
    program = from_json(list(failure.program_json))
    if any(one.word in HARNESS for one in program):
        raise NoReproducerError(
            f"{failure.id} has several threads, real descriptors or short memory, which the C form "
            "has not: write it --as pytest"
        )
    observations = [Observation.from_json(dict(step.saw)) for step in failure.steps]
    jobs, main = _layout(program, observations)
    environment = Environment(  # noqa: S701 - this is C, no HTML; texts go through `_safe`
        loader=PackageLoader("waitctx.conformance"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["c"] = lambda text: f'"{_safe(text)}"'
    about = report.implementation
    return environment.get_template("reproducer.c").render(
        heading=f"{failure.clause}, found by waitctx {_safe(report.waitctx)}",
        title=_safe(failure.title),
        origin=f"It failed on {_safe(about.target)}, {_safe(about.version or about.kind)}",
        program=_wrapped(failure.program),
        name=re.sub(r"\W", "_", failure.clause.lower(), flags=re.ASCII),
        fds=sum(one.word == "set" for one in program) + _MARGIN,
        steps=_steps(program, observations, failure, report),
        keys=_values(program, Symbol.KEY, KEYS),
        datas=_values(program, Symbol.DATA, DATA),
        words={one.word for one in program},
        capable=int(about.capable),
        jobs=jobs,
        main=main,
    )


def _values(program: Program, kind: Symbol, pointers: Pointers) -> list[str]:
    """Give the value of every pointer of a kind, up to the last that is used."""
    used = [
        index_of(str(value))
        for operation in program
        for _, its_kind, value in operation.arguments
        if its_kind is kind
    ]
    names = (f"{kind.value}{index}" for index in range(max(used, default=0) + 1))
    return [f"0x{pointers.value(name):x}u" for name in names] or ["0"]


def _safe(text: str) -> str:
    """Leave nothing that could end a comment or a string, or be read as a trigraph."""
    return _UNSAFE.sub("?", text)[:2000].replace("??", "?")


def _wrapped(program: str) -> str:
    return _safe(program).replace("; ", ";\n *     ")


def _steps(
    program: Iterable[Operation],
    observations: list[Observation],
    failure: FailureReport,
    report: Report,
) -> list[_Step]:
    judge = Judge(
        Model(PROFILES[report.profile]), load(), State(capable=report.implementation.capable)
    )
    steps = []
    operations = tuple(program)
    for outcomes, seen, step in zip(
        judge.permitted(operations, observations), observations, failure.steps, strict=True
    ):
        agreeing = [one for one in outcomes if not one.mismatches(seen)]
        followed = _any_of(agreeing) if agreeing and len(agreeing) < len(outcomes) else ""
        words = " or ".join(step.permitted)
        steps.append(_Step(step.operation, words, _any_of(outcomes), followed))
    return steps


def _any_of(outcomes: Iterable[Outcome]) -> str:
    alternatives = dict.fromkeys(
        " && ".join(filter(None, map(_condition, one.expectations))) or "1" for one in outcomes
    )
    return "\n        || ".join(f"({one})" for one in alternatives) or "0"


@singledispatch
def _condition(expectation: Expectation) -> str:
    raise NoReproducerError(
        f"{type(expectation).__name__.lower()} cannot be told in C: write it --as pytest"
    )


@_condition.register
def _(expectation: Answers) -> str:
    if not expectation.values or expectation.name == "stray":
        return ""
    tests = [f'is("{expectation.name}", "{show(value)}")' for value in expectation.values]
    return f"({' || '.join(tests)})" if len(tests) > 1 else tests[0]


@_condition.register
def _(expectation: Listing) -> str:
    count = f'is("{expectation.count}", "{len(expectation.fds)}")'
    if not expectation.given:
        return f'{count} && is("{expectation.array}", "null")'
    fds = ", ".join(map(str, expectation.fds)) or "0"
    ordered = int(expectation.ordered)
    holds = f'"{expectation.array}", {ordered}, {len(expectation.fds)}, (const int[]){{{fds}}}'
    return f"{count} && holds({holds})"


@_condition.register
def _(expectation: Calls) -> str:
    letter = "f" if expectation.name == "cleanups" else "b"
    required, optional = map(_names, (expectation.required, expectation.optional))
    return f"calls('{letter}', {int(expectation.ordered)}, {required}, {optional})"


def _names(events: Iterable[Any]) -> str:
    names = "".join(f'"{one}", ' for one in events)
    return f"(const char *const[]){{{names}NULL}}"


def _layout(
    program: Iterable[Operation], observations: Iterable[Observation]
) -> tuple[list[_Job], list[str]]:
    """Part the operations into those of ``main`` and those of each job's function."""
    main: list[str] = []
    jobs: list[_Job] = []
    live: dict[str, _Job] = {}
    here: _Job | None = None
    for number, (operation, seen) in enumerate(zip(program, observations, strict=False)):
        if isinstance(operation, ops.Start):
            job = _Job(f"job_{number}", index_of(operation.job), index_of(operation.block))
            jobs.append(job)
            live[operation.job] = job
        lines = main if here is None else here.lines
        lines += [f"begin({number});", *_call(operation, here, live)]
        if isinstance(operation, ops.Return) and here is not None:
            here.returns = True
        inside = seen.get("in")
        if inside is not None:
            here = live.get(str(inside))
    return jobs, main


def _call(operation: Operation, here: _Job | None, live: dict[str, _Job]) -> list[str]:
    """Give the C statements of one operation; the functions that they call are the template's."""
    slot = -1 if here is None else here.slot
    match operation:
        case ops.Start(job, ctx, block):
            call = f"start({index_of(job)}, {index_of(ctx)}, {live[job].name}, {index_of(block)});"
        case ops.Resume(job, ctx):
            call = f"resume({index_of(job)}, {index_of(ctx)}, {live[job].name}, -1);"
        case ops.Pause():
            call = f"pause_job({slot});"
        case ops.Return(value):
            call = f"return {_int(value)};"
        case ops.GetCurrentJob():
            call = f"current({slot});"
        case ops.ReadArgs():
            held = f"block_name(args, {-1 if here is None else here.size}, {slot})"
            return [f'answer("block", "%s", {held});', "check();"]
        case ops.BlockPause() | ops.UnblockPause() | ops.CleanupThread():
            return [f"{operation.function}();", "check();"]
        case ops.InitThread() | ops.IsCapable():
            arguments = ", ".join(f"(size_t){value}" for _, _, value in operation.arguments)
            return [f'answer_int("rc", {operation.function}({arguments}));', "check();"]
        case _:
            arguments = ", ".join(_argument(kind, value) for _, kind, value in operation.arguments)
            name = "free_context" if isinstance(operation, ops.Free) else operation.word
            call = f"{name}({arguments});"
    return [call]


def _argument(kind: Symbol, value: str | int) -> str:
    match kind, value:
        case ((Symbol.NUMBER | Symbol.FD), int()):
            return _int(value)
        case Symbol.ARRAY, _:
            return str(int(value == "array"))
        case Symbol.CONTEXT, "null":
            return "-1"
        case _, "null":
            return "NULL"
        case Symbol.KEY, str():
            return f"KEY({index_of(value)})"
        case Symbol.DATA, str():
            return f"DATA({index_of(value)})"
        case ((Symbol.CONTEXT | Symbol.JOB), str()):
            return str(index_of(value))
    return str(value)


def _int(value: int) -> str:
    """Write a number; the least one is no literal in C."""
    return f"({value + 1} - 1)" if value == ops.INT_MIN else str(value)
