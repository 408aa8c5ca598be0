"""Traces: written, read back, and refused where they are damaged."""

from __future__ import annotations

import json
from io import BytesIO, StringIO, TextIOWrapper
from itertools import islice

import pytest

from waitctx.conformance import traces
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.engines import random_programs
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC
from waitctx.conformance.programs import from_text
from waitctx.conformance.traces import Entry, Header, TraceError, TraceWriter, read_trace

HEADER = Header(SPEC, capable=True, implementation="mine é \x1b[2J \udcff")
PROGRAMS = ("new c0; set c0 k0 7 d0 f0; start j0 c0 a2; pause", "", "get_status c0")


def written(header: Header = HEADER, programs: tuple[str, ...] = PROGRAMS) -> str:
    """Give the trace of what the reference answers to some programs."""
    file = StringIO()
    writer = TraceWriter.begin(file, header)
    adapter = InProcessAdapter.open("waitctx.reference:AsyncLibrary")
    for program in map(from_text, programs):
        writer.write(program, adapter.run([program])[0])
    writer.close()
    return file.getvalue()


TRACE = written(programs=(*PROGRAMS[:2], "new c0; get_status c0"))
LINES = TRACE.splitlines(keepends=True)


def read(text: str) -> tuple[Header, list[Entry]]:
    """Read a whole trace."""
    header, entries = read_trace(StringIO(text))
    return header, list(entries)


def refused(text: str) -> tuple[int, str]:
    """Give the line at which a trace is refused, and why."""
    with pytest.raises(TraceError) as caught:
        read(text)
    return caught.value.line, str(caught.value)


class TestRoundTrip:
    """What is written can be read."""

    @pytest.mark.parametrize("header", [HEADER, Header(OPENSSL, capable=False, implementation="")])
    def test_header(self, header: Header) -> None:
        """The header comes back as it was, whatever the implementation calls itself."""
        text = written(header, ())

        assert (header, []) == read(text)
        assert text.isascii()

    def test_programs(self) -> None:
        """Real programs and their observations come back, each step with its line."""
        made = random_programs.programs(SPEC, list(OPERATIONS), 5, capable=True)
        programs = list(islice(made, 20))
        seen = InProcessAdapter.open("waitctx.reference:AsyncLibrary").run(programs)
        file = StringIO()
        writer = TraceWriter.begin(file, HEADER)
        for program, observations in zip(programs, seen, strict=True):
            writer.write(program, observations)
        writer.close()
        _, entries = read(file.getvalue())

        assert list(zip(programs, seen, strict=True)) == [
            (one.program, one.observations) for one in entries
        ]
        lines = file.getvalue().splitlines()
        for entry in entries:
            words = [json.loads(lines[number - 1])["do"]["op"] for number in entry.lines]
            assert [one.word for one in entry.program] == words

    def test_broken_off(self) -> None:
        """Of a program that was not carried out to its end, the part that was is kept."""
        file = StringIO()
        program = from_text("new c0; get_status c0")
        (observations,) = InProcessAdapter.open("waitctx.reference:AsyncLibrary").run([program[:1]])
        writer = TraceWriter.begin(file, HEADER)
        writer.write(program, observations)
        writer.close()
        _, (entry,) = read(file.getvalue())

        assert program[:1] == entry.program


