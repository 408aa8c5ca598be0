"""The model's state: immutable, hashable values that hold all that matters of a program's past."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import evolve, frozen

from .operations import FILE_NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable

_T = TypeVar("_T")


class Mark(Enum):
    """How an association stands to the window, the stretch of time that `changed` tells about.

    The two MAYBE marks exist in profile `spec` alone: there it is open whether a change made
    between PAUSE and the resume is told at the next PAUSE (clause FD-CHANGED-12).
    """

    FRESH = "fresh"
    """Set in this window: told as added."""
    MAYBE_FRESH = "maybe fresh"
    OLD = "old"
    """Set in an earlier window: told no more."""
    DOOMED = "doomed"
    """Cleared in this window, set before it: told as deleted, otherwise gone."""
    MAYBE_DOOMED = "maybe doomed"

    @property
    def live(self) -> bool:
        """Whether the association still exists."""
        return self in _LIVE


_LIVE: Final = frozenset({Mark.FRESH, Mark.MAYBE_FRESH, Mark.OLD})


@frozen(cache_hash=True)
class Entry:
    """An association of a key with an fd, or what is left of one."""

    key: str
    fd: int | str
    """A number, or the symbol of a real descriptor."""
    data: str
    cleanup: str
    mark: Mark = Mark.FRESH
    late: bool = False
    """Set or cleared since the last PAUSE, while the context's job is paused."""


@frozen(cache_hash=True)
class Context:
    """One ``ASYNC_WAIT_CTX``."""

    entries: tuple[Entry, ...] = ()
    """Newest first; a key may occur more than once when duplicates shadow one another."""
    ghosts: tuple[Entry, ...] = ()
    """Associations that were replaced, whose cleanup routine may still be owed at free."""
    callback: str = "null"
    arg: str = "null"
    status: int = 0
    told: tuple[int, int] | None = None
    """The numbers that `changed` gave, where more than one answer was open; reading again must give
    the same until something changes."""

    @property
    def live(self) -> tuple[Entry, ...]:
        """The associations that exist, newest first."""
        return tuple(entry for entry in self.entries if entry.mark.live)

    def find(self, key: str) -> Entry | None:
        """Give the newest live association of a key."""
        return next((one for one in self.entries if one.key == key and one.mark.live), None)

    def replacing(self, old: Entry, new: Entry | None) -> Context:
        """Put another entry in the place of one, or nothing; what was told is open again."""
        at = next(place for place, one in enumerate(self.entries) if one is old)
        kept = () if new is None else (new,)
        entries = (*self.entries[:at], *kept, *self.entries[at + 1 :])
        return evolve(self, entries=entries, told=None)

    def adding(self, new: Entry) -> Context:
        """Put an entry in front."""
        return evolve(self, entries=(new, *self.entries), told=None)


@frozen(cache_hash=True)
class Job:
    """A job that was started and has not finished."""

    ctx: str
    block: str
    paused: bool = False


class File(Enum):
    """A real descriptor, as the program has left it."""

    QUIET = "quiet"
    """Open, with nothing to be read."""
    READABLE = "readable"
    CLOSED = "closed"


class Duplicate(Enum):
    """What an implementation makes of a key that is set while it is live (clause FD-SET-04).

    A refusal shows at once; between the other two an implementation has to choose once.
    """

    REPLACED = "replaced"
    SHADOWED = "shadowed"


class Memory(Enum):
    """How the program stands to memory."""

    ENOUGH = "enough"
    SHORT = "short"
    """One allocation is to be denied, and has not been."""
    DENIED = "denied"
    """One was denied: what follows has to be as if the call had not been made."""
    LOST = "lost"
    """The same, in a call that has no way to tell of it: what it was to keep may be lost."""
    COUNTED = "counted"
    """What was left was asked for, and the program has ended."""


@frozen(cache_hash=True)
class State:
    """Everything that a program's past can matter for."""

    contexts: tuple[tuple[str, Context], ...] = ()
    jobs: tuple[tuple[str, Job], ...] = ()
    running: str | None = None
    """The job that the program is inside of."""
    blocks: int = 0
    """How many pause blocks are on."""
    pool: int | None = None
    """The most jobs at one time, 0 for no limit; None while the thread has no pool."""
    capable: bool = True
    """Whether jobs can run at all; it never changes."""
    duplicate: Duplicate | None = None
    """What this implementation has shown to do with duplicates; None while it is open."""
    memory: Memory = Memory.ENOUGH
    files: tuple[tuple[str, File], ...] = ()
    """The real descriptors that were opened."""
    thread: str = "t0"
    """The thread that the program is on. All of the above is this thread's own, but for `capable`
    and `duplicate`."""
    waiting: tuple[tuple[str, State], ...] = ()
    """The states of the other threads, each as it was left."""
    racing: bool = False
    """Whether the threads run at the same time."""

    @property
    def alone(self) -> bool:
        """Whether the program has had no other thread so far."""
        return self.thread == "t0" and not self.waiting and not self.racing

    def context(self, name: str) -> Context | None:
        """Give a live context."""
        for key, one in self.contexts:
            if key == name:
                return one
        return None

    def job(self, name: str) -> Job | None:
        """Give a live job."""
        for key, one in self.jobs:
            if key == name:
                return one
        return None

    def job_of(self, ctx: str) -> Job | None:
        """Give the live job that was started on a context."""
        return next((job for _, job in self.jobs if job.ctx == ctx), None)

    def file(self, name: str | int) -> File | None:
        """Give what a real descriptor was left as; None for one that was never opened."""
        for key, one in self.files:
            if key == name:
                return one
        return None

    def at_hand(self, fd: int | str) -> bool:
        """Tell whether an fd can be set: a real descriptor that is open, or another number."""
        if isinstance(fd, str):
            return self.file(fd) in (File.QUIET, File.READABLE)
        return not self.files or fd not in FILE_NUMBERS.values()

    def with_file(self, name: str, file: File) -> State:
        """Set what a real descriptor is left as."""
        return evolve(self, files=_put(self.files, name, file))

    def cleaned(self, entries: Iterable[Entry]) -> State:
        """Give what follows when the cleanup routines of associations are called: they close."""
        after = self
        for one in entries if self.files else ():
            if isinstance(one.fd, str) and one.cleanup != "null":
                after = after.with_file(one.fd, File.CLOSED)
        return after

    def with_context(self, name: str, context: Context | None) -> State:
        """Set a context, or with None take it away."""
        return evolve(self, contexts=_put(self.contexts, name, context))

    def with_job(self, name: str, job: Job | None) -> State:
        """Set a job, or with None take it away."""
        return evolve(self, jobs=_put(self.jobs, name, job))


def _put(
    pairs: tuple[tuple[str, _T], ...], name: str, value: _T | None
) -> tuple[tuple[str, _T], ...]:
    kept = [pair for pair in pairs if pair[0] != name]
    if value is not None:
        kept.append((name, value))
    return tuple(sorted(kept, key=_name))


def _name(pair: tuple[str, object]) -> str:
    return pair[0]
