"""What memory checkers have written, in the words in which faults with memory are told.

The driver marks programs and operations in the same file (`native/notes.c`), so each finding has
the operation after whose predecessor's mark it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from attrs import evolve, frozen

from waitctx.conformance.heap import HeapFault
from waitctx.conformance.observations import DIED, HEAP, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .base import Observations

_PROGRAM: Final = "<waitctx-program/>"
_OPERATION: Final = "<waitctx-operation/>"


@frozen
class Fault:
    """Something that a memory checker has found."""

    kind: HeapFault
    text: str
    """More about it, without addresses: it is the same in each run."""
    wild: bool = False
    """Whether it is about an address that belongs to nothing; the process may just die of it."""
    ending: str = ""
    """How the process ends, if the checker ends it."""

    def __str__(self) -> str:
        """Give it as observations have it."""
        return f"{self.kind.value}: {self.text}"


def explained(
    seen: Sequence[Observations], notes: str, faults: Callable[[str], Iterable[Fault]]
) -> list[Observations]:
    """Add to each observation the first fault that was found during its operation.

    What was found while a program's leftovers were freed goes to its last operation.
    """
    programs = notes.split(_PROGRAM)[1:]
    pieces = programs + [""] * (len(seen) - len(programs))
    return [_explain(one, piece, faults) for one, piece in zip(seen, pieces, strict=False)]


def _explain(
    seen: Observations, notes: str, faults: Callable[[str], Iterable[Fault]]
) -> Observations:
    changed = list(seen)
    for place, piece in enumerate(notes.split(_OPERATION)):
        at = min(place, len(changed) - 1)
        if at < 0:
            break
        dead = changed[at].get(DIED) is not None
        found = [one for one in faults(piece) if not (one.wild and dead)]
        if found and changed[at].get(HEAP) is None:
            changed[at] = _with_fault(changed[at], found[0])
    return tuple(changed)


def _with_fault(seen: Observation, fault: Fault) -> Observation:
    answers = dict(seen.answers)
    if DIED in answers and fault.ending:
        answers[DIED] = fault.ending
    return evolve(seen, answers=(*answers.items(), (HEAP, str(fault))))


# -- valgrind --------------------------------------------------------------------------------------

_ERROR: Final = re.compile(r"<error>.*?</error>", re.DOTALL)
_ACCESS: Final = {"InvalidRead": "read", "InvalidWrite": "written", "InvalidJump": "run"}
_INSIDE: Final = re.compile(r"is ([\d,]+) bytes inside .*?block of size ([\d,]+) free'd")
_BESIDE: Final = re.compile(r"is ([\d,]+) bytes (before|after) .*?block of size ([\d,]+) ")


def valgrind_faults(notes: str) -> list[Fault]:
    """Give the faults in a piece of valgrind's XML."""
    found = []
    for text in _ERROR.findall(notes):
        try:
            error = fromstring(text)  # noqa: S314 - expat refuses entities that it was not told of
        except ParseError:  # cut off where the process died
            continue
        fault = _valgrind_fault(error)
        if fault is not None:
            found.append(fault)
    return found


def _valgrind_fault(error: Element) -> Fault | None:
    kind = error.findtext("kind", "")
    more = error.findtext("auxwhat", "")
    where = _where(error)
    if kind in _ACCESS:
        return _valgrind_access(_ACCESS[kind], more, where)
    if kind == "InvalidFree":
        twice = "free'd" in more
        fault = HeapFault.FREED_TWICE if twice else HeapFault.FREED_NO_BLOCK
        return Fault(fault, f"found by valgrind{where}")
    if kind == "MismatchedFree":
        return Fault(HeapFault.FREED_NO_BLOCK, f"freed by a function of another kind{where}")
    if kind in {"UninitCondition", "UninitValue", "UninitJump"}:
        return Fault(HeapFault.NEVER_WRITTEN, f"a value decides{where}")
    if kind == "SyscallParam":
        inside = where or ", an answer"
        return Fault(HeapFault.NEVER_WRITTEN, f"a value is given away{inside}")
    if kind == "Overlap":
        return Fault(HeapFault.OUT_OF_BOUNDS, f"source and destination overlap{where}")
    return None


def _valgrind_access(how: str, more: str, where: str) -> Fault:
    if inside := _INSIDE.search(more):
        place, size = inside.groups()
        return Fault(
            HeapFault.USED_AFTER_FREE, f"byte {place} of a block of {size} is {how}{where}"
        )
    if beside := _BESIDE.search(more):
        far, side, size = beside.groups()
        text = f"{far} bytes {side} a block of {size} is {how}{where}"
        return Fault(HeapFault.OUT_OF_BOUNDS, text)
    return Fault(HeapFault.OUT_OF_BOUNDS, f"what is no memory is {how}{where}", wild=True)


#: Not where a fault is, but what it was done with.
_HELPERS: Final = ("vgpreload", "vg_replace", "libc.so", "libc-", "_driver")


def _where(error: Element) -> str:
    """Say in which function it was; nothing if it was in none of the library's."""
    stack = error.find("stack")
    for frame in () if stack is None else stack.iter("frame"):
        object_file = frame.findtext("obj", "")
        if any(one in object_file for one in _HELPERS):
            continue
        function, file, line = (frame.findtext(one, "") for one in ("fn", "file", "line"))
        if not function or "python" in object_file:
            break
        return f" in {function}" + (f" ({file}:{line})" if file else "")
    return ""


# -- AddressSanitizer ------------------------------------------------------------------------------

_REPORT: Final = re.compile(r"ERROR: AddressSanitizer: (attempting [\w-]+|[\w-]+)")
_SIZE: Final = re.compile(r"\n(READ|WRITE) of size (\d+)")
_FRAME: Final = re.compile(r"\n +#\d+ 0x[0-9a-f]+ in (\S+) (?:\S*/)?([^\s/:()]+:\d+)?")
_ITS_OWN: Final = ("__interceptor", "__asan", "__sanitizer", "operator")
_ASAN_KINDS: Final = (
    (re.compile("double-free"), HeapFault.FREED_TWICE),
    (re.compile("attempting free|bad-free|mismatch"), HeapFault.FREED_NO_BLOCK),
    (re.compile("after-free|use-after|poison"), HeapFault.USED_AFTER_FREE),
    (re.compile("overflow|underflow|overlap|size-param|bounds"), HeapFault.OUT_OF_BOUNDS),
)


def asan_faults(notes: str) -> list[Fault]:
    """Give the faults in a piece of AddressSanitizer's reports."""
    reports = _REPORT.split(notes)[1:]
    faults = map(_asan_fault, reports[::2], reports[1::2])
    return [one for one in faults if one is not None]


def _asan_fault(name: str, report: str) -> Fault | None:
    kind = next((kind for pattern, kind in _ASAN_KINDS if pattern.search(name)), None)
    if kind is None:
        return None
    text = name.removeprefix("attempting ")
    if access := _SIZE.search(report):
        text += f", {access[2]} bytes {'read' if access[1] == 'READ' else 'written'}"
    frames = (one for one in _FRAME.finditer(report) if not one[1].startswith(_ITS_OWN))
    if frame := next(frames, None):
        text += f" in {frame[1]}" + (f" ({frame[2]})" if frame[2] else "")
    return Fault(kind, text, ending="AddressSanitizer ended it")
