"""Memory checkers: what they see that nothing else does, and at which operation."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from waitctx.conformance.adapters.base import MissingToolError, TargetError
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.adapters.tools import asan_runtime_of, find_asan, find_valgrind
from waitctx.conformance.programs import from_text

SOURCE: Final = Path(__file__).with_name("checked.c")
PROGRAMS: Final = tuple(
    map(
        from_text,
        (
            "new c0; get_status c0; free c0",
            "new c0; start j0 c0 null; set_status c0 1; return 1; get_status c0",
        ),
    )
)

PLACE: Final = "ASYNC_WAIT_CTX_set_status (checked.c:{})"

Built = Callable[..., str]


def has_asan() -> bool:
    """Tell whether libraries can be built with AddressSanitizer here, and run."""
    try:
        find_asan(SOURCE)
    except MissingToolError:
        return False
    return shutil.which("gcc") is not None


needs_asan = pytest.mark.skipif(not has_asan(), reason="there is no AddressSanitizer here")
needs_valgrind = pytest.mark.skipif(
    not shutil.which("valgrind"), reason="there is no valgrind here"
)


@pytest.fixture
def built(tmp_path: Path, libcrypto: str) -> Built:
    """Compile a libcrypto with a fault that shows in no answer."""

    def compile_library(fault: str, *options: str) -> str:
        path = str(tmp_path / f"{fault}.so")
        link = ("-Wl,--no-as-needed", libcrypto, "-ldl")
        command = ["gcc", "-shared", "-fPIC", "-g", "-w", f"-DFAULT={fault}", *options]
        subprocess.run([*command, str(SOURCE), "-o", path, *link], check=True)
        return path

    return compile_library


def faults(adapter: NativeAdapter) -> list[list[str]]:
    """Run the programs each in an instance of its own; give the faults at each operation."""
    seen = [adapter.run([program])[0] for program in PROGRAMS]
    return [[str(one.get("heap") or "") for one in each] for each in seen]


@needs_asan
class TestAddressSanitizer:
    """Its runtime is preloaded where the library needs it, and where it is asked for."""

    @pytest.mark.parametrize(
        ("fault", "kind", "line"),
        [
            ("STACK", "out of bounds: stack-buffer-overflow, 4 bytes written", 24),
            ("GLOBAL", "out of bounds: global-buffer-overflow, 4 bytes read", 26),
            ("AFTER", "used after free: heap-use-after-free, 4 bytes read", 32),
        ],
    )
    def test_built_for_it(self, built: Built, fault: str, kind: str, line: int) -> None:
        """In a library that is built for it each fault is told of its operation, in a job too."""
        path = built(fault, "-fsanitize=address")
        with closing(NativeAdapter.open(path, path)) as adapter:
            found = faults(adapter)

        assert [["", "", ""], ["", "", f"{kind} in {PLACE.format(line)}"]] == found
        assert adapter.ics.sanitized

    def test_no_fault(self, built: Built) -> None:
        """Where nothing is wrong nothing is found."""
        path = built("NOTHING", "-fsanitize=address")
        with closing(NativeAdapter.open(path, path)) as adapter:
            assert [[""] * 3, [""] * 5] == faults(adapter)

    def test_any_library(self, built: Built) -> None:
        """Of any other it sees what is wrong with blocks of memory; the program goes on."""
        path = built("TWICE")
        with (
            closing(NativeAdapter.open(path, path)) as plain,
            closing(plain.under("asan")) as adapter,
        ):
            found = faults(adapter)

        assert not adapter.ics.sanitized
        assert [f"freed twice: double-free in {PLACE.format(34)}"] == [
            one for one in found[1] if one
        ]
        assert 5 == len(found[1])


@needs_valgrind
@pytest.mark.slow
def test_valgrind(built: Built) -> None:
    """Valgrind sees a value that decides and was never written, in a library built as ever."""
    path = built("UNSET")
    with (
        closing(NativeAdapter.open(path, path)) as plain,
        closing(plain.under("valgrind")) as adapter,
    ):
        found = faults(adapter)

    expected = f"used before it was written: a value decides in {PLACE.format(27)}"
    assert [["", "", ""], ["", "", expected, "", ""]] == found


class TestMissing:
    """What is not there is told, with what to do."""

    def test_not_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A tool that is not installed is named."""
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(MissingToolError, match=r"^valgrind is not installed: install it"):
            find_valgrind(tmp_path)

    def test_objects(self) -> None:
        """Python objects are not for memory checkers."""
        with closing(PythonAdapter.open("waitctx.reference:AsyncLibrary")) as adapter:
            for tool in ("valgrind", "asan"):
                with pytest.raises(MissingToolError, match=r"is a Python object"):
                    adapter.under(tool)

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"\0libc.so.6\0", ""),
            (b"\0__asan_init\0libasan.so.8\0", "libasan.so.8"),
            (b"\0libclang_rt.asan-x86_64.so\0", "libclang_rt.asan-x86_64.so"),
        ],
    )
    def test_runtime(self, content: bytes, expected: str) -> None:
        """A library names the runtime that it needs."""
        assert expected == asan_runtime_of(content)

    def test_runtime_without_a_name(self) -> None:
        """One that needs a runtime and names none is refused with how to link it."""
        with pytest.raises(TargetError) as caught:
            asan_runtime_of(b"\0__asan_init\0")

        assert "-shared-libasan" in caught.value.hint
