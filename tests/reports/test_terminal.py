"""The report for people."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from rich.console import Console

from waitctx.reports import terminal
from waitctx.reports.plain_text import seen
from waitctx.reports.report import Report, Step, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

FULL = """\
Checked   ./lib mine.so
          Mine 1.0
Kind      shared library
File      /usr/lib/lib mine.so
SHA-256   5555555555555555555555555555555555555555555555555555555555555555
Offers    2 functions, but not ASYNC_WAIT_CTX_set_callback; jobs can run
Profile   spec, seed 3, waitctx 0.1.0
Readings  no callback: get_callback says 0

Group     Verdict         Clauses   Checks  Programs each
FD-CLEAR  pass            01         1,234            345
          fail            02             7              2
CB        not applicable  SET-01         0              0
JOB       inconclusive    START-01       0              0

Not passed    Verdict         Title and reason
FD-CLEAR-02   fail            clear runs no cleanup: see F1
JOB-START-01  inconclusive    start runs the function as a job: no program
                              exercised it
CB-SET-01     not applicable  set_callback returns 1:
                              ASYNC_WAIT_CTX_set_callback not offered

Engine     Programs  Operations  Seconds
scenarios       116       5,766      0.3
random       12,345   1,234,567     10.0

F1  FD-CLEAR-02  clear runs no cleanup

new c0; set c0 k0 7 d0 f0; clear c0 k0

    Operation          Permitted           Seen
    new c0             ctx=new             ctx=new
    set c0 k0 7 d0 f0  rc=1                rc=1
>>  clear c0 k0        rc=1 cleanups=none  rc=1
                                           calls f0(c0, k0, 7, d0)

Wrong     cleanups: none permitted, f0(c0, k0, 7, d0) seen
Related   FD-SET-05
Found by  scenarios; happens again when run alone

Run again: waitctx check './lib mine.so' --profile spec --seed 3 --budget 10
Read more: waitctx explain FD-CLEAR-02

