"""``waitctx matrix``."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.matrix import Settings
from waitctx.reports import matrix_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from waitctx.conformance.matrix_file import Target

    from .conftest import Run

pytestmark = pytest.mark.usefixtures("folder")

TEXT = """\
title = "Two"
[[target]]
name = "good"
target = "reference"
[[target]]
name = "bad"
target = "faulty:NoData"
[[target]]
name = "lost"
target = "./no.so"
"""


@pytest.fixture
def path(folder: Path) -> Path:
    """Give a matrix file."""
    path = folder / "m.toml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each check be by one engine: that is quick, and all that these faults need."""
    arguments = Settings.arguments

    def fewer(settings: Settings, target: Target) -> list[str]:
        return ["--engine", "random", *arguments(settings, target)]

    monkeypatch.setattr(Settings, "arguments", fewer)


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_all(run: Run, path: Path, folder: Path) -> None:
    """Everything is checked, told in a table, and written in each form; then what has flipped."""
    files = [folder / f"m.{kind}" for kind in ("json", "html", "md", "svg")]
    reports = [word for file in files for word in ("--report", file)]
    result = run("matrix", path, "--programs", 15, *reports)

    assert (1, "") == (result.exit_code, result.stderr)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["Implementation", "Verdict", "Passes", "Because"] == lines[0]
    assert ["good", "conforms"] == lines[1][:2]
    assert ["bad", "does", "not", "conform"] == lines[2][:4]
    assert "FD-GET-03" == lines[2][-1]
    assert result.stdout.endswith(
        "Two: of 3, 1 conforms, 1 does not conform, 1 could not be checked\n"
    )
    assert all(file.stat().st_size for file in files)

    (folder / "faulty.py").write_text("from waitctx.reference import AsyncLibrary as NoData\n")
    result = run("matrix", path, "bad", "--programs", 15, "--history", files[0])
    assert 0 == result.exit_code
    assert ["bad", "FD-GET-03", "fail", "pass"] in map(str.split, result.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_not_checked(run: Run, path: Path) -> None:
    """One that cannot be checked is a 2 if none is wrong."""
    result = run("matrix", path, "good", "lost", "--programs", 15, "-q")

    assert (2, "Two: of 2, 1 conforms, 1 could not be checked\n") == (
        result.exit_code,
        result.stdout,
    )


def test_refused(run: Run, path: Path, folder: Path) -> None:
    """What cannot be done is said in a line, and nothing is left."""
    (folder / "r.json").write_text("{}")
    wrong = [
        (("none.toml",), "none.toml cannot be read: No such file or directory."),
        ((path, "other"), "no target fits other: there are good, bad, lost."),
        ((path, "--report", folder / "m.txt"), "does not tell its kind"),
        ((path, "--history", folder / "r.json"), "r.json is no matrix"),
    ]
    for arguments, said in wrong:
        result = run("matrix", *arguments)
        assert (2, "") == (result.exit_code, result.stdout)
        assert said in result.stderr
    assert {"faulty.py", "m.toml", "r.json"} == {one.name for one in folder.iterdir()}


@pytest.mark.slow
def test_interrupted(
    path: Path, folder: Path, wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """Ctrl-C ends with a matrix of what was done so far."""
    path.write_text(TEXT.replace('"reference"', '"faulty:Telling"'))
    command = [sys.executable, "-m", "waitctx", "matrix", str(path), "good", "lost"]
    command += ["--budget", "3600", "--report", "m.json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        wait_until((folder / "running").exists)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()

    matrix = matrix_document.read(folder / "m.json")
    assert 2 == process.returncode
    assert said.endswith("Two: of 2, 2 could not be checked\n")
    assert not list(folder.glob(".waitctx-*.part"))
    assert matrix.interrupted
    assert {"good", "lost"} == {one.name for one in matrix.columns}
