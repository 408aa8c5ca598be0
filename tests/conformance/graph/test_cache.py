"""A graph on disk is used only while it is what was written, for what it was written for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.graph import cache
from waitctx.conformance.graph.bounds import Bounds
from waitctx.conformance.graph.cache import fingerprint, graph_of
from waitctx.conformance.graph.table import to_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from waitctx.conformance.graph.graph import Graph

SMALL = Bounds(name="small", words=("new", "free", "set", "get"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep graphs in a folder of the test's own."""
    monkeypatch.setenv("WAITCTX_CACHE", str(tmp_path))
    graph_of.cache_clear()
    return tmp_path / "graphs"


def get() -> Graph:
    """Ask for the small graph, as another process would."""
    graph_of.cache_clear()
    return graph_of(SMALL, "spec", ("new", "free", "set", "get"), capable=True)


def test_read_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the graph comes from the disk, and is the same."""
    first = get()
    (file,) = folder.iterdir()

    def explore(*_: object, **__: object) -> Graph:
        raise AssertionError("explored again")

    monkeypatch.setattr(cache, "explore", explore)
    second = get()

    assert ".graph" == file.suffix
    assert (to_bytes(first), fingerprint(first)) == (to_bytes(second), fingerprint(second))
    assert (first.clauses, first.readings, first.bounds) == (
        second.clauses,
        second.readings,
        second.bounds,
    )


@pytest.mark.parametrize("keep", [0, 10, 40, 300, -1])
def test_cut_file(folder: Path, keep: int) -> None:
    """A file that was cut is made anew."""
    wanted = to_bytes(get())
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])

    assert wanted == to_bytes(get())
    assert whole == file.read_bytes()


def test_altered_file(folder: Path) -> None:
    """So is one in which something was changed."""
    wanted = to_bytes(get())
    (file,) = folder.iterdir()
    whole = bytearray(file.read_bytes())
    whole[-20] ^= 1
    file.write_bytes(whole)

    assert wanted == to_bytes(get())


def test_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be kept, the graph is explored each time."""
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("WAITCTX_CACHE", str(blocked))

    assert get().nodes > 1
    assert b"" == blocked.read_bytes()


def test_forgets(folder: Path) -> None:
    """What nobody has read for a month goes when a new one comes; what was read stays."""
    get()
    (used,) = folder.iterdir()
    unused = folder / "0.graph"
    unused.write_bytes(b"")
    for one in (used, unused):
        os.utime(one, (0, 0))
    get()
    graph_of(SMALL, "openssl", ("new", "free"), capable=True)

    assert used in folder.iterdir()
    assert unused not in folder.iterdir()
    assert 2 == len(list(folder.iterdir()))
