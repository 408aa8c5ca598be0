"""What every Python fake is, and what some of them have to note down to go wrong in their way."""
# ruff: noqa: D102 (the class says what its methods do)

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from waitctx.reference import AsyncLibrary
from waitctx.reference.context import Life, live

if TYPE_CHECKING:
    from waitctx.reference import Job, WaitContext


class Fake(AsyncLibrary):
    """The reference implementation, until a subclass differs in the one way its docstring states.

    What a class attribute does not say is so by default: a fault that profile spec tells.
    """

    clauses: ClassVar[tuple[str, ...]] = ()
    """The clauses that it violates; none for a variant."""
    kind: ClassVar[str] = "fault"
    """``fault``, ``variant``, or ``equivalent`` for a fault that the interface cannot show."""
    profile: ClassVar[str] = "spec"
    """The weakest profile under which a fault has to be found; a variant passes spec always."""
    reason: ClassVar[str] = ""
    """Why an equivalent one cannot be told from the reference."""


class Variant(Fake):
    """The reference, until a subclass takes a choice that the page leaves in another way."""

    kind = "variant"


class Remembering(Fake):
    """The reference, which notes down every context that it makes."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[WaitContext] = []

    def new_context(self) -> WaitContext:
        self.made.append(super().new_context())
        return self.made[-1]

    def others(self, ctx: WaitContext | None) -> list[WaitContext]:
        """Give every live context but this one, oldest first."""
        return [one for one in self.made if one.life is Life.LIVE and one is not ctx]


class Reusing(Fake):
    """The reference, which notes down the contexts that have had a job."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[WaitContext] = set()

    def job_ended(self, job: Job) -> None:
        self.used.update([] if job.ctx is None else [job.ctx])
        super().job_ended(job)


class Watching(Fake):
    """The reference, which notes down the contexts whose job is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.paused: set[WaitContext] = set()

    def job_pausing(self, job: Job) -> None:
        self.paused.add(live(job.ctx))

    def job_resumed(self, job: Job) -> None:
        self.paused.discard(live(job.ctx))
        super().job_resumed(job)
