"""Shrinking: down to the smallest program that shows a fault, and always to a defined one."""
# ruff: noqa: ANN401, D102, N802 (the classes say what their methods do, with the names of C; what
# they are handed is the library's own)

from __future__ import annotations

from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from waitctx.conformance import shrink as shrink_module
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.defined import is_defined
from waitctx.conformance.engines import random_programs
from waitctx.conformance.judge import Failure, Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC, Profile
from waitctx.conformance.programs import Program, from_text, to_text
from waitctx.conformance.shrink import same_kind, shrink
from waitctx.conformance.state import State
from waitctx.reference import AsyncLibrary

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.reference import Cell, WaitContext

    Attempt = Callable[[Program], Failure | None]


class ZeroRefused(AsyncLibrary):
    """Takes fd 0 for none."""

    def ASYNC_WAIT_CTX_set_wait_fd(
        self, ctx: WaitContext | None, key: object, fd: int, custom_data: object, cleanup: Any
    ) -> int:
        done = super().ASYNC_WAIT_CTX_set_wait_fd(ctx, key, fd, custom_data, cleanup)
        return done if fd else 0


class HalfKeys(AsyncLibrary):
    """Compares the low halves of keys."""

    def find_entry(self, ctx: WaitContext, key: object) -> Any:
        return next((one for one in self.standing_entries(ctx) if _low(one.key) == _low(key)), None)


def _low(key: object) -> int:
    return (key if isinstance(key, int) else 0) & 0xFFFF_FFFF


class FewEntries(AsyncLibrary):
    """Has room for five fds."""

    def add_entry(self, ctx: WaitContext, entry: Any) -> None:
        super().add_entry(ctx, entry)
        del ctx.entries[5:]


class NoWindows(AsyncLibrary):
    """Tells what was added for ever."""

    def reset(self, ctx: WaitContext) -> None:
        ctx.entries = self.standing_entries(ctx)


class CleanedTwice(AsyncLibrary):
    """Runs the cleanup routine of what was cleared."""

    def unlink_entry(self, ctx: WaitContext, entry: Any) -> None:
        self.clean_up(ctx, entry)
        super().unlink_entry(ctx, entry)


class ByteResult(AsyncLibrary):
    """Gives the low byte of what a job returns, as a process would."""

    def dispatch(self, running: Any, job: Cell, ret: Cell) -> int:
        code = super().dispatch(running, job, ret)
        if code == self.ASYNC_FINISH:
            ret.value &= 0xFF
        return code


class BlocksForgotten(AsyncLibrary):
    """Takes all pause blocks away at once."""

    def ASYNC_unblock_pause(self) -> None:
        self.thread.blocks = 0


class Raises(AsyncLibrary):
    """Raises for a callback's argument when the callback is NULL."""

    def ASYNC_WAIT_CTX_set_callback(
        self, ctx: WaitContext | None, callback: Any, callback_arg: object
    ) -> int:
        if callback is None and callback_arg is not None:
            raise ValueError(f"at {id(ctx)}")
        return super().ASYNC_WAIT_CTX_set_callback(ctx, callback, callback_arg)


#: A faulty class, the clause that it breaks, and the smallest program that shows it.
MINIMAL = [
    (ZeroRefused, "new c0; set c0 k0 0 null null"),
    (HalfKeys, "new c0; set c0 k0 1 null null; clear c0 k1"),
    (
        FewEntries,
        (
            "new c0; set c0 k0 1 null null; set c0 k1 1 null null; set c0 k2 1 null null; "
            "set c0 k3 1 null null; set c0 k4 1 null null; set c0 k5 1 null null; clear c0 k0"
        ),
    ),
    (
        NoWindows,
        (
            "new c0; set c0 k0 1 null null; start j0 c0 null; pause; resume j0 c0; "
            "changed c0 array array"
        ),
    ),
    (CleanedTwice, "new c0; set c0 k0 1 null f0; clear c0 k0"),
    (ByteResult, "new c0; start j0 c0 null; return 256"),
    (BlocksForgotten, "new c0; start j0 c0 null; block; block; unblock; pause"),
    (Raises, "new c0; set_callback c0 null d0"),
]

each_fault = pytest.mark.parametrize(
    ("kind", "minimal"), MINIMAL, ids=[kind.__name__ for kind, _ in MINIMAL]
)


def attempting(kind: type, profile: Profile = OPENSSL) -> Attempt:
    """Give what runs a program on a fresh instance of a class."""
    adapter = InProcessAdapter.open(f"{kind.__module__}:{kind.__name__}")

    def attempt(program: Program) -> Failure | None:
        (seen,) = adapter.run([program])
        return Judge(Model(profile), load()).judge_all(program, seen).failure

    return attempt


def shrunk(failure: Failure, attempt: Attempt, profile: Profile = OPENSSL) -> Failure:
    """Shrink without a clock."""
    return shrink(failure, attempt, Model(profile), capable=True, until=monotonic() + 60)


def failures(attempt: Attempt, seed: int, profile: Profile = OPENSSL) -> list[Failure]:
    """Give the failures among some random programs."""
    made = random_programs.programs(profile, list(OPERATIONS), seed, capable=True)
    found = map(attempt, islice(made, 100))
    return [one for one in found if one is not None]


