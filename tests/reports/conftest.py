"""Reports to write, made by hand so that every word of what is written can be foreseen."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest
from attrs import evolve

from waitctx.reports.matrix import Cell, Clause, Column, Flip, Matrix, Run
from waitctx.reports.report import (
    ClauseVerdict,
    Conclusion,
    EngineRun,
    FailureReport,
    ImplementationInfo,
    Report,
    Step,
    Verdict,
)

if TYPE_CHECKING:
    from xmlschema import XMLSchema

STEPS = (
    Step("new c0", ("ctx=new",), "ctx=new", (), agrees=True),
    Step("set c0 k0 7 d0 f0", ("rc=1",), "rc=1", (), agrees=True),
    Step("clear c0 k0", ("rc=1 cleanups=none",), "rc=1", ("f0(c0, k0, 7, d0)",), agrees=False),
)

FAILURE = FailureReport(
    id="F1",
    clause="FD-CLEAR-02",
    title="clear runs no cleanup",
    related=("FD-SET-05",),
    wrong=("cleanups: none permitted, f0(c0, k0, 7, d0) seen",),
    cause="",
    program="new c0; set c0 k0 7 d0 f0; clear c0 k0",
    program_json=({"op": "new", "ctx": "c0"},),
    steps=STEPS,
    engine="scenarios",
    reproduced=True,
)

VERDICTS = (
    ClauseVerdict("FD-CLEAR-01", "FD-CLEAR", "clear returns 1", Verdict.PASS, 1234, programs=345),
    ClauseVerdict(
        *("FD-CLEAR-02", "FD-CLEAR", FAILURE.title, Verdict.FAIL, 7, "", ("F1",)), programs=2
    ),
    ClauseVerdict(
        "CB-SET-01",
        "CB",
        "set_callback returns 1",
        Verdict.NOT_APPLICABLE,
        0,
        "ASYNC_WAIT_CTX_set_callback not offered",
        programs=0,
    ),
    ClauseVerdict(
        "JOB-START-01",
        "JOB",
        "start runs the function as a job",
        Verdict.INCONCLUSIVE,
        0,
        "no program exercised it",
        programs=0,
    ),
)

INFO = ImplementationInfo(
    target="./lib mine.so",
    kind="shared library",
    version="Mine 1.0",
    path="/usr/lib/lib mine.so",
    sha256="5" * 64,
    functions=("ASYNC_WAIT_CTX_free", "ASYNC_WAIT_CTX_new"),
    missing=("ASYNC_WAIT_CTX_set_callback",),
    capable=True,
)


@pytest.fixture
def report() -> Report:
    """Give a report with every kind of verdict."""
    return Report(
        waitctx="0.1.0",
        clauses_sha256="c" * 64,
        model_sha256="d" * 64,
        started="2020-02-02T20:20:20+00:00",
        seconds=10.25,
        host={"python": "3.12.0"},
        implementation=INFO,
        profile="spec",
        seed=3,
        bounds={"budget": 10.0, "programs": None},
        command="waitctx check './lib mine.so' --profile spec --seed 3 --budget 10",
        interrupted=False,
        engines=(
            EngineRun("scenarios", 116, 5766, 0.31),
            EngineRun("random", 12345, 1234567, 10.0),
        ),
        operations={"new": 5},
        states=42,
        unjudged={},
        readings=("no callback: get_callback says 0",),
        verdicts=VERDICTS,
        failures=(FAILURE,),
    )


Hostile = Callable[[str], Report]

NASTY: Final = (
    "<script>alert(1)</script> ]]> \"quoted\" 'too' &amp; `tick` | # * _ [a](javascript:b) ${{ x }}"
    " {{ 7 * 7 }} https://example.org @someone \r\n\x00\x07\x1b[2J\u202e\u2066\ufeff\ufffe\udcff"
    " </style><img src=x onerror=alert(2)> -->"
)
HUGE: Final = "é<" * 5_000_000
TEXTS: Final = {"nasty": NASTY, "huge": HUGE, "tame": "x"}


@pytest.fixture
def hostile(report: Report) -> Hostile:
    """Give reports in which the implementation says one of the texts wherever it has a say."""

    def hostile(name: str) -> Report:
        text = TEXTS[name]
        about = evolve(
            report.implementation, target=text, version=text, path=text, build=text, missing=(text,)
        )
        steps = (
            Step("new c0", (text,), text, (text,), agrees=True, states=(text,), saw={"rc": text}),
            Step("free c0", (text,), text, (text,), agrees=False, saw={text: 1, "in": text}),
        )
        failure = evolve(report.failures[0], wrong=(text,), cause=text, steps=steps)
        return evolve(
            report,
            implementation=about,
            command=text,
            host={"system": text},
            readings=(text,),
            unjudged={text: 1},
            verdicts=tuple(evolve(one, reason=text) for one in report.verdicts),
            failures=(failure,),
        )

    return hostile


def column_of(report: Report, name: str, **changes: object) -> Column:
    """Give the column that a report makes."""
    column = Column(
        name,
        report.implementation.target,
        report.profile,
        report.conclusion,
        command=report.command,
        implementation=report.implementation,
        readings=report.readings,
        cells=tuple(
            Cell(one.clause, one.verdict, one.checked, one.reason, one.failures)
            for one in report.verdicts
        ),
        failures=report.failures,
    )
    return evolve(column, **changes)


def matrix_of(report: Report, *columns: Column) -> Matrix:
    """Give a matrix of columns whose clauses are those of a report."""
    return Matrix(
        waitctx="0.1.0",
        clauses_sha256="c" * 64,
        model_sha256="d" * 64,
        started="2020-02-02T20:20:20+00:00",
        seconds=20.5,
        host={"python": "3.12.0"},
        title="What we ship",
        command="waitctx matrix shipped.toml",
        seed=0,
        bounds={"budget": 10.0, "programs": None},
        interrupted=False,
        groups={"FD-CLEAR": "ASYNC_WAIT_CTX_clear_fd"},
        clauses=tuple(Clause(one.clause, one.group, one.title) for one in report.verdicts),
        columns=columns,
    )


GOOD = tuple(evolve(one, verdict=Verdict.PASS, failures=()) for one in VERDICTS)


@pytest.fixture
def matrix(report: Report) -> Matrix:
    """Give a matrix with one column that conforms, one that does not, one that was not checked."""
    good = evolve(report, verdicts=GOOD, failures=())
    lost = Column("lost", "./no.so", "spec", Conclusion.NOT_CHECKED, reason="there is no such file")
    columns = (column_of(good, "good", group="ours"), column_of(report, "bad"), lost)
    return matrix_of(report, *columns)


HostileMatrix = Callable[[str], Matrix]


@pytest.fixture
def hostile_matrix(hostile: Hostile) -> HostileMatrix:
    """Give matrices in which an implementation says one of the texts wherever it has a say."""

    def hostile_matrix(name: str) -> Matrix:
        report, text = hostile(name), TEXTS[name]
        nasty = column_of(report, text, group=text, notes=text, reason=text)
        some = matrix_of(report, nasty)
        flip = Flip(text, "FD-SET-01", text, text, text)
        runs = (Run("2020-01-01T00:00:00+00:00", text), Run(some.started, text, {}, (flip,)))
        return evolve(some, title=text, command=text, host={text: text}, history=runs)

    return hostile_matrix


@pytest.fixture(scope="session")
def junit_schema(tmp_path_factory: pytest.TempPathFactory) -> XMLSchema:
    """Fetch the schema by which Jenkins reads JUnit files; it comes with the source of pytest."""
    xmlschema = pytest.importorskip("xmlschema", reason="run it by tox -e fetched")
    folder = tmp_path_factory.mktemp("pytest")
    options = ["--quiet", "--no-deps", "--no-binary", "pytest", "--dest", folder]
    fetch = [sys.executable, "-m", "pip", "download", *options, f"pytest=={pytest.__version__}"]
    subprocess.run(fetch, check=True, capture_output=True)
    (archive,) = folder.iterdir()
    with tarfile.open(archive) as tar:
        place = f"{tar.getnames()[0]}/testing/example_scripts/junit-10.xsd"
        content = tar.extractfile(place)
        assert content is not None
        return xmlschema.XMLSchema(content.read().decode())
