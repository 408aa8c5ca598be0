"""Memory checkers that a worker can run under: valgrind, and AddressSanitizer's runtime.

They see what guard pages cannot: values that were never written, and, in a library that is built
for it, arrays on the stack and global ones.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from ctypes.util import find_library
from typing import TYPE_CHECKING, Final, Protocol

from attrs import frozen

from .base import MissingToolError, TargetError
from .tool_reports import asan_faults, valgrind_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .tool_reports import Fault


class Tool(Protocol):
    """A memory checker, ready to be used."""

    @property
    def name(self) -> str:
        """What users call it."""

    @property
    def slower(self) -> float:
        """How much longer everything may take."""

    def command(self, notes: int) -> Sequence[str]:
        """Give what stands before the worker's command; the checker writes to that descriptor."""

    def environment(self) -> dict[str, str]:
        """Give the variables that it needs."""

    def faults(self, notes: str) -> list[Fault]:
        """Give what it has found in a piece of what it has written."""


@frozen
class Valgrind:
    """The worker runs on valgrind's machine, and so do the processes that it forks."""

    path: str
    name: str = "valgrind"
    slower: float = 20.0

    def command(self, notes: int) -> Sequence[str]:
        """Give valgrind's own, up to the program."""
        return (
            *(self.path, "--tool=memcheck", "--quiet", "--xml=yes", f"--xml-fd={notes}"),
            *("--leak-check=no", "--undef-value-errors=yes", "--partial-loads-ok=yes"),
            # Jobs stand on stacks of their own, which it is not told of.
            *("--max-stackframe=67108864", "--child-silent-after-fork=no", "--num-callers=30"),
        )

    def environment(self) -> dict[str, str]:
        """Let Python ask for each block of memory, so that none looks used."""
        return {"PYTHONMALLOC": "malloc"}

    def faults(self, notes: str) -> list[Fault]:
        """Read its XML."""
        return valgrind_faults(notes)


@frozen
class AddressSanitizer:
    """Its runtime is preloaded, for a library that is built for it, or just for its malloc."""

    runtime: str
    name: str = "asan"
    slower: float = 3.0

    def command(self, _: int) -> Sequence[str]:
        """Give nothing: the worker is started as ever."""
        return ()

    def environment(self) -> dict[str, str]:
        """Let it tell of each fault and go on where it can, and leave signals to the driver."""
        options = (
            *("halt_on_error=0", "abort_on_error=0", "exitcode=1", "detect_leaks=0"),
            *("handle_segv=0", "handle_sigbus=0", "handle_abort=0", "handle_sigill=0"),
            *("handle_sigfpe=0", "use_sigaltstack=0", "allow_user_segv_handler=1"),
            # Jobs change stacks under it.
            *("detect_stack_use_after_return=0", "detect_odr_violation=0"),
            *("allocator_may_return_null=1", "verify_asan_link_order=0"),
        )
        ours = ":".join(options)
        theirs = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": self.runtime, "ASAN_OPTIONS": f"{theirs}:{ours}".lstrip(":")}

    def faults(self, notes: str) -> list[Fault]:
        """Read its reports."""
        return asan_faults(notes)


#: What a library that is built with AddressSanitizer says it needs.
_RUNTIME: Final = re.compile(rb"\0(lib(?:asan\.so\.\d+|clang_rt\.asan[-\w]*\.so))\0")


def find_valgrind(_: Path) -> Tool:
    """Find valgrind.

    Raises:
        MissingToolError: it is not installed.
    """
    path = shutil.which("valgrind")
    if path is None:
        raise MissingToolError("valgrind is not installed: install it where PATH has it")
    return Valgrind(path)


def find_asan(library: Path) -> Tool:
    """Find the runtime that a library wants, or else any.

    Raises:
        MissingToolError: there is none.
    """
    wanted = asan_runtime_of(library.read_bytes())
    if wanted:
        return AddressSanitizer(wanted)
    runtime = find_library("asan") or _ask_compiler("libasan.so")
    if runtime is None:
        raise MissingToolError(
            "AddressSanitizer's runtime is not installed: install libasan, which comes with gcc"
        )
    return AddressSanitizer(runtime)


def asan_runtime_of(library: bytes) -> str:
    """Give the name of the runtime that a library needs; empty when it needs none.

    Raises:
        TargetError: it was linked to a runtime of its own, which has to be the program's.
    """
    found = _RUNTIME.search(library)
    if found:
        return found[1].decode()
    if b"\0__asan_init\0" in library:
        raise TargetError(
            "the library was built with AddressSanitizer and does not say which runtime it needs",
            "Link it with -shared-libasan (clang), so that it names the runtime.",
        )
    return ""


def _ask_compiler(name: str) -> str | None:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    asked = [compiler, f"-print-file-name={name}"]
    try:
        run = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    path = run.stdout.strip()
    return path if os.path.isabs(path) and os.path.exists(path) else None  # noqa: PTH110, PTH117 - a text is wanted


#: How each is found for a library.
TOOLS: Final[dict[str, Callable[[Path], Tool]]] = {"valgrind": find_valgrind, "asan": find_asan}
