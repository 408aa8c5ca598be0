"""Memory that is watched: what libraries do to it is told at the operation, and nothing else is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.observations import DENIED, DIED, HEAP
from waitctx.conformance.programs import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.conformance.observations import Observation

Open = Callable[[str], NativeAdapter]

SOURCE = Path(__file__).with_name("heap.c")
SET = "new c0; set c0 k0 1 d0 null"
WHOLE = f"{SET}; free c0; leaks"


@pytest.fixture(scope="session")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Compile the small library with a fault, and give its path."""
    folder = tmp_path_factory.mktemp("heap")

    def build(fault: str) -> str:
        path = folder / f"{fault}.so"
        if not path.exists():
            command = ["cc", "-shared", "-fPIC", "-w", "-O0", "-pthread", f"-DFAULT={fault}"]
            subprocess.run([*command, str(SOURCE), "-o", str(path)], check=True)
        return str(path)

    return build


@pytest.fixture
def watched(libraries: Callable[[str], str]) -> Iterator[Open]:
    """Open the small library where its memory is watched."""
    opened: list[NativeAdapter] = []

    def open_library(fault: str) -> NativeAdapter:
        opened.append(NativeAdapter.open(libraries(fault), fault, watched=True))
        return opened[-1]

    yield open_library
    for adapter in opened:
        adapter.close()


def answers(adapter: NativeAdapter, text: str) -> list[Observation]:
    """Give what a program was answered."""
    return list(adapter.run([from_text(text)])[0])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("TWICE", "freed twice: a block of 40 bytes"),
        ("STRANGER", "freed what is no block"),
        ("PART", "freed what is no block"),
        ("AFTER_READ", "used after free: byte 3 of a block of 40"),
        ("AFTER_WRITE", "used after free: byte 3 of a block of 40"),
        ("OVER", "out of bounds: byte 25 of a block of 24"),
        ("UNDER", "out of bounds: byte -2 of a block of 24"),
        ("OVER_PAGE", "out of bounds: byte 32 of a block of 24"),
    ],
)
def test_faults_are_told(watched: Open, fault: str, said: str) -> None:
    """A wrong use of memory is told at the operation that it belongs to; the program goes on."""
    new, wrong, free, left = answers(watched(fault), WHOLE)

    assert ("ctx=new", "-") == (str(new), str(free))
    assert {"rc": 1, HEAP: said} == dict(wrong.answers)
    assert "blocks=0 bytes=0" == str(left)


def test_context_that_is_gone(watched: Open) -> None:
    """A cleanup routine that gets a context whose memory was freed is a use of it."""
    said = answers(watched("GONE"), "new c0; set c0 k0 1 d0 f0; free c0")[-1]

    assert "used after free: byte 0 of a block of 16" == said.get(HEAP)


@pytest.mark.parametrize(
    "fault", ["NOTHING", "ALIGNED", "ZERO", "MOVES", "FRESH", "CACHE", "THREAD", "HUGE"]
)
def test_nothing_is_told_of_the_rest(watched: Open, fault: str) -> None:
    """Aligned, cleared, moved, huge and cached blocks work as ever, and are no leak."""
    assert ["ctx=new", "rc=1", "-", "blocks=0 bytes=0"] == list(
        map(str, answers(watched(fault), WHOLE))
    )


@pytest.mark.parametrize(
    ("fault", "text", "said"),
    [
        ("LEAK", WHOLE, "blocks=1 bytes=24"),
        ("LEAK", f"new c0; {'set c0 k0 1 d0 null; ' * 3} free c0; leaks", "blocks=3 bytes=72"),
        ("GROWS", WHOLE, "blocks=0 bytes=8"),
        ("SELDOM", f"new c0; {'set c0 k0 1 d0 null; ' * 2} free c0; leaks", "blocks=1 bytes=24"),
    ],
)
def test_leaks_are_counted(watched: Open, fault: str, text: str, said: str) -> None:
    """What a program leaves each time that it is run is told exactly."""
    assert said == str(answers(watched(fault), text)[-1])


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, ["-", "ctx=null denied=16"]),
        (2, ["-", "ctx=null denied=24"]),
        (3, ["-", "ctx=new"]),
    ],
)
def test_denied(watched: Open, number: int, expected: list[str]) -> None:
    """The request with the number that was asked for is denied, and no other."""
    seen = answers(watched("NOTHING"), f"fail_alloc {number}; new c0")

    assert expected == list(map(str, seen))


