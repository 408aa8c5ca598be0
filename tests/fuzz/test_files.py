"""Files that are none, or have no end, on the command line: one line, exit code 2, nothing left."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner, Result

from waitctx.conformance.cli import main

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

Run = Callable[..., Result]

#: What is only read, and refuses a file before anything else is done.
READING: Final = (
    ("judge",),
    ("replay",),
    ("reproduce",),
    ("compare", "report.json"),
    ("check", "reference", "--known-failures"),
    ("known-failures", "update"),
    ("check", "reference", "--resume"),
)
CONTENTS: Final = {
    "empty": b"",
    "nul": b"\0" * 1000,
    "deep": b"[" * 100_000,
    "deeper": b'{"a":' * 100_000,
    "broken": b"\xff\xfe{}",
    "surrogate": b'{"format": "\\ud800"}',
    "bidi": "\u202e{}".encode(),
    "number": b'{"format": "waitctx-report", "schema": {"major": 1e999}}',
    "digits": b"1" * 100_000,
    "line": b"a" * (11 << 20),
    "trace": b'{"format": "waitctx-trace", "version": 1, "profile": ["x"], "capable": true}\n',
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readers: ModuleType) -> Path:
    """Go to a folder with one sound report in it."""
    (tmp_path / "report.json").write_bytes(readers.seed("report"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Give the command line, in this process."""

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(one) for one in arguments], prog_name="waitctx")

    return run


def is_refused(result: Result) -> bool:
    """Tell whether there is one line that says what is wrong, and no fault of ours."""
    said = result.stderr
    return (
        (2, "") == (result.exit_code, result.stdout)
        and said.startswith("waitctx: ")
        and said.count("\n") == 1
        and said.rstrip("\n").isprintable()
        and "fault in waitctx" not in said
    )


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_contents(run: Run, folder: Path, command: tuple[str, ...], name: str) -> None:
    """What is no file of ours is refused, whatever is in it."""
    if (command[-1], name) in {("--known-failures", "empty"), ("update", "empty")}:
        pytest.skip("an empty list is sound: nothing is known")
    path = folder / f"{name}.json"
    path.write_bytes(CONTENTS[name])

    assert is_refused(run(*command, path))
    assert CONTENTS[name] == path.read_bytes()
    assert {"report.json", path.name} == {one.name for one in folder.iterdir()}


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_special(run: Run, folder: Path, command: tuple[str, ...]) -> None:
    """So is what has no end, is no file, or is not there."""
    (folder / "zero.json").symlink_to("/dev/zero")
    (folder / "loop.json").symlink_to("loop.json")
    (folder / "folder.json").mkdir()
    before = sorted(folder.iterdir())
    names = ["zero.json", "folder.json", f"{'x' * 300}.json", "none/x.json"]
    if command[-1] != "update":  # which takes the place of such a link
        names.append("loop.json")

    for name in names:
        assert is_refused(run(*command, name)), name
    assert before == sorted(folder.iterdir())


@pytest.mark.parametrize("option", ["--report", "--trace"])
def test_nowhere_to_write(run: Run, folder: Path, option: str) -> None:
    """Where nothing can be written that is told, and no piece of a file stays behind."""
    (folder / "full.json").symlink_to("/dev/full")
    (folder / "dangling.json").symlink_to("none/x.json")
    (folder / "folder.json").mkdir()
    before = sorted(folder.iterdir())
    check = ("check", "reference", "--engine", "random", "--programs", 1, "-q", "--in-process")
    for name in ("full.json", "dangling.json", "folder.json", "none/x.json", f"{'x' * 300}.json"):
        result = run(*check, option, name)

        assert 2 == result.exit_code
        assert f"{name} cannot be written: " in result.stderr
        assert "Name a file in a folder that you may write to.\n" in result.stderr
        assert "Traceback" not in result.output
    assert before == sorted(folder.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only(run: Run, folder: Path) -> None:
    """So it is in a folder that may not be written to, and with a file that may not be read."""
    (folder / "secret.json").touch(0o000)
    folder.chmod(0o500)

    assert is_refused(run("known-failures", "update", "new.toml", "reference"))
    for command in READING:
        assert is_refused(run(*command, "secret.json"))
