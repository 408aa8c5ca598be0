"""``waitctx check`` without options: the amount of work is fixed, whatever the clock says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.conformance.plan import STANDARD

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

#: Lines of a report that tell when it was made, how long it took, and its own digest.
TIMED = ('"started":', '"seconds":', '"sha256":')


@pytest.fixture
def less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a standard run be over soon."""
    little = evolve(STANDARD, programs=20, walks=100, operations=20_000)
    monkeypatch.setattr("waitctx.conformance.plan.STANDARD", little)


def lines(path: Path) -> list[str]:
    """Give what a report says, but for times."""
    return [one for one in path.read_text().splitlines() if not one.strip().startswith(TIMED)]


@pytest.mark.slow
@pytest.mark.usefixtures("less")
@pytest.mark.parametrize("engines", [("exhaustive", "walker"), ("scenarios", "races", "random")])
def test_two_runs(run: Run, tmp_path: Path, libcrypto: str, engines: tuple[str, ...]) -> None:
    """Two runs with one seed give one report."""
    paths = tmp_path / "one.json", tmp_path / "two.json"
    chosen = [word for name in engines for word in ("--engine", name)]
    codes = {run("check", libcrypto, *chosen, "--report", path).exit_code for path in paths}

    assert codes == {0}
    assert lines(paths[0]) == lines(paths[1])


@pytest.mark.slow
@pytest.mark.usefixtures("less")
def test_two_runs_that_fail(run: Run, folder: Path) -> None:
    """So do two runs on an implementation with a fault, whose failure is the same too."""
    paths = folder / "one.json", folder / "two.json"
    chosen = ("--engine", "scenarios", "--engine", "random")
    codes = {run("check", "faulty:NoData", *chosen, "--report", path).exit_code for path in paths}

    assert codes == {1}
    assert lines(paths[0]) == lines(paths[1])


@pytest.mark.slow
def test_command(run: Run) -> None:
    """How to run it again names no budget, unless there was one."""
    said = [
        run("check", "reference", "--engine", "scenarios", *more).stdout
        for more in ((), ("--budget", 1), ("--programs", 2))
    ]
    again = [next(line for line in one.splitlines() if "Run again" in line) for one in said]

    assert [one.rpartition("--seed 0")[2] for one in again] == [
        " --engine scenarios",
        " --budget 1 --engine scenarios",
        " --programs 2 --engine scenarios",
    ]
