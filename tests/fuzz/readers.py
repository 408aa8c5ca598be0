"""Every reader of files that may come from strangers, as functions of the bytes of a file.

Each returns where the file was taken, and where it was refused in the way in which it should be.
Whatever else it raises is a fault. `test_readers` feeds them with damaged files on each run of the
tests, `run` with what atheris makes up.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import evolve

from waitctx.conformance import checkpoint
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.checkpoint import CheckpointError, Evidence, restore
from waitctx.conformance.clauses import load
from waitctx.conformance.cli.judge import judge_all
from waitctx.conformance.engines import scenarios
from waitctx.conformance.graph import cache as graphs
from waitctx.conformance.graph.bounds import Bounds
from waitctx.conformance.graph.explore import explore
from waitctx.conformance.known_failures_file import KnownFailuresError, loads
from waitctx.conformance.operations import OPERATIONS, OperationError
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import from_json, from_text, to_json
from waitctx.conformance.replay import replay
from waitctx.conformance.reproduce import FORMS
from waitctx.conformance.reproduce_c import NoReproducerError
from waitctx.conformance.traces import Header, TraceError, TraceWriter, read_trace
from waitctx.reports import document
from waitctx.reports.comparison import compare
from waitctx.reports.report import (
    ClauseVerdict,
    FailureReport,
    ImplementationInfo,
    KnownFailure,
    Report,
    Step,
    Verdict,
)
from waitctx.reports.writers import WRITERS

Reader = Callable[[bytes], None]

WORLD: Final = Bounds(name="small", words=("new", "free", "set", "get"))
PROGRAM: Final = "new c0; set c0 k0 1 d0 f0; get c0 k0"


@cache
def reference() -> InProcessAdapter:
    """Open an implementation to replay on; it runs in this process, which is quick."""
    return InProcessAdapter.open("waitctx.reference:AsyncLibrary")


def read_a_trace(data: bytes) -> None:
    """Judge a trace, as `waitctx judge` does."""
    file = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape")
    with suppress(TraceError):
        header, entries = read_trace(file)
        judge_all(entries, header, header.profile, load())


def read_a_report(data: bytes) -> None:
    """Read a report and do with it all that there is to do."""
    try:
        report = document.loads(data)
    except document.ReportError:
        return
    compare(report, report)
    for write in WRITERS.values():
        write(report, io.StringIO())
    for failure in report.failures:
        for form in FORMS.values():
            with suppress(NoReproducerError, OperationError):
                form(failure, report)
        with suppress(OperationError):
            replay(failure, reference(), SPEC)


def read_a_program(data: bytes) -> None:
    """Read a program in both of its forms."""
    with suppress(OperationError):
        from_text(data.decode(errors="replace"))
    with suppress(OperationError, ValueError, RecursionError):
        from_json(json.loads(data))


def read_known_failures(data: bytes) -> None:
    """Read a list of known failures."""
    with suppress(KnownFailuresError):
        loads(data.decode(errors="replace"), "known.toml", load())


def read_a_graph(data: bytes) -> None:
    """Read a graph from the cache."""
    with suppress(ValueError):
        graphs._read(data, WORLD, SPEC.name)


def read_a_checkpoint(data: bytes) -> None:
    """Go on from a checkpoint, as `waitctx check --resume` does, up to the first program."""
    with suppress(CheckpointError):
        restore(_check(), checkpoint.loads(data))


READERS: Final[dict[str, Reader]] = {
    "trace": read_a_trace,
    "report": read_a_report,
    "program": read_a_program,
    "known-failures": read_known_failures,
    "graph": read_a_graph,
    "checkpoint": read_a_checkpoint,
}


# -- sound files, to be damaged --------------------------------------------------------------------


@cache
def seed(reader: str) -> bytes:
    """Give a sound file."""
    return {
        "trace": _trace,
        "report": _report,
        "program": PROGRAM.encode,
        "known-failures": KNOWN.encode,
        "graph": _graph,
        "checkpoint": _checkpoint,
    }[reader]()


KNOWN: Final = f"""\
# Ours.
[[failure]]
clause = "FD-GET-03"
program = "{PROGRAM}"
cause = ["wrong data", "SIGSEGV"]
reason = "not mended yet"
link = "https://example.org/1"
expires = 2030-01-31
"""


def sealed(reader: str, data: bytes) -> bytes:
    """Let the digest in a damaged file be right, so that what is behind it is reached."""
    if reader == "graph":
        return sha256(data[32:]).digest() + data[32:]
    if reader == "checkpoint":
        text = data.partition(b"\n")[0]
        return text + b"\n" + sha256(text).hexdigest().encode() + b"\n"
    head, mark, _ = data.rpartition(b' "sha256": "')
    if reader != "report" or not mark:
        return data
    return head + mark + sha256(head).hexdigest().encode() + b'"\n}\n'


def _trace() -> bytes:
    file = io.StringIO()
    writer = TraceWriter.begin(file, Header(SPEC, capable=True, implementation="the reference"))
    programs = list(scenarios.programs(SPEC, list(OPERATIONS), capable=True))[:3]
    for program, seen in zip(programs, reference().run(programs), strict=True):
        writer.write(program, seen)
    writer.close()
    return file.getvalue().encode()


def _report() -> bytes:
    step = Step("get c0 k0", ("rc=1",), "rc=0", (), agrees=False, saw={"rc": 0})
    failure = FailureReport(
        *("F1", "FD-GET-03", "x", ("FD-GET-01",), ("data: d0 permitted, null seen",), ""),
        program=PROGRAM,
        program_json=tuple(to_json(from_text(PROGRAM))),
        steps=(step,),
        engine="scenarios",
        reproduced=True,
    )
    report = Report(
        waitctx="0",
        clauses_sha256="c" * 64,
        model_sha256="d" * 64,
        started="2020-02-02T20:20:20+00:00",
        seconds=1.5,
        host={"python": "3"},
        implementation=ImplementationInfo("x", "y", "z", "", "", ("a",), ("b",), capable=True),
        profile="spec",
        seed=3,
        bounds={"budget": 10.0, "programs": None},
        command="waitctx check x",
        interrupted=False,
        engines=(),
        operations={"new": 1},
        states=1,
        readings=("a",),
        unjudged={"b": 1},
        verdicts=(ClauseVerdict("FD-GET-03", "FD-GET", "x", Verdict.FAIL, 1, "", ("F1",)),),
        failures=(failure,),
        known_failures=(KnownFailure("FD-GET-03", "y", link="https://example.org"),),
    )
    return document.dumps(report).encode()


def _graph() -> bytes:
    graph = explore(WORLD, SPEC, WORLD.words, capable=True)
    packed = graphs._packed(graph)
    return sha256(packed).digest() + packed


def _check() -> Check:
    return Check(reference(), Plan(SPEC, programs=1, engines=("random",)), load())


def _checkpoint() -> bytes:
    check = _check()
    check.run()
    wrong = Evidence(
        engine="random",
        reproduced=True,
        program="new c0",
        observations=({"ctx": "null"},),
        told=(),
        failed=1,
        tries=1,
    )
    whole = evolve(checkpoint.taken(check, frozenset({"random"})), found=(wrong,))
    with TemporaryDirectory() as folder:
        path = Path(folder, "checkpoint")
        checkpoint.write(whole, path)
        return path.read_bytes()
