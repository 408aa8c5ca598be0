"""Where fakes come from, and which of them are chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.selftest_fakes import FakesError, build, listed, select
from waitctx.reports.kill_matrix import Fake

MODULE = """\
import json, sys
print(json.dumps({catalogue}))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder, whose modules can be named."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(name: str = "a", **other: object) -> dict[str, object]:
    """Give a fake as a catalogue prints it."""
    return {
        "name": name,
        "family": "c",
        "kind": "fault",
        "says": "",
        "clauses": ["FD-GET-01"],
    } | other


class TestListed:
    """The catalogue."""

    def test_fields(self, folder: Path) -> None:
        """Every field arrives; those that are not known here are left alone."""
        (folder / "mine.py").write_text(MODULE.format(catalogue=[plain(profile="openssl", x=1)]))

        expected = Fake("a", "c", "fault", "", ("FD-GET-01",), profile="openssl")
        assert (expected,) == listed(load(), "mine")

    @pytest.mark.parametrize(
        ("catalogue", "message"),
        [
            ([plain(), plain()], "c/a is there twice"),
            ([plain(clauses=["FD-X-01"])], "c/a violates FD-X-01, which is no clause"),
            ([plain(clauses=[])], "c/a does not say which clause it violates"),
            ([plain(kind="odd")], "the catalogue of mine is not sound: "),
            ([{"name": "a"}], "the catalogue of mine is not sound: "),
            (7, "the catalogue of mine is not sound: "),
        ],
    )
    def test_not_sound(self, folder: Path, catalogue: object, message: str) -> None:
        """A catalogue that is not sound is refused with the place."""
        (folder / "mine.py").write_text(MODULE.format(catalogue=catalogue))

        with pytest.raises(FakesError) as caught:
            listed(load(), "mine")
        assert str(caught.value).startswith(message)

    @pytest.mark.usefixtures("folder")
    def test_no_module(self) -> None:
        """A module that is missing is told with what to do."""
        with pytest.raises(FakesError, match="nowhere cannot list its fakes: ") as caught:
            listed(load(), "nowhere")

        assert "Run `python -m nowhere list` to see what it says." == caught.value.hint


class TestBuild:
    """Compiling."""

    def test_paths(self, folder: Path) -> None:
        """Each name gets its path, and each is told as soon as it is there."""
        (folder / "mine.py").write_text(
            "import sys\nfor one in sys.argv[2:]: print(f'/x/{one}.so')\n"
        )
        told: list[int] = []

        assert {"a": "/x/a.so", "b": "/x/b.so"} == build(["a", "b"], "mine", told.append)
        assert [1, 2] == told

    def test_fails(self, folder: Path) -> None:
        """What cannot be compiled is told by the last line, and how to do without."""
        (folder / "mine.py").write_text("print('/x/a.so')\nraise SystemExit('cc: not found')\n")

        with pytest.raises(FakesError) as caught:
            build(["a", "b"], "mine")
        assert "the fakes in C cannot be compiled: cc: not found" == str(caught.value)
        assert "--family python" in caught.value.hint

    def test_nothing(self) -> None:
        """Where nothing is to be compiled nobody is asked."""
        assert {} == build([], "nowhere")


class TestSelect:
    """Which fakes are run."""

    FAKES = (
        Fake("key-lost", "python", "fault", "", ("FD-GET-01",)),
        Fake("key-lost", "c", "fault", "", ("FD-GET-01",)),
        Fake("sorted", "c", "variant", ""),
    )

    @pytest.mark.parametrize(
        ("patterns", "family", "expected"),
        [
            ((), "", "python/key-lost c/key-lost c/sorted"),
            ((), "c", "c/key-lost c/sorted"),
            (("key-*",), "", "python/key-lost c/key-lost"),
            (("c/key-lost",), "", "c/key-lost"),
            (("FD-GET-*",), "python", "python/key-lost"),
            (("sorted", "key-lost"), "c", "c/key-lost c/sorted"),
        ],
    )
    def test_patterns(self, patterns: tuple[str, ...], family: str, expected: str) -> None:
        """A pattern is a name, one with its family, or a clause; all of them count together."""
        assert expected.split() == [one.label for one in select(self.FAKES, patterns, family)]

    @pytest.mark.parametrize(
        ("pattern", "hint"),
        [("key-last", "Did you mean key-lost?"), ("zzz", "Name a fake or a clause.")],
    )
    def test_unknown(self, pattern: str, hint: str) -> None:
        """A pattern that names none is refused with those that are alike."""
        with pytest.raises(FakesError, match=pattern) as caught:
            select(self.FAKES, [pattern])

        assert caught.value.hint.startswith(hint[:20])


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler here")
def test_real_catalogue() -> None:
    """The fakes that come with waitctx can be listed and compiled."""
    fakes = listed(load())
    names = [one.name for one in select(fakes, ["FD-CLEAR-04"], "c")][:1]

    assert {"c", "python"} == {one.family for one in fakes}
    assert all(Path(path).is_file() for path in build(names).values())
