"""The kill matrix, and every way in which it is put down."""

from __future__ import annotations

import json
import re
import runpy
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from rich.console import Console

from waitctx.reports import kill_matrix_html, kill_matrix_json, kill_matrix_markdown
from waitctx.reports import kill_matrix_terminal as terminal
from waitctx.reports.kill_matrix import (
    Complaint,
    Conclusion,
    Cover,
    Fake,
    KillMatrix,
    Row,
    Tally,
    Trial,
    from_plain,
    tallies,
    to_plain,
)
from waitctx.reports.kill_matrix_writers import WRITERS
from waitctx.reports.suffixes import UnknownKindError, by_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

PROGRAM = "new c0; clear c0 k0"
KILLS = (
    Trial("scenarios", 12, 80, 0.25, "FD-CLEAR-04", "SIGSEGV", PROGRAM, 2),
    Trial("random", 1200, 9000, 2.0),
)
MISSES = (Trial("scenarios", 116, 800, 0.3), Trial("random", 1234, 9000, 2.0))
ROWS = (
    Row(Fake("late", "python", "fault", "tells late", ("CTX-FREE-01",)), "CTX", MISSES, 2.4),
    Row(Fake("odd", "c", "crash", "dies <b>", ("FD-CLEAR-04",), "openssl"), "FD-CLEAR", KILLS, 3),
    Row(Fake("lost", "c", "fault", "is gone", ("CTX-FREE-01",)), "CTX", error="no such file"),
    Row(Fake("sorted", "c", "variant", "sorts"), "", MISSES, 2.5),
    Row(Fake("same", "c", "equivalent", "leaks", reason="no call | shows it"), "", MISSES, 2.6),
)
MATRIX = KillMatrix(
    waitctx="0.1.0",
    clauses_sha256="c" * 64,
    started="2020-02-02T20:20:20+00:00",
    seconds=61.5,
    compiling=20.25,
    host={"python": "3.12.0", "system": "Linux"},
    module="waitctx.fakes",
    engines=("scenarios", "random"),
    budget=2.0,
    seed=0,
    jobs=2,
    whole=True,
    interrupted=False,
    rows=ROWS,
    covers=(
        Cover("CTX-FREE-01", "CTX", "free runs cleanups", 2, 0),
        Cover("FD-CLEAR-04", "FD-CLEAR", "clear of no key", 1, 1, "c/odd", PROGRAM),
    ),
    complaints=(Complaint("CTX-FREE-01", "python/late", "survives scenarios and random"),),
    notes=("CTX-FREE-01 is declared by 2 fakes, none was told for it.",),
)

FULL = """\
Run   5 fakes, 2 at a time, 2 s for each and each engine
Seed  0, waitctx 0.1.0
Took  61.5 s, 20.2 s of them for compiling

Family  Group     Faults  Scenarios  Random  Killed
python  CTX            1          0       0       0
        all            1          0       0       0
c       CTX            1          0       0       0
        FD-CLEAR       1          1       0       1
        all            2          1       0       1
all                    3          1       0       1

Controls  1 of 1 variants pass
          1 of 1 equivalents pass
Slowest  c/odd, 3.0 s
         c/same, 2.6 s
         c/sorted, 2.5 s
Longest  c/odd, 2 operations

Complaints (1)
  python/late CTX-FREE-01: survives scenarios and random

Could not be run (1)
  c/lost: no such file

Notes (1)
  CTX-FREE-01 is declared by 2 fakes, none was told for it.

Run again: waitctx selftest python/late --budget 2 --seed 0
Read more: waitctx explain CTX-FREE-01

selftest does not pass: 1 complaint, 1 of 3 faults killed, 1 of 1 variants pass, \
1 of 1 equivalents pass, in 62 s
"""


def printed(parts: Iterable[RenderableType]) -> str:
    """Print as in a pipe of 80 columns, without blanks at line ends."""
    console = Console(file=StringIO(), width=80, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def written(suffix: str, matrix: KillMatrix = MATRIX) -> str:
    """Write a matrix in the way of a suffix."""
    file = StringIO()
    WRITERS[suffix](matrix, file)
    return file.getvalue()


class TestValues:
    """What the values know of themselves."""

    def test_tallies(self) -> None:
        """Faults are counted by family and group, in the order of the clauses."""
        assert (
            Tally("python", "CTX", 1, (0, 0), 0),
            Tally("python", "all", 1, (0, 0), 0),
            Tally("c", "CTX", 1, (0, 0), 0),
            Tally("c", "FD-CLEAR", 1, (1, 0), 1),
            Tally("c", "all", 2, (1, 0), 1),
            Tally("all", "", 3, (1, 0), 1),
        ) == tallies(MATRIX)

    def test_row(self) -> None:
        """A row is killed when any engine found a failure; the shortest program counts."""
        longer = Trial("random", 1, 9, 0.1, "CTX-FREE-01", "", "long", 9)
        row = evolve(ROWS[1], trials=(longer, KILLS[0]))

        assert row.killed
        assert row.killed_by("random")
        assert row.shortest == KILLS[0]
        assert not ROWS[0].killed
        assert ROWS[0].shortest is None

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, Conclusion.DOES_NOT_PASS),
            ({"interrupted": True}, Conclusion.DOES_NOT_PASS),
            ({"complaints": ()}, Conclusion.INCOMPLETE),
            ({"complaints": (), "rows": ROWS[:2]}, Conclusion.PASSES),
            ({"complaints": (), "rows": (), "interrupted": True}, Conclusion.INCOMPLETE),
        ],
    )
    def test_conclusion(self, changes: dict[str, Any], expected: Conclusion) -> None:
        """A complaint outweighs what could not be run, which outweighs what passed."""
        assert expected == evolve(MATRIX, **changes).conclusion

    @pytest.mark.parametrize(("family", "kind"), [("java", "fault"), ("c", "odd")])
    def test_unknown_fake(self, family: str, kind: str) -> None:
        """A fake is of a known family and kind."""
        with pytest.raises(ValueError, match="must be in"):
            Fake("x", family, kind, "")


