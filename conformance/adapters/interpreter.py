"""Runs one program on one Python implementation: the counterpart of the native interpreter in C.

``start`` and ``resume`` go on inside the job's function, which takes the next operation itself;
``pause`` and ``return`` come out of `ASYNC_start_job` again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from waitctx.conformance import operations as ops
from waitctx.conformance.observations import Observation, Value

from .calls import Calls, Cell, UnfitOperationError, number
from .pointers import block_content

if TYPE_CHECKING:
    from collections.abc import Callable


@define(eq=False)
class _Job:
    """A job's handle, and the variables that its application keeps for it."""

    name: str
    block: str
    ctx: Any
    """The context that it was started with."""
    given: bytearray | None
    """The application's own argument block."""
    handle: Cell = field(factory=lambda: Cell(None))
    known: Any = None
    """The handle that it was first seen with."""
    ret: Cell = field(factory=Cell)
    received: Any = None
    """What its function got as argument block."""
    returned: bool = False

    def look(self) -> str:
        """Tell what the block that the function got holds now."""
        if self.received is None:
            return "null"
        if self.received is self.given:
            return "shared"
        same = self.received == block_content(self.name, self.block)
        return self.block if same else "other"


@define(eq=False)
class Interpreter:
    """Takes operations from one place, and reports what each was answered to another."""

    library: Any
    following: Callable[[], ops.Operation]
    """Gives the next operation, or raises StopIteration."""
    report: Callable[[Observation], object]
    _calls: Calls = field(init=False)
    _jobs: dict[str, _Job] = field(factory=dict, init=False)
    _running: _Job | None = field(default=None, init=False)
    waiting: bool = field(default=False, init=False)
    """Whether the operation that was taken last has not been answered yet."""
    _over: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._calls = Calls(self.library)

    def run(self) -> None:
        """Carry out the program, then tidy up what it left behind, which nobody judges."""
        while (operation := self._take()) is not None:
            try:
                self._outside(operation)
            except UnfitOperationError:
                self._stop()
        for job in list(self._jobs.values()):
            self._switch(job, job.ctx)
        for context in self._calls.contexts.values():
            self.library.ASYNC_WAIT_CTX_free(context)
        self._calls.files.forget()
        if hasattr(self.library, "ASYNC_cleanup_thread"):
            self.library.ASYNC_cleanup_thread()

    def _take(self) -> ops.Operation | None:
        if self._over:
            return None
        try:
            operation = self.following()
        except StopIteration:
            self._over = True
            return None
        self.waiting = True
        return operation

    def _answer(self, answers: dict[str, Value]) -> None:
        if self.waiting:
            self.waiting = False
            self.report(Observation.of(answers, self._calls.events))
        self._calls.events.clear()

    def told(self) -> None:
        """Answer an operation that was carried out elsewhere: what was called meanwhile."""
        self.waiting = True
        self._answer({})

    def _stop(self) -> None:
        """End the program: its operation makes no sense where the implementation has gone."""
        self._over = True
        self.waiting = False

    def _outside(self, operation: ops.Operation) -> None:
        match operation:
            case ops.Start():
                if operation.job in self._jobs:
                    raise UnfitOperationError
                context = self._calls.context(operation.ctx)
                given = block_content(operation.job, operation.block)
                job = _Job(operation.job, operation.block, context, given)
                self._jobs[operation.job] = job
                self._switch(job, context)
            case ops.Resume():
                context = self._calls.context(operation.ctx)
                self._switch(self._job(operation.job), context)
            case ops.Pause():
                self._answer({"in": "none", "pause_job": number(self.library.ASYNC_pause_job())})
            case ops.Return() | ops.ReadArgs():
                raise UnfitOperationError
            case _:
                self._anywhere(operation)

    def _switch(self, job: _Job, context: Any) -> None:  # noqa: ANN401 - the implementation's own type
        """Enter a job; when control is back, answer for the operation that brought it back."""
        size = 0 if job.given is None else len(job.given)
        code = self.library.ASYNC_start_job(
            job.handle, context, job.ret, lambda block: self._body(job, block), job.given, size
        )
        self._running = None
        if job.given is not None:
            # The application may do with its own block what it likes from now on.
            job.given[:] = bytes(size)
        handle = self._job_name(job.handle.value, job)
        if job.returned or handle == "null":
            self._jobs.pop(job.name, None)
        answers: dict[str, Value] = {"in": "none", "start_job": number(code)}
        self._answer({**answers, "ret": number(job.ret.value), "job": handle, "stray": 0})

    def _body(self, job: _Job, block: object) -> int:
        """Be the function of a job."""
        job.received = block
        self._enter(job, {"block": job.look()})
        while (operation := self._take()) is not None:
            if isinstance(operation, ops.Return):
                job.returned = True
                return operation.value
            try:
                self._inside(job, operation)
            except UnfitOperationError:
                self._stop()
        job.returned = True
        return 0

    def _enter(self, job: _Job, answers: dict[str, Value]) -> None:
        self._running = job
        self._answer({"in": job.name, **answers})

    def _inside(self, job: _Job, operation: ops.Operation) -> None:
        match operation:
            case ops.Pause():
                code = self.library.ASYNC_pause_job()
                self._enter(job, {"pause_job": number(code)})
            case ops.ReadArgs():
                self._answer({"block": job.look()})
            case ops.Start() | ops.Resume():
                raise UnfitOperationError
            case _:
                self._anywhere(operation)

    def _anywhere(self, operation: ops.Operation) -> None:
        match operation:
            case ops.GetCurrentJob():
                found = self.library.ASYNC_get_current_job()
                self._answer({"job": self._job_name(found, self._running)})
            case ops.GetWaitCtx():
                job = self._job(operation.job)
                handle = job.handle.value or self.library.ASYNC_get_current_job()
                found = self.library.ASYNC_get_wait_ctx(handle)
                self._answer({"ctx": self._calls.context_name(found)})
            case ops.Thread() | ops.Race() | ops.Meet() | ops.Interrupt() | ops.Descriptors():
                raise UnfitOperationError  # those that make sense do not get here
            case _:
                self._answer(self._calls.perform(operation))

    def _job(self, name: str) -> _Job:
        if name not in self._jobs:
            raise UnfitOperationError(name)
        return self._jobs[name]

    def _job_name(self, handle: object, own: _Job | None) -> str:
        """Give the symbol of a handle; one not seen before is taken for that of the job at hand."""
        if handle is None:
            return "null"
        for job in self._jobs.values():
            if job.known is handle and job is not own:
                return job.name
        if own is None or (own.known is not None and own.known is not handle):
            return "other"
        own.known = handle
        return own.name
