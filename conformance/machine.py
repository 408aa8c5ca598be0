"""A Hypothesis state machine whose rules are the operations: made to be subclassed.

A test suite of an implementation needs no more than::

    from waitctx.conformance.machine import WaitCtxMachine


    class MyMachine(WaitCtxMachine):
        target = "my_package:MyLibrary"


    TestMyLibrary = MyMachine.TestCase

Hypothesis chooses the operations one by one (by swarm testing: it leaves some rules out of each
run, so that rare ones get their turn), and the judge looks at each answer. The model says which
rules apply.
"""

from __future__ import annotations

import atexit
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar, cast

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
)

from . import operations as ops
from .clauses import load
from .engines.generator import enabled, follow, operation_of
from .judge import Failure, Judge
from .model import Model
from .operations import OPERATIONS, Operation, Symbol, names
from .outcomes import PROFILES
from .programs import to_text
from .state import State
from .targets import open_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from .adapters.base import Adapter
    from .observations import Observation

T = TypeVar("T")

#: How many of each the machine keeps at one time.
_CONTEXTS: Final = 3
_JOBS: Final = 3
KEYS = st.sampled_from(("k0", "k1", "k2", "k3", "null"))
FDS = st.sampled_from((0, 1, 2, 7, 1024, ops.INT_MAX))
DATA = st.sampled_from(("d0", "d1", "d2", "null"))
CLEANUPS = st.sampled_from(("f0", "f1", "null"))
#: Outside a job these do nothing, or say the same all the time: they share a rule, for with one
#: each Hypothesis would do little else.
_IDLE: Final = ("pause", "block", "unblock", "current", "cleanup_thread", "is_capable")
#: A change is often followed by a look at it: else few would meet the same context and key.
_LOOKS: Final = st.sampled_from(("", "get", "all", "changed"))
CALLBACKS = st.sampled_from(("b0", "b1", "null"))
ARRAYS = st.sampled_from(("array", "null"))


def _allowed(word: str) -> Callable[[T], T]:
    """Let a rule apply only where the model defines its operation."""
    return cast("Callable[[T], T]", precondition(lambda machine: machine.allows(word)))


def _allowed_inside(word: str) -> Callable[[T], T]:
    """Let a rule apply only inside a job, and where the model defines its operation."""
    return cast(
        "Callable[[T], T]",
        precondition(lambda machine: machine.state.running is not None and machine.allows(word)),
    )


class NonConformanceError(AssertionError):
    """An answer that the page does not permit; the text has clause, program, and what was wrong."""

    def __init__(self, failure: Failure, judge: Judge) -> None:
        clause = judge.catalogue[failure.clause]
        wrong = [
            f"{one.answer}: {one.wanted} permitted, {one.seen} seen" for one in failure.mismatches
        ]
        super().__init__(
            "\n".join([f"{clause.id} {clause.title}", to_text(failure.program), *wrong])
        )
        self.failure = failure


@cache
def _opened(target: str, *, in_process: bool) -> Adapter:
    adapter = open_target(target, in_process=in_process)
    atexit.register(adapter.close)
    return adapter