./lib mine.so does not conform to profile spec: FD-CLEAR-02
"""


def printed(parts: Iterable[RenderableType], *, width: int = 80) -> str:
    """Print as in a pipe of that width, without blanks at line ends."""
    console = Console(file=StringIO(), width=width, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def with_verdicts(report: Report, *verdicts: Verdict) -> Report:
    """Give the report of a run with just these verdicts, and no failures."""
    some = [evolve(report.verdicts[0], verdict=one, failures=()) for one in verdicts]
    return evolve(report, verdicts=tuple(some), failures=())


class TestFull:
    """Everything that is known."""

    def test_looks(self, report: Report) -> None:
        """It goes from what was checked over the verdicts to the failures and the conclusion."""
        assert FULL == printed(terminal.full(report))

    def test_shared_reasons(self, report: Report) -> None:
        """What holds of five clauses or more is said once; of fewer, of each."""
        last = report.verdicts[-1]
        other = evolve(last, clause="JOB-START-02", reason="no time was left")

        assert (
            "\n"
            "Not passed    Verdict       Title and reason\n"
            f"JOB-START-02  inconclusive  {last.title}: no time was left\n"
            "5 clauses     inconclusive  Each: no program exercised it\n"
        ) == printed(terminal.not_passed([*[last] * 5, other]))

    def test_programs_each(self, report: Report) -> None:
        """A row tells how many programs its least exercised clause has; none if it is not known."""
        first = report.verdicts[0]
        both = [evolve(first, programs=one) for one in (7_000, 5_000)]
        unknown = [evolve(first, programs=None)]

        assert ["01", "01", "2,468", "5,000+"] == printed([terminal.clause_table(both)]).split()[
            -4:
        ]
        assert "Programs" not in printed([terminal.clause_table(unknown)])

    @pytest.mark.parametrize("width", [60, 80, 120])
    def test_nothing_is_cut_off(self, report: Report, width: int) -> None:
        """At any width every word of the widest table is there."""
        text = "".join(printed(terminal.full(report), width=width).split())

        assert "…" not in text
        assert "5" * 64 in text
        assert "callsf0(c0,k0,7,d0)" in text or width == 60

    def test_copied_lines_stay_whole(self, report: Report) -> None:
        """The program and the commands are single lines, however long they are."""
        program = "; ".join(["new c0", *["get_status c0"] * 40])
        long = evolve(report, failures=(evolve(report.failures[0], program=program),))
        lines = printed(terminal.full(long)).splitlines()

        assert program in lines
        assert "Read more: waitctx explain FD-CLEAR-02" in lines

    def test_crash(self, report: Report) -> None:
        """A failure that ended the implementation says how, and whether it happened again."""
        died = evolve(report.failures[0], cause="SIGSEGV", reproduced=False)
        text = printed(terminal.failure(died))

        assert "\nEnded by  SIGSEGV\n" in text
        assert "\nFound by  scenarios; did not happen again when run alone\n" in text

    def test_long_programs(self, report: Report) -> None:
        """Of a long program only the last steps are laid out."""
        step = Step("get_status c0", ("status=0",), "status=0", (), agrees=True)
        long = evolve(report.failures[0], steps=(*[step] * 50, report.failures[0].steps[-1]))
        text = printed(terminal.failure(long))

        assert "    (31 steps before these agree)\n" in text
        assert 19 == text.count("get_status")

    def test_alternatives(self, report: Report) -> None:
        """A wrong step shows every permitted outcome, one that agrees not more than three."""
        five = tuple(f"rc={number}" for number in range(5))
        steps = tuple(Step("pause", five, "rc=0", (), agrees=agrees) for agrees in (True, False))
        text = printed(terminal.failure(evolve(report.failures[0], steps=steps)))

        assert ["2 more", "rc=1", "rc=1", "rc=2", "rc=2", "rc=3", "rc=4"] == sorted(
            line.strip().removeprefix("or ")
            for line in text.splitlines()
            if line.strip().startswith("or ")
        )


class TestHostileText:
    """What an implementation says of itself is shown, and no more."""

    HOSTILE = "[bold]x[/bold]\x1b]0;title\x07\r\n\u202e\udcff é"
    SHOWN = "[bold]x[/bold]\\x1b]0;title\\x07\\r\\n\\u202e\\udcff é"

    def test_report(self, report: Report) -> None:
        """Neither markup nor control characters work, wherever they come from."""
        info = evolve(
            report.implementation, target=self.HOSTILE, version=self.HOSTILE, path=self.HOSTILE
        )
        step = Step(self.HOSTILE, (self.HOSTILE,), self.HOSTILE, (self.HOSTILE,), agrees=False)
        failure = evolve(
            report.failures[0], cause=self.HOSTILE, wrong=(self.HOSTILE,), steps=(step,)
        )
        hostile = evolve(report, implementation=info, readings=(self.HOSTILE,), failures=(failure,))
        text = printed(terminal.full(hostile), width=400)

        assert text.replace("\n", "").isprintable()
        assert 11 == text.count(self.SHOWN)


class TestBrief:
    """The report of ``-q``."""

    def test_looks(self, report: Report) -> None:
        """It has a line for each failure, and the conclusion."""
        assert (
            "FD-CLEAR-02: new c0; set c0 k0 7 d0 f0; clear c0 k0\n"
            "./lib mine.so does not conform to profile spec: FD-CLEAR-02\n"
        ) == printed(terminal.brief(report))


class TestConclusion:
    """The one sentence."""

    @pytest.mark.parametrize(
        ("verdicts", "interrupted", "expected"),
        [
            ([Verdict.PASS] * 2, False, "conforms to profile spec: 2 clauses pass"),
            (
                [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.NOT_APPLICABLE],
                False,
                "conforms to profile spec: 1 clause passes, 1 inconclusive, 1 not applicable",
            ),
            ([Verdict.PASS] * 2, True, "was not checked to the end: so far 2 clauses pass"),
            (
                [Verdict.INCONCLUSIVE] * 3,
                False,
                "could not be checked: no clauses pass, 3 inconclusive",
            ),
            (
                [Verdict.FAIL, Verdict.INCONCLUSIVE],
                True,
                "does not conform to profile spec: FD-CLEAR-01",
            ),
        ],
    )
    def test_conclusion(
        self, report: Report, verdicts: list[Verdict], *, interrupted: bool, expected: str
    ) -> None:
        """A failure outweighs an interruption, which outweighs what passed before it."""
        some = evolve(with_verdicts(report, *verdicts), interrupted=interrupted)

        assert f"./lib mine.so {expected}" == terminal.conclusion_of(some).text.plain


class TestShortcomings:
    """What the harness itself fell short of."""

    def test_told(self, report: Report) -> None:
        """Programs without a verdict and operations that were never carried out are named."""
        short = evolve(report, unjudged={"too open": 3}, operations={"new": 5, "get": 0, "all": 0})
        text = printed(terminal.full(short))

        assert "\nNot judged  3 programs: too open\nNever run   get, all\n" in text

    def test_silent(self, report: Report) -> None:
        """Where there is nothing to tell, nothing is told."""
        assert "Never run" not in printed(terminal.full(report))


def test_many_calls(report: Report) -> None:
    """Of many calls at one step the first are shown, and how many more there are."""
    step = evolve(report.failures[0].steps[2], events=("f0(c0)",) * 1_000)
    lines = seen(step)

    assert ["rc=1", "calls f0(c0)"] == lines[:2]
    assert ("and 980 more calls", 22) == (lines[-1], len(lines))
