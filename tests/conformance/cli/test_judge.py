"""``waitctx judge``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run, Start

TRACE = """\
{"format":"waitctx-trace","version":1,"profile":"spec","capable":true,"implementation":"mine 1.0"}
{"program":1}
{"do":{"op":"new","ctx":"c0"},"saw":{"ctx":"new"}}
{"do":{"op":"set","ctx":"c0","key":"k0","fd":7,"data":"d0","cleanup":"null"},"saw":{"rc":1}}
{"do":{"op":"get","ctx":"c0","key":"k0"},"saw":{"rc":1,"fd":7,"data":"d0","stray":0}}
{"do":{"op":"free","ctx":"c0"},"saw":{}}
{"program":2}
{"do":{"op":"new","ctx":"c0"},"saw":{"ctx":"new"}}
{"do":{"op":"get_status","ctx":"c0"},"saw":{"status":0}}
{"end":{"programs":2,"steps":6}}
"""

WRONG = """\
t.jsonl:5: FD-GET-03 get gives the custom data

Trace    t.jsonl
Of       mine 1.0
Profile  spec
Judged   2 programs, 5 operations

"""

FAILURE = """
F1  FD-GET-03  get gives the custom data

new c0; set c0 k0 7 d0 null; get c0 k0

    Operation            Permitted          Seen
    new c0               ctx=new            ctx=new
    set c0 k0 7 d0 null  rc=1               rc=1
>>  get c0 k0            rc=1 fd=7 data=d0  rc=1 fd=7 data=d9

Wrong  data: d0 permitted, d9 seen

t.jsonl does not conform to profile spec: FD-GET-03
"""


@pytest.fixture(autouse=True)
def trace(folder: Path) -> Path:
    """Lay a trace of two programs in the folder."""
    path = folder / "t.jsonl"
    path.write_text(TRACE)
    return path


def test_conforms(run: Run) -> None:
    """A trace without a wrong answer ends with exit code 0."""
    result = run("judge", "t.jsonl")

    assert (0, "") == (result.exit_code, result.stderr)
    assert "\nJudged   2 programs, 6 operations\n" in result.stdout
    assert "\nt.jsonl conforms to profile spec: " in result.stdout


def test_changed_observation(run: Run, trace: Path) -> None:
    """A changed answer ends with 1, and the first line says where it stands."""
    trace.write_text(TRACE.replace('"data":"d0","stray"', '"data":"d9","stray"'))
    result = run("judge", "t.jsonl")

    assert (1, "") == (result.exit_code, result.stderr)
    assert result.stdout.startswith(WRONG)
    assert result.stdout.endswith(FAILURE)


def test_several_programs_fail(run: Run, trace: Path) -> None:
    """Programs that fail on one clause are counted; the first one is shown."""
    lines = TRACE.replace('"status":0', '"status":9').splitlines(keepends=True)
    lines[-1:] = ['{"program":3}\n', *lines[7:9], '{"end":{"programs":3,"steps":8}}\n']
    trace.write_text("".join(lines))
    result = run("judge", "t.jsonl")

    assert 1 == result.exit_code
    assert result.stdout.startswith(
        "t.jsonl:9: STATUS-DEFAULT-01 A new context's status is 0 (and 1 more)\n"
    )


def test_other_profile(run: Run, trace: Path) -> None:
    """A trace can be judged by another profile than it was made for."""
    trace.write_text(TRACE.replace('"fd":7,"data":"d0","stray"', '"fd":7,"data":"d0","stray"'))
    result = run("judge", "t.jsonl", "--profile", "openssl")

    assert 0 == result.exit_code
    assert "\nProfile  openssl\n" in result.stdout


def test_standard_input(run: Run) -> None:
    """A dash stands for standard input."""
    result = run("judge", "-", text=TRACE)

    assert 0 == result.exit_code
    assert "\n- conforms to profile spec: " in result.stdout


def test_undefined_program(run: Run, trace: Path) -> None:
    """A program that nobody defines is named with its line, and counts for nothing."""
    trace.write_text(
        TRACE.replace('{"op":"get_status","ctx":"c0"}', '{"op":"get_status","ctx":"c1"}')
    )
    result = run("judge", "t.jsonl")

    assert 0 == result.exit_code
    assert result.stdout.startswith("t.jsonl:9: cannot be judged from here on: ")


@pytest.mark.parametrize(
    "programs",
    [
        "",
        '{"program":1}\n',
        '{"program":1}\n{"do":{"op":"free","ctx":"c0"},"saw":{}}\n',
    ],
)
def test_nothing_to_judge(run: Run, trace: Path, programs: str) -> None:
    """A trace that shows nothing is no evidence: exit code 2."""
    count = f'{{"programs":{int(bool(programs))},"steps":{programs.count("do")}}}'
    trace.write_text(f'{TRACE.splitlines()[0]}\n{programs}{{"end":{count}}}\n')
    result = run("judge", "t.jsonl")

    assert 2 == result.exit_code
    assert "\nt.jsonl could not be checked: no clauses pass, " in result.stdout


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (TRACE[:300], 5, "this is no JSON: the trace was cut short"),
        ("".join(TRACE.splitlines(keepends=True)[:5]), 6, "the trace was cut short: its last line"),
        (TRACE.replace('"version":1', '"version":2'), 1, "trace version 2 is not known; this"),
        (TRACE.replace('"op":"free"', '"op":"\\u001b[2J"'), 6, "there is no operation '\\x1b[2J'"),
        ("", 1, "this is no trace"),
        ("\x7fELF", 1, "this is no JSON"),
    ],
)
def test_damaged(run: Run, trace: Path, text: str, line: int, message: str) -> None:
    """A damaged trace ends with exit code 2 and one line that says where and what."""
    trace.write_text(text)
    result = run("judge", "t.jsonl")

    assert (2, "", 1) == (result.exit_code, result.stdout, result.stderr.count("\n"))
    assert result.stderr.startswith(f"waitctx: t.jsonl:{line}: {message}")


@pytest.mark.parametrize(
    ("name", "message"), [("none", "No such file or directory"), (".", "Is a directory")]
)
def test_absent(run: Run, name: str, message: str) -> None:
    """So does a trace that is not there."""
    result = run("judge", name)

    assert (2, f"waitctx: {name}: {message}. Name a trace, or - for standard input.\n") == (
        result.exit_code,
        result.stderr,
    )


@pytest.mark.slow
def test_real_trace(start: Start, run: Run, libcrypto: str) -> None:
    """The trace of a real libcrypto is evidence enough, by either profile."""
    checked = start("check", libcrypto, "--trace", "real é.jsonl", "--engine", "scenarios", "-q")
    judged = [run("judge", "real é.jsonl", "--profile", one) for one in ("spec", "openssl")]

    assert (0, [0, 0]) == (checked.returncode, [one.exit_code for one in judged])


def test_help_teaches(run: Run) -> None:
    """The help shows commands to copy, in 80 columns."""
    text = run("judge", "--help").stdout

    assert "waitctx judge t.jsonl --profile openssl" in text
    assert 80 >= max(map(len, text.splitlines()))