class WaitCtxMachine(RuleBasedStateMachine):
    """One program on a fresh implementation, chosen by Hypothesis and judged step by step."""

    target: ClassVar[str] = "openssl"
    """What is tested, as on the command line; `open_adapter` can be overridden instead."""
    in_process: ClassVar[bool] = False
    """Whether a Python object runs in this process; one that only the test's module knows has to.
    If it exits, hangs or crashes, so do the tests."""
    profile: ClassVar[str] = "spec"
    hits: ClassVar[Counter[str]] = Counter()
    """How often each operation was carried out, over all runs of all machines of the class; a
    subclass counts its own."""

    contexts = Bundle("contexts")
    keys = Bundle("keys")
    paused = Bundle("paused")

    @classmethod
    def open_adapter(cls) -> Adapter:
        """Open what is tested; it is asked for at the begin of each run, so open it once."""
        return _opened(cls.target, in_process=cls.in_process)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.hits = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.adapter = self.open_adapter()
        self.state = State(capable=self.adapter.ics.capable)
        self.judge = Judge(Model(PROFILES[self.profile]), load(), self.state)
        self.program: list[Operation] = []
        self.observations: list[Observation] = []
        self.failed = False
        self.session = self.adapter.session()
        self.session.__enter__()

    def teardown(self) -> None:
        """Let jobs return and free contexts, judged like the rest; then end the session."""
        try:
            while not self.failed and (self.state.running or self.state.jobs):
                if self.state.blocks:
                    self._perform("unblock")
                elif self.state.running:
                    self._perform("return", 0)
                else:
                    name, job = self.state.jobs[0]
                    self._perform("resume", name, job.ctx)
            for name, _ in () if self.failed else self.state.contexts:
                self._perform("free", name)
        finally:
            self.session.__exit__(None, None, None)

    def _perform(self, word: str, *arguments: str | int) -> None:
        """Carry out one operation and judge the answer.

        Raises:
            NonConformanceError: it is not permitted.
        """
        operation = operation_of(word, *arguments)
        self.program.append(operation)
        self.observations.append(self.session.perform(operation))
        self.hits[word] += 1
        event(word)
        judgement = self.judge.judge(tuple(self.program), self.observations)
        if judgement.failure is not None:
            self.failed = True
            raise NonConformanceError(judgement.failure, self.judge)
        self.state = follow(self.state, operation)

    def allows(self, word: str) -> bool:
        """Tell whether the implementation offers an operation, and the model defines it now."""
        if not self.adapter.ics.supports(OPERATIONS[word]):
            return False
        return word in enabled(self.judge.model.profile, self.state, _CONTEXTS, _JOBS)

    def _look(self, word: str, ctx: str, key: str) -> None:
        """Look at what was changed, if at all."""
        more = {"get": (key,), "all": ("array",), "changed": ("array", "array")}
        if word and self.allows(word):
            self._perform(word, ctx, *more[word])

    def _idle(self, ctx: str) -> str:
        """Give a context that no job is on: the one drawn, if that is so."""
        free = [name for name, _ in self.state.contexts if self.state.job_of(name) is None]
        return ctx if ctx in free else free[0]

    @initialize(target=contexts)
    def first(self) -> str:
        """Begin with a context, so that every rule applies."""
        self._perform("new", "c0")
        return "c0"

    @initialize(target=keys)
    def unknown(self) -> str:
        """Know a key that is never set."""
        return "k4"

    @_allowed("new")
    @rule(target=contexts)
    def new(self) -> str:
        """ASYNC_WAIT_CTX_new."""
        used = {name for name, _ in self.state.contexts}
        name = next(one for one in names(Symbol.CONTEXT) if one not in used)
        self._perform("new", name)
        return name

    @_allowed("free")
    @rule(target=contexts, ctx=consumes(contexts))
    def free(self, ctx: str) -> str | MultipleResults[str]:
        """ASYNC_WAIT_CTX_free; a context with a job on it is put back."""
        if self.state.job_of(ctx) is not None:
            return ctx
        self._perform("free", ctx)
        return multiple()

    @_allowed("set")
    @rule(target=keys, ctx=contexts, key=KEYS, fd=FDS, data=DATA, cleanup=CLEANUPS, look=_LOOKS)
    def set_wait_fd(  # noqa: PLR0913 - as many as in C, and one
        self, *, ctx: str, key: str, fd: int, data: str, cleanup: str, look: str
    ) -> str:
        """ASYNC_WAIT_CTX_set_wait_fd."""
        self._perform("set", ctx, key, fd, data, cleanup)
        self._look(look, ctx, key)
        return key

    @_allowed("get")
    @rule(ctx=contexts, key=keys)
    def get_fd(self, ctx: str, key: str) -> None:
        """ASYNC_WAIT_CTX_get_fd."""
        self._perform("get", ctx, key)

    @_allowed("all")
    @rule(ctx=contexts, fds=ARRAYS)
    def get_all_fds(self, ctx: str, fds: str) -> None:
        """ASYNC_WAIT_CTX_get_all_fds."""
        self._perform("all", ctx, fds)

    @_allowed("changed")
    @rule(ctx=contexts, added=ARRAYS, deleted=ARRAYS)
    def get_changed_fds(self, ctx: str, added: str, deleted: str) -> None:
        """ASYNC_WAIT_CTX_get_changed_fds."""
        self._perform("changed", ctx, added, deleted)

    @_allowed("clear")
    @rule(ctx=contexts, key=keys, look=_LOOKS)
    def clear_fd(self, ctx: str, key: str, look: str) -> None:
        """ASYNC_WAIT_CTX_clear_fd."""
        self._perform("clear", ctx, key)
        self._look(look, ctx, key)

    @_allowed("set_callback")
    @rule(ctx=contexts, callback=CALLBACKS, arg=DATA)
    def set_callback(self, ctx: str, callback: str, arg: str) -> None:
        """ASYNC_WAIT_CTX_set_callback."""
        self._perform("set_callback", ctx, callback, arg)

    @_allowed("get_callback")
    @rule(ctx=contexts)
    def get_callback(self, ctx: str) -> None:
        """ASYNC_WAIT_CTX_get_callback."""
        self._perform("get_callback", ctx)

    @_allowed("set_status")
    @rule(ctx=contexts, status=st.sampled_from((0, 1, 2, 3, 4, -1, 1000)))
    def set_status(self, ctx: str, status: int) -> None:
        """ASYNC_WAIT_CTX_set_status."""
        self._perform("set_status", ctx, status)

    @_allowed("get_status")
    @rule(ctx=contexts)
    def get_status(self, ctx: str) -> None:
        """ASYNC_WAIT_CTX_get_status."""
        self._perform("get_status", ctx)

    @_allowed("start")
    @rule(ctx=contexts, block=st.sampled_from(("null", "a0", "a3", "a5")))
    def start(self, ctx: str, block: str) -> None:
        """ASYNC_start_job with a new job."""
        used = {name for name, _ in self.state.jobs}
        name = next(one for one in names(Symbol.JOB) if one not in used)
        self._perform("start", name, self._idle(ctx), block)

    @_allowed_inside("pause")
    @rule(target=paused)
    def pause(self) -> str | MultipleResults[str]:
        """ASYNC_pause_job."""
        running = self.state.running
        self._perform("pause")
        return running if running and self.state.running is None else multiple()

    @_allowed_inside("pause")
    @rule()
    def pause_and_resume(self) -> None:
        """ASYNC_pause_job and ASYNC_start_job, for a window that is over at once."""
        name = self.state.running
        self._perform("pause")
        paused = self.state.job(name) if name and self.state.running is None else None
        if name and paused is not None:
            self._perform("resume", name, paused.ctx)

    @_allowed("resume")
    @rule(job=consumes(paused))
    def resume(self, job: str) -> None:
        """ASYNC_start_job with a paused job."""
        paused = self.state.job(job)
        assert paused is not None
        self._perform("resume", job, paused.ctx)

    @_allowed("return")
    @rule(value=st.sampled_from((0, 1, -1, 256, ops.INT_MAX, ops.INT_MIN)))
    def return_(self, value: int) -> None:
        """ASYNC_start_job, when the job's function returns."""
        self._perform("return", value)

    @_allowed_inside("current")
    @rule()
    def get_current_job(self) -> None:
        """ASYNC_get_current_job."""
        self._perform("current")

    @_allowed("wait_ctx")
    @rule(number=st.integers(0, 3))
    def get_wait_ctx(self, number: int) -> None:
        """ASYNC_get_wait_ctx, of any job that lives."""
        self._perform("wait_ctx", self.state.jobs[number % len(self.state.jobs)][0])

    @_allowed("args")
    @rule()
    def read_args(self) -> None:
        """Look at the job's argument block again."""
        self._perform("args")

    @_allowed_inside("block")
    @rule()
    def block_pause(self) -> None:
        """ASYNC_block_pause."""
        self._perform("block")

    @_allowed_inside("unblock")
    @rule()
    def unblock_pause(self) -> None:
        """ASYNC_unblock_pause."""
        self._perform("unblock")

    @_allowed("init_thread")
    @rule(sizes=st.sampled_from(((0, 0), (1, 0), (1, 1), (2, 1), (3, 0))))
    def init_thread(self, sizes: tuple[int, int]) -> None:
        """ASYNC_init_thread."""
        self._perform("init_thread", *sizes)

    @precondition(lambda machine: machine.state.running is None)
    @rule(word=st.sampled_from(_IDLE))
    def idle(self, word: str) -> None:
        """Outside a job, a call that has nothing to do with contexts."""
        if self.allows(word):
            self._perform(word)