class TestTerminal:
    """What is printed."""

    def test_full(self) -> None:
        """It goes from the settings over the matrix to the complaints and the conclusion."""
        assert FULL == printed(terminal.full(MATRIX))

    def test_brief(self) -> None:
        """The short form has complaints, what could not be run, and the conclusion."""
        assert [
            "python/late CTX-FREE-01: survives scenarios and random",
            "could not be run: c/lost: no such file",
            FULL.splitlines()[-1],
        ] == printed(terminal.brief(MATRIX)).splitlines()

    def test_passes(self) -> None:
        """Without complaint nothing is said of what to do next."""
        good = evolve(MATRIX, complaints=(), notes=(), rows=ROWS[1:2])
        text = printed(terminal.full(good))

        assert "Run again" not in text
        assert text.endswith("\n\nselftest passes: 1 of 1 faults killed, in 62 s\n")

    def test_own_fakes(self) -> None:
        """The command to run again names the module, if it is not the usual one."""
        text = printed(terminal.full(evolve(MATRIX, module="mine", interrupted=True)))

        assert (
            "\nRun again: waitctx selftest python/late --budget 2 --seed 0 --fakes mine\n" in text
        )
        assert text.endswith("interrupted after 62 s\n")


class TestWriters:
    """Files of every kind."""

    @pytest.mark.parametrize(
        ("name", "writer"),
        [
            ("m.json", kill_matrix_json.write),
            ("a b/M.MD", kill_matrix_markdown.write),
            ("m.x.html", kill_matrix_html.write),
        ],
    )
    def test_kind_by_suffix(self, name: str, writer: object) -> None:
        """The suffix tells the kind, in any case."""
        assert writer == by_suffix(WRITERS, Path(name))

    def test_unknown_kind(self) -> None:
        """Any other suffix is refused with those that there are."""
        with pytest.raises(
            UnknownKindError, match=r"let the name end in one of \.json, \.md, \.ht"
        ):
            by_suffix(WRITERS, Path("m.txt"))

    def test_json(self) -> None:
        """What is written as JSON is read back the same, and says who was killed."""
        plain = json.loads(written(".json"))

        assert ["format", "version", "conclusion"] == list(plain)[:3]
        assert [True, False] == [one["killed"] for one in plain["rows"][1]["trials"]]
        assert from_plain(plain) == MATRIX == from_plain(to_plain(MATRIX))

    def test_other_json(self) -> None:
        """What is no kill matrix is refused."""
        with pytest.raises(ValueError, match=r"this is waitctx-report 1\.0, not waitctx-kill-mat"):
            from_plain({"format": "waitctx-report", "version": "1.0"})

    def test_markdown(self) -> None:
        """The Markdown has a line for each fault, control and clause, with nothing left to obey."""
        lines = written(".md").splitlines()

        assert (
            "| `c/odd` | dies \\<b\\> | FD-CLEAR-04: 12 programs, 0.25 s, 2 long "
            f"| survived 1,200 programs, 2.00 s | `{PROGRAM}` |"
        ) in lines
        assert "| `c/same` | leaks | no call \\| shows it | yes |" in lines
        assert f"| FD-CLEAR-04 | clear of no key | 1 | 1 | `c/odd` | `{PROGRAM}` |" in lines
        assert "| Faults killed | 1 of 3 |" in lines

    def test_markdown_tables(self) -> None:
        """Every line of a table has as many cells as its head."""
        for table in re.findall(r"(?:^\|.*\n)+", written(".md"), re.MULTILINE):
            cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert 1 == len(cells)

    def test_html(self) -> None:
        """The HTML stands alone, has every row, and obeys nothing that a text holds."""
        text = written(".html")

        assert "dies &lt;b&gt;" in text
        assert text.count("<tr id=") == len(MATRIX.faults)
        assert '<a href="#c/odd">' in text
        assert "prefers-color-scheme: dark" in text
        assert not re.search(r"<script|<link|src=|url\(|https?:", text)

    @pytest.mark.parametrize("suffix", WRITERS)
    def test_nothing_run(self, suffix: str) -> None:
        """A matrix without rows can be written too."""
        assert written(suffix, evolve(MATRIX, rows=(), complaints=(), notes=()))


class TestPage:
    """The page of the documentation that is made from a self-test."""

    DOCS = Path(__file__).parents[2] / "docs"

    def test_up_to_date(self) -> None:
        """It says what the results beside it say; `python docs/fill.py` makes it so."""
        fill = runpy.run_path(str(self.DOCS / "fill.py"))["filled"]

        assert (self.DOCS / "testing.md").read_text(encoding="utf-8") == fill()

    def test_result(self) -> None:
        """The self-test is of the whole catalogue, and without complaint."""
        matrix = from_plain(json.loads((self.DOCS / "selftest.json").read_text(encoding="utf-8")))

        assert matrix.whole
        assert Conclusion.PASSES == matrix.conclusion

    def test_mutants(self) -> None:
        """Every mutant of the model, the judge and the reference dies, or is explained."""
        result = json.loads((self.DOCS / "mutation.json").read_text(encoding="utf-8"))

        assert [] == [one for one in result["survivors"] if not one["reason"]]