class TestMinimal:
    """How small it gets."""

    @each_fault
    def test_is_its_own_minimum(self, kind: type, minimal: str) -> None:
        """The smallest program shows the fault, and stays as it is."""
        attempt = attempting(kind)
        failure = attempt(from_text(minimal))

        assert failure is not None
        assert minimal == to_text(shrunk(failure, attempt).program)

    @each_fault
    def test_padded(self, kind: type, minimal: str) -> None:
        """What has nothing to do with the fault goes away, however much of it there is."""
        before = from_text(
            "new c5; set c5 k7 7 d1 f1; start j5 c5 a3; block; pause; unblock; pause; new c6; "
            "set_callback c5 b1 d2; resume j5 c5; set_status c6 2; args; return 7; free c6; "
            "get c5 k7; changed c5 null array"
        )
        after = from_text("free c5; is_capable")
        attempt = attempting(kind)
        first, *rest = from_text(minimal)
        failure = attempt((first, *before, *rest, *after))

        assert failure is not None
        assert minimal == to_text(shrunk(failure, attempt).program)

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", [ZeroRefused, CleanedTwice, NoWindows, Raises])
    def test_random(self, kind: type) -> None:
        """Random programs that fail in one way shrink to one length."""
        attempt = attempting(kind)
        minimal = attempt(from_text(dict(MINIMAL)[kind]))
        assert minimal is not None
        alike = [one for one in failures(attempt, 5) if same_kind(one, minimal)][:4]

        assert len(alike) >= 3
        assert {len(minimal.program)} == {len(shrunk(one, attempt).program) for one in alike}


class TestEveryStep:
    """What holds of whatever is tried."""

    @pytest.mark.slow
    @pytest.mark.parametrize("profile", [SPEC, OPENSSL], ids=["spec", "openssl"])
    @pytest.mark.parametrize("kind", [HalfKeys, NoWindows])
    def test_is_defined(self, kind: type, profile: Profile) -> None:
        """Only defined programs are tried, and none longer than the one before."""
        attempt = attempting(kind, profile)
        tried: list[Program] = []
        failure = failures(attempt, 2, profile)[0]

        def watching(program: Program) -> Failure | None:
            tried.append(program)
            return attempt(program)

        best = shrunk(failure, watching, profile)

        assert all(is_defined(one, Model(profile), State()) for one in tried)
        assert max(map(len, tried)) <= len(failure.program)
        assert same_kind(failure, best)
        assert attempt(best.program) == best

    def test_keeps_to_its_kind(self) -> None:
        """Another failure on the way is not taken for the one that is shrunk."""
        attempt = attempting(ZeroRefused)
        failure = attempt(from_text("new c0; set c0 k0 0 null null"))
        other = attempting(CleanedTwice)(from_text("new c0; set c0 k0 1 null f0; clear c0 k0"))

        assert failure is not None
        assert other is not None
        assert other == shrunk(other, attempt)

    def test_fails_once(self) -> None:
        """A failure that does not happen again is given back as it is."""
        failure = attempting(HalfKeys)(from_text("new c0; set c0 k3 7 d0 f0; clear c0 k11"))
        failure = failure or attempting(ZeroRefused)(from_text("new c1; set c1 k3 0 d0 f0"))

        assert failure is not None
        assert failure == shrunk(failure, lambda _: None)


class TestClock:
    """How long it takes."""

    def test_no_time(self) -> None:
        """When the time is up nothing is tried."""
        attempt = attempting(ZeroRefused)
        failure = attempt(from_text("new c1; set c1 k3 0 d0 f0"))
        assert failure is not None

        def never(program: Program) -> Failure | None:
            raise AssertionError(program)

        best = shrink(failure, never, Model(SPEC), capable=True, until=monotonic() - 1)

        assert failure == best

    def test_little_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """When it is up meanwhile, the smallest found so far is given."""
        attempt = attempting(FewEntries)
        failure = failures(attempt, 1)[0]
        tried = []

        def counted(program: Program) -> Failure | None:
            tried.append(program)
            return attempt(program)

        # A clock that ticks with each attempt, so that a busy machine makes no difference.
        monkeypatch.setattr(shrink_module, "monotonic", lambda: len(tried))
        best = shrink(failure, counted, Model(OPENSSL), capable=True, until=20)

        assert 21 == len(tried)
        assert len(best.program) < len(failure.program)
        assert attempt(best.program) == best


class TestSameKind:
    """Which failures are taken for the same."""

    def test_same(self, observation: Callable[[str], Observation]) -> None:
        """A number and its array are one place, and a death at another address is the same."""
        judge = Judge(Model(OPENSSL), load())
        program = from_text("new c0; set c0 k0 7 null null; all c0 array")

        def failing(answer: str) -> Failure:
            before = (Observation.of({"ctx": "new"}), Observation.of({"rc": 1}))
            last = observation(answer)
            if answer.startswith("died"):
                last = Observation.of({"died": answer[5:]})
            failure = judge.judge(program, (*before, last)).failure
            assert failure is not None
            return failure

        count, array = (
            failing("rc=1 count=2 fds=[7] stray=0"),
            failing("rc=1 count=0 fds=[] stray=0"),
        )
        stray = failing("rc=1 count=1 fds=[7] stray=1")
        one, other = failing("died=SIGSEGV at 0x10"), failing("died=SIGSEGV at 0x20")
        hang = failing("died=hang")

        assert same_kind(count, array)
        assert same_kind(one, other)
        assert not same_kind(count, stray)
        assert not same_kind(one, hang)
