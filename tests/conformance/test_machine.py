"""The state machine that third parties subclass."""
# ruff: noqa: ANN401, D102, N802 (the class says what its methods do, with the names of C; what they
# are handed is the library's own)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.machine import NonConformanceError, WaitCtxMachine
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.programs import from_text
from waitctx.reference import AsyncLibrary

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Adapter

#: Enough for every rule, and the same each time.
FEW = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=30,
    stateful_step_count=40,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


class Deaf(AsyncLibrary):
    """Forgets the data that belongs to an fd."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx: Any, key: object, fd: Any, custom_data: Any) -> int:
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, custom_data)
        if found:
            custom_data.value = None
        return found


class Lossy(AsyncLibrary):
    """Loses the fds of a context when it is freed, so that no cleanup routine is run."""

    def entries_to_clean(self, ctx: Any) -> list[Any]:
        return super().entries_to_clean(ctx)[1:]


class Mute(AsyncLibrary):
    """Raises where a job is paused."""

    def ASYNC_pause_job(self) -> int:
        raise OSError("no way out")


class OnReference(WaitCtxMachine):
    """On the reference."""

    target = "reference"


def failure(kind: type, steps: int, *phases: Phase) -> NonConformanceError:
    """Give the error that a machine on a faulty class ends with."""

    class OnFaulty(WaitCtxMachine):
        target = f"{kind.__module__}:{kind.__name__}"
        in_process = True

    with pytest.raises(NonConformanceError) as caught:
        run_state_machine_as_test(
            OnFaulty,
            settings=settings(FEW, phases=phases, stateful_step_count=steps, max_examples=500),
        )  # type: ignore[no-untyped-call]
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spec", "openssl"])
def test_reference(name: str) -> None:
    """On the reference the machine never fails, and every rule gets its turn."""

    class InProfile(OnReference):
        profile = name

    run_state_machine_as_test(InProfile, settings=FEW)  # type: ignore[no-untyped-call]

    assert set(OPERATIONS) == set(InProfile.hits)


@pytest.mark.parametrize(
    ("kind", "last", "wrong"),
    [
        (Deaf, "get", "data: d"),
        (Lossy, "free", "cleanups: f"),
        (Mute, "pause", "died: an answer permitted, raised OSError: no way out seen"),
    ],
    ids=["Deaf", "Lossy", "Mute"],
)
def test_faulty(kind: type, last: str, wrong: str) -> None:
    """On a faulty implementation the error says the clause, the program, and what was wrong."""
    error = failure(kind, 25, Phase.generate)
    title, program, *what = str(error).splitlines()

    assert title == f"{error.failure.clause} {load()[error.failure.clause].title}"
    assert error.failure.program == from_text(program)
    assert last == error.failure.program[-1].word
    assert any(line.startswith(wrong) for line in what)


@pytest.mark.slow
def test_shrinks() -> None:
    """What Hypothesis leaves of the program can be read at a glance."""
    error = failure(Mute, 10, Phase.generate, Phase.shrink)

    assert "pause" == error.failure.program[-1].word
    assert len(error.failure.program) <= 5


def test_own_adapter() -> None:
    """An adapter of one's own takes the place of the target."""
    adapter = InProcessAdapter.open("waitctx.reference:AsyncLibrary")
    asked = []

    class OnAdapter(WaitCtxMachine):
        target = "nothing:at all"

        @classmethod
        def open_adapter(cls) -> Adapter:
            asked.append(cls)
            return adapter

    run_state_machine_as_test(OnAdapter, settings=settings(FEW, max_examples=5))  # type: ignore[no-untyped-call]

    assert {OnAdapter} == set(asked)


@pytest.mark.slow
def test_partial_implementation() -> None:
    """What an implementation does not offer is not asked of it."""

    class Release11(AsyncLibrary):
        ASYNC_WAIT_CTX_set_callback: Any = None
        ASYNC_WAIT_CTX_get_callback: Any = None
        ASYNC_WAIT_CTX_set_status: Any = None
        ASYNC_WAIT_CTX_get_status: Any = None

    class Incapable(AsyncLibrary):
        def ASYNC_is_capable(self) -> int:
            return 0

        def ASYNC_start_job(self, *_: Any) -> int:  # type: ignore[override]
            return self.ASYNC_NO_JOBS

    def missed(kind: type) -> set[str]:
        globals()["Opened"] = kind

        class OnPart(WaitCtxMachine):
            @classmethod
            def open_adapter(cls) -> Adapter:
                return InProcessAdapter.open(f"{__name__}:Opened")

        run_state_machine_as_test(OnPart, settings=settings(FEW, max_examples=15))  # type: ignore[no-untyped-call]
        return set(OPERATIONS) - set(OnPart.hits)

    jobs = {"pause", "resume", "return", "current", "wait_ctx", "args", "block", "unblock"}
    assert {"set_callback", "get_callback", "set_status", "get_status"} <= missed(Release11)
    assert {*jobs, "init_thread", "cleanup_thread"} <= missed(Incapable)


@pytest.mark.slow
def test_real_library(libcrypto: str) -> None:
    """The machine's own OpenSSL passes, in a process of its own for each run."""

    class OnLibrary(WaitCtxMachine):
        target = libcrypto
        profile = "openssl"

    run_state_machine_as_test(OnLibrary, settings=settings(FEW, max_examples=20))  # type: ignore[no-untyped-call]

    assert 200 < sum(OnLibrary.hits.values())


def test_hits_are_each_class_s_own() -> None:
    """A machine does not count what another one does."""

    class Another(WaitCtxMachine):
        target = "reference"

    run_state_machine_as_test(OnReference, settings=settings(FEW, max_examples=2))  # type: ignore[no-untyped-call]

    assert OnReference.hits.total() > 0
    assert {} == Another.hits


def test_test_case() -> None:
    """The machine gives a test case that any runner of tests takes up."""
    assert "runTest" in dir(OnReference.TestCase)