def test_denied_once(watched: Open) -> None:
    """After the one that was denied all are granted."""
    text = "fail_alloc 1; new c0; new c0; free c0; leaks"

    assert ["-", "ctx=null denied=16", "ctx=new", "-", "blocks=0 bytes=0"] == list(
        map(str, answers(watched("NOTHING"), text))
    )


def test_death_tells_of_denial(watched: Open) -> None:
    """A library that dies for lack of memory is told by what it was denied, too."""
    seen = answers(watched("UNCHECKED"), "fail_alloc 1; new c0")

    assert ["-", "died=SIGSEGV at 0x0 denied=16"] == list(map(str, seen))


def test_far_too_much(watched: Open) -> None:
    """A library that asks for more than any machine has is told, though it may do without."""
    (_, seen, *_) = answers(watched("GREED"), WHOLE)

    assert "died=asked for far too much memory" == str(seen)


def test_programs_do_not_share(watched: Open) -> None:
    """What one program did wrong is not told of the next."""
    wrong, fine = watched("TWICE").run([from_text(WHOLE), from_text("new c0; free c0; leaks")])

    assert wrong[1].get(HEAP) is not None
    assert ["ctx=new", "-", "blocks=0 bytes=0"] == list(map(str, fine))


def test_many_programs(watched: Open) -> None:
    """The watch holds through thousands of programs in one process."""
    seen = watched("NOTHING").run([from_text(WHOLE)] * 3_000)

    assert {("ctx=new", "rc=1", "-", "blocks=0 bytes=0")} == {tuple(map(str, one)) for one in seen}


def test_not_watched(libraries: Callable[[str], str]) -> None:
    """Without the watch the harness's own operations cannot be carried out."""
    adapter = NativeAdapter.open(libraries("NOTHING"), "library")
    try:
        assert [(), ()] == adapter.run([from_text("leaks"), from_text("fail_alloc 1")])
    finally:
        adapter.close()


def test_watched_again(libraries: Callable[[str], str]) -> None:
    """An adapter opens its library once more, with the same identity, where memory is watched."""
    adapter = NativeAdapter.open(libraries("LEAK"), "library")
    other = adapter.watched()
    try:
        assert (adapter.identity, adapter.ics) == (other.identity, other.ics)
        assert "blocks=1 bytes=24" == str(answers(other, WHOLE)[-1])
    finally:
        adapter.close()
        other.close()


def test_objects_are_not_watched() -> None:
    """A Python object's memory is Python's."""
    adapter = PythonAdapter.open("waitctx.reference:AsyncLibrary")

    try:
        assert not adapter.ics.watchable
        with pytest.raises(TargetError, match="is Python's"):
            adapter.watched()
    finally:
        adapter.close()


def test_real_library_leaves_nothing(libcrypto: str) -> None:
    """A real libcrypto gives everything back, with jobs and without."""
    adapter = NativeAdapter.open(libcrypto, "openssl", watched=True)
    texts = [
        "new c0; set c0 k0 1 d0 f0; set c0 k1 2 d0 f0; clear c0 k0; free c0; leaks",
        "new c0; start j0 c0 a5; pause; resume j0 c0; return 1; free c0; leaks",
        "init_thread 2 1; new c0; start j0 c0 a5; return 1; free c0; cleanup_thread; leaks",
        "new c0; fail_alloc 1; set c0 k0 1 null null; set c0 k0 1 null null; free c0; leaks",
    ]
    try:
        seen = adapter.run(list(map(from_text, texts)))
    finally:
        adapter.close()

    assert {"blocks=0 bytes=0"} == {str(one[-1]) for one in seen}
    assert 0 == seen[3][2].get("rc")


def test_deadly_free(build: Callable[..., str]) -> None:
    """Memory is denied to a library too that dies of every free, and each free is told."""
    path = build("-DFAULT=CRASH_FREE")
    adapter = NativeAdapter.open(path, path, watched=True)
    with closing(adapter):
        (first,) = adapter.run([from_text("fail_alloc 1; new c0")])
        (second,) = adapter.run([from_text("new c0; fail_alloc 1; new c1; free c0")])

    assert "null" == first[-1].get("ctx")
    assert ["null", None] == [one.get("ctx") for one in second[2:]]
    assert second[2].get(DENIED) is not None
    assert str(second[3].get(DIED)).startswith("SIGSEGV")
