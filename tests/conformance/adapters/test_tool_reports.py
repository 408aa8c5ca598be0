"""What memory checkers write, in the words of faults with memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.adapters.tool_reports import asan_faults, explained, valgrind_faults
from waitctx.conformance.observations import Observation, died

FRAME = "<frame><obj>{}</obj><fn>{}</fn></frame>"
ASAN = "==7==ERROR: AddressSanitizer: {} on address 0x1\nREAD of size 4 at 0x1\n"


def error(kind: str, more: str = "", *frames: str) -> str:
    """Give an error as valgrind writes it."""
    stack = "".join(frames or (FRAME.format("/libmine.so", "set_fd"),))
    return (
        f"<error><kind>{kind}</kind><what>x</what><stack>{stack}</stack>"
        f"<auxwhat>{more}</auxwhat></error>"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            error("InvalidRead", "Address 0x1 is 4 bytes inside a block of size 24 free'd"),
            "used after free: byte 4 of a block of 24 is read in set_fd",
        ),
        (
            error("InvalidWrite", "Address 0x1 is 0 bytes after a block of size 24 alloc'd"),
            "out of bounds: 0 bytes after a block of 24 is written in set_fd",
        ),
        (error("InvalidRead", "Address 0x0 is not stack'd"), "out of bounds: what is no memory is"),
        (
            error("InvalidFree", "Address 0x1 is 0 bytes inside a block of size 24 free'd"),
            "freed twice: found by valgrind in set_fd",
        ),
        (error("InvalidFree", "Address 0x1 is on thread 1's stack"), "freed what is no block: "),
        (error("MismatchedFree"), "freed what is no block: freed by a function of another kind"),
        (error("UninitCondition"), "used before it was written: a value decides in set_fd"),
        (
            error("SyscallParam", "", FRAME.format("/libc.so.6", "write")),
            "used before it was written: a value is given away, an answer",
        ),
        (error("Overlap"), "out of bounds: source and destination overlap in set_fd"),
        (error("Leak_DefinitelyLost"), ""),
        ("<error><kind>InvalidRead</kind>", ""),
        ("<error><kind>InvalidRead</what></error>", ""),
    ],
)
def test_valgrind(text: str, expected: str) -> None:
    """Each kind of error is a fault, or is none of ours; a damaged one is passed over."""
    found = [str(one) for one in valgrind_faults(f"noise{text}more")]

    assert bool(expected) is bool(found)
    assert "".join(found).startswith(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("heap-use-after-free", "used after free: heap-use-after-free, 4 bytes read"),
        ("stack-buffer-overflow", "out of bounds: stack-buffer-overflow, 4 bytes read"),
        ("attempting double-free", "freed twice: double-free, 4 bytes read"),
        ("attempting free", "freed what is no block: free, 4 bytes read"),
        ("alloc-dealloc-mismatch", "freed what is no block: alloc-dealloc-mismatch, 4 bytes"),
        ("memcpy-param-overlap", "out of bounds: memcpy-param-overlap, 4 bytes read"),
        ("SEGV", ""),
    ],
)
def test_asan(name: str, expected: str) -> None:
    """Each kind of report is a fault, or is none of ours."""
    found = [str(one) for one in asan_faults(ASAN.format(name))]

    assert bool(expected) is bool(found)
    assert "".join(found).startswith(expected)


class TestPlaces:
    """Which operation a fault belongs to."""

    def test_marks(self) -> None:
        """It is the one that was under way; what came later belongs to the last."""
        read = ASAN.format("heap-use-after-free")
        done = "<waitctx-operation/>"
        notes = f"{read}<waitctx-program/>{done}{read}{done}<waitctx-program/>{done}{read}"
        sound = Observation.of({"rc": 1})
        seen = explained([(sound, sound), (sound,)], notes, asan_faults)

        assert [[False, True], [True]] == [[one.get("heap") is not None for one in p] for p in seen]

    def test_ended_by_it(self) -> None:
        """A process that the checker ended did not just exit."""
        notes = "<waitctx-program/>" + ASAN.format("global-buffer-overflow")
        ((seen,),) = explained([(died("exit 1"),)], notes, asan_faults)

        assert "AddressSanitizer ended it" == seen.get("died")
        assert str(seen.get("heap")).startswith("out of bounds: global-buffer-overflow")

    def test_crash(self) -> None:
        """A crash is told as one, not as the use of what is no memory that led to it."""
        notes = "<waitctx-program/>" + error("InvalidRead", "Address 0x0 is not stack'd")
        ((seen,),) = explained([(died("SIGSEGV at 0x0"),)], notes, valgrind_faults)

        assert died("SIGSEGV at 0x0") == seen

    def test_no_notes(self) -> None:
        """Without notes, nothing is added."""
        seen = [(Observation.of({"rc": 1}),), ()]

        assert seen == explained(seen, "", asan_faults)

    @given(
        st.lists(st.sampled_from(["<waitctx-program/>", "<waitctx-operation/>", "<error>", "\0"])),
        st.integers(0, 3),
    )
    def test_anything(self, parts: list[str], programs: int) -> None:
        """Whatever a library writes among them, there are as many observations as before."""
        seen = [(Observation.of({"rc": 1}),)] * programs

        assert seen == explained(seen, "".join(parts), valgrind_faults)
