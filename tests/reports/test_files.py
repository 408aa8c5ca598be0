"""Files that are either whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from waitctx.reports.files import UnwritableError, aside


def test_takes_its_place_at_the_end(tmp_path: Path) -> None:
    """Until the block has ended, an older file of that name stays."""
    path = tmp_path / "r é.json"
    path.write_text("old")
    with aside(path) as file:
        file.write("new")
        during = path.read_text()

    assert ("old", "new") == (during, path.read_text())
    assert [path] == list(tmp_path.iterdir())


@pytest.fixture(params=["here", "elsewhere"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the file system has files without a name, or says what one says that has none."""
    if request.param == "elsewhere":
        monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)
    return str(request.param)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("old", ["", "old"])
def test_has_no_name_before(tmp_path: Path, old: str) -> None:
    """Who is killed while a file is written leaves none: it gets its name when it is whole."""
    path = tmp_path / "r.json"
    if old:
        path.write_text(old)
    with aside(path) as file:
        file.write("new ü\n")
        file.flush()
        during = [one.read_text() for one in tmp_path.iterdir()]

    assert ([old] if old else [], "new ü\n") == (during, path.read_text())
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    """A block that ends with an exception, of whatever kind, leaves no file."""

    def interrupted() -> None:
        with aside(tmp_path / "r.json") as file:
            file.write("half")
            raise error

    with pytest.raises(error):
        interrupted()

    assert [] == list(tmp_path.iterdir())


def test_a_link_is_followed(tmp_path: Path) -> None:
    """What a link points at is replaced, not the link."""
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    with aside(link) as file:
        file.write("new")

    assert (True, "new") == (link.is_symlink(), real.read_text())


@pytest.mark.usefixtures("kind")
def test_permissions_are_ordinary(tmp_path: Path) -> None:
    """The file may be read by whom the user's mask lets read it."""
    path, ordinary = tmp_path / "r.json", tmp_path / "ordinary"
    ordinary.touch()
    with aside(path):
        pass

    assert ordinary.stat().st_mode == path.stat().st_mode


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is a directory"),
        ("none/r.json", "No such file or directory"),
        ("file/r.json", "Not a directory"),
    ],
)
def test_known_from_the_start(tmp_path: Path, name: str, reason: str) -> None:
    """Where no file can be made, the block is not begun."""
    path = tmp_path / name
    (tmp_path / "file").touch()
    with pytest.raises(UnwritableError) as caught, aside(path):
        pytest.fail("begun")

    assert f"{path} cannot be written: {reason}" == str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_no_ordinary_file() -> None:
    """A device is written straight away, and complains at the end."""
    with pytest.raises(UnwritableError, match="No space left"), aside(Path("/dev/full")) as file:
        file.write("new")

    assert Path("/dev/full").is_char_device()


def test_a_pipe() -> None:
    """What a name such as ``/dev/stdout`` leads to may be a pipe."""
    reading, writing = os.pipe()
    with aside(Path(f"/dev/fd/{writing}")) as file:
        file.write("new")
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert "new" == pipe.read()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_forbidden(tmp_path: Path) -> None:
    """A folder that may not be written to is known from the start, too."""
    tmp_path.chmod(0o500)
    with pytest.raises(UnwritableError, match="Permission denied"), aside(tmp_path / "r.json"):
        pytest.fail("begun")