class TestDamage:
    """What is not whole is refused, with the line."""

    def test_cut_at_a_line(self) -> None:
        """A trace that ends early is refused at the line after its last one."""
        for kept in range(1, len(LINES)):
            line, message = refused("".join(LINES[:kept]))

            assert (kept + 1, True) == (line, message.startswith("the trace was cut short"))

    def test_cut_anywhere(self) -> None:
        """However a trace is cut, it is refused at its last line or the one after it."""
        for kept in range(len(TRACE) - 1):
            line, _ = refused(TRACE[:kept])

            assert line - TRACE[:kept].count("\n") in {1, 2}

    def test_last_line_break(self) -> None:
        """Only the last line break may be missing."""
        assert read(TRACE) == read(TRACE[:-1])

    @pytest.mark.parametrize("number", range(1, len(LINES) - 1))
    def test_lost_line(self, number: int) -> None:
        """A line that is lost is noticed."""
        line, _ = refused("".join(LINES[:number] + LINES[number + 1 :]))

        assert number < line <= len(LINES)

    @pytest.mark.parametrize("number", range(1, len(LINES)))
    def test_doubled_line(self, number: int) -> None:
        """So is a line that is there twice."""
        line, _ = refused("".join(LINES[: number + 1] + LINES[number:]))

        assert number < line <= len(LINES) + 1

    @pytest.mark.parametrize(
        ("old", "new", "line", "message"),
        [
            ('"version":1', '"version":2', 1, "trace version 2 is not known; this waitctx reads"),
            ('"version":1', '"version":"1"', 1, "trace version '1' is not known"),
            ('"version":1', '"version":true', 1, "trace version True is not known"),
            ('"version":1', '"version":1.0', 1, "trace version 1.0 is not known"),
            ("waitctx-trace", "other", 1, "this is no trace"),
            ('"spec"', '"strict"', 1, "profile is one of spec, openssl"),
            ('"capable":true', '"capable":1', 1, "profile is one of spec, openssl, capable is"),
            ('"program":1', '"program":2', 2, "neither the next program, nor a step, nor the end"),
            ('"program":1', '"program":true', 2, "neither the next program"),
            ('"ctx":"c0"', '"ctx":"c999"', 3, "'c999' is no context"),
            ('"ctx":"c0"', '"ctx":["c0"]', 3, "['c0'] is no context"),
            ('"op":"new"', '"op":"old"', 3, "there is no operation 'old'"),
            ('{"ctx":"new"}', '{"ctx":1.5}', 3, "an answer is a number, a word or a list"),
            ('{"ctx":"new"}', '{"events":{}}', 3, "events is a list"),
            ('{"ctx":"new"}', "[]", 3, "an observation is an object"),
            ('"saw"', '"said"', 3, "neither the next program"),
            ('"steps":6', '"steps":6.0', 11, "3 programs and 6.0 steps are stated, 3 and 6 are"),
            ('"steps":6', '"steps":7', 11, "3 programs and 7 steps are stated, 3 and 6 are there"),
            ('{"program":2}', "]", 7, "this is no JSON"),
            ('{"program":2}', "[" * 100_000, 7, "this is no JSON"),
            ('{"program":2}', "1" * 10_000, 7, "this is no JSON"),
        ],
    )
    def test_changed(self, old: str, new: str, line: int, message: str) -> None:
        """What is written wrongly is refused at its line."""
        assert old in TRACE
        found, why = refused(TRACE.replace(old, new, 1))

        assert (line, True) == (found, why.startswith(message)), why

    def test_more_behind_the_end(self) -> None:
        """Nothing can follow the end."""
        assert (12, "nothing can follow the count") == refused(TRACE + LINES[1])

    def test_no_text(self) -> None:
        """Bytes that are no text are refused at their line, though files are read in pieces."""
        text = TRACE.replace('"program":2', '"program":2,"\xff":0').encode("latin-1")
        file = TextIOWrapper(BytesIO(text), encoding="utf-8", errors="surrogateescape")
        _, entries = read_trace(file)
        with pytest.raises(TraceError, match="this is no UTF-8 text") as caught:
            list(entries)

        assert 7 == caught.value.line

    def test_endless_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A line without end is not read to its end."""
        monkeypatch.setattr(traces, "MAX_LINE", 200)

        assert (3, "a line has at most 200 characters") == refused(
            "".join(LINES[:2]) + "1" * 10_000
        )

    def test_endless_program(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor is a program."""
        monkeypatch.setattr(traces, "MAX_OPERATIONS", 3)

        assert (6, "a program has at most 3 operations") == refused(TRACE)
