"""``waitctx compare``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Run

pytestmark = pytest.mark.usefixtures("folder")

#: A run that is short, and does not depend on the clock.
FEW = ("--programs", 20, "--engine", "scenarios", "--engine", "random")


class TestTargets:
    """Two implementations."""

    def test_told_apart(self, run: Run) -> None:
        """The shortest program stands with both answers, and what the page says to each."""
        result = run("compare", "reference", "faulty:NoData")

        assert (1, "") == (result.exit_code, result.stderr)
        assert (
            "Told apart by  new c0; set c0 k0 1 d0 f0; get c0 k0\n"
            "\n"
            "    Operation          A                  B\n"
            "    new c0             ctx=new            ctx=new\n"
            "    set c0 k0 1 d0 f0  rc=1               rc=1\n"
            ">>  get c0 k0          rc=1 fd=1 data=d0  rc=1 fd=1 data=null\n"
            "\n"
            "A does what profile spec permits here.\n"
            "B goes against FD-GET-03 here.\n"
        ) == result.stdout[result.stdout.index("Told apart") :]

    @pytest.mark.slow
    def test_functions(self, run: Run) -> None:
        """Functions that only one has are a difference, and none but these is named."""
        result = run("compare", "faulty:Release11", "reference", "--budget", 0.2)

        assert 1 == result.exit_code
        assert (
            "Only B has  ASYNC_WAIT_CTX_get_callback\n"
            "            ASYNC_WAIT_CTX_get_status\n"
            "            ASYNC_WAIT_CTX_set_callback\n"
            "            ASYNC_WAIT_CTX_set_status\n"
        ) in result.stdout
        assert result.stdout.endswith(
            "\nNo program was found that both carry out and answer differently.\n"
        )

    @pytest.mark.slow
    def test_same(self, run: Run) -> None:
        """Two that do not differ end with exit code 0."""
        result = run("compare", "reference", "reference", "--budget", 0.2)

        assert 0 == result.exit_code


@pytest.mark.slow
class TestReports:
    """Two reports."""

    @pytest.fixture
    def reports(self, checked: Callable[..., bytes], folder: Path) -> tuple[Path, Path]:
        """Give a good report, and one with a failure."""
        paths = (folder / "good.json", folder / "bad.json")
        for path, target in zip(paths, ("Good", "NoData"), strict=True):
            path.write_bytes(checked(f"faulty:{target}", *FEW))
        return paths

    def test_flipped(self, run: Run, reports: tuple[Path, Path]) -> None:
        """The clause that flipped is told with the program that shows it."""
        good, bad = reports
        result = run("compare", good, bad)

        assert 1 == result.exit_code
        assert result.stdout.startswith(
            "Clause     Before  After  Title and evidence\nFD-GET-03  pass    fail   get gives the"
        )
        assert result.stdout.endswith(f"{good}, {bad}: 1 clause flipped\n")

    def test_same_seed(
        self, run: Run, reports: tuple[Path, Path], checked: Callable[..., bytes], folder: Path
    ) -> None:
        """Two runs with one seed and no bound of time differ in times alone."""
        good, again = reports[0], folder / "again.json"
        again.write_bytes(checked("faulty:Good", *FEW, "--report", "other.json"))
        result = run("compare", good, again)
        timed = ('"started":', '"seconds":', '"sha256":')
        lines = [
            [line for line in path.read_text().splitlines() if not line.strip().startswith(timed)]
            for path in (good, again)
        ]

        assert 0 == result.exit_code
        assert result.stdout.endswith(": the same but for times, host and how much was run\n")
        assert lines[0] == lines[1]

    def test_refused(self, run: Run, reports: tuple[Path, Path]) -> None:
        """A report with an implementation, or one that is damaged, cannot be compared."""
        good, bad = reports
        bad.write_bytes(bad.read_bytes()[:-100])

        assert (2, 2) == (
            run("compare", good, "reference").exit_code,
            (refused := run("compare", good, bad)).exit_code,
        )
        assert "bad.json was cut short or altered" in refused.stderr
