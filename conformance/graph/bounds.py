"""Bounds: how much of the model's endless state space is looked at, and with which symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attrs import asdict, frozen

if TYPE_CHECKING:
    from waitctx.conformance.outcomes import Profile

#: Operations that begin, end and look into the life of contexts, fds and jobs.
_FDS: Final = ("new", "free", "set", "get", "all", "changed", "clear")
_JOBS: Final = ("start", "pause", "resume", "return")
_THREAD: Final = (
    *("current", "wait_ctx", "args", "block", "unblock"),
    *("init_thread", "cleanup_thread", "is_capable"),
)


@frozen(kw_only=True)
class Bounds:
    """A small world: how many of each symbol there are, and what is done with them."""

    name: str
    words: tuple[str, ...]
    """The operations."""
    contexts: int = 1
    keys: int = 1
    jobs: int = 1
    variants: int = 1
    """With how many different fds, data and routines a key can be set on a context."""
    entries: int = 3
    """The most associations that a context holds at a time, cleared ones that are still to be told
    among them."""
    blocks: int = 0
    """How deep pause blocks nest."""
    arrays: tuple[str, ...] = ("array",)
    callbacks: tuple[tuple[str, str], ...] = ()
    """Callback and argument."""
    statuses: tuple[int, ...] = ()
    arguments: tuple[str, ...] = ("null",)
    """The argument blocks that jobs are started with."""
    returns: tuple[int, ...] = (1,)
    pools: tuple[tuple[int, int], ...] = ()
    """The most jobs, and how many at first."""

    def __str__(self) -> str:
        """Say in words what there is of each kind."""
        parts = [
            _counted(self.contexts, "context"),
            _counted(self.keys, "key") if "set" in self.words else "",
            _counted(self.jobs, "job") if "start" in self.words else "",
            _counted(len(self.callbacks), "callback setting") if self.callbacks else "",
            _counted(len(self.statuses), "status value") if self.statuses else "",
            _counted(len(self.pools), "pool size") if self.pools else "",
        ]
        return ", ".join(filter(None, parts))

    def to_json(self) -> dict[str, object]:
        """Give the bounds as a plain object."""
        return asdict(self)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def standard(profile: Profile, keys: int = 2) -> tuple[Bounds, ...]:
    """Give the worlds that are walked if nobody asks for others.

    One world with all of it would be the product of these, and too large to be walked deep. Each
    holds what has to do with one another; long random programs mix the rest. Where the page leaves
    choices open there are many more states, so contexts hold less at a time.
    """
    room = 0 if profile.pinned else 1
    return (
        Bounds(name="keys", words=(*_FDS, *_JOBS), keys=keys, entries=3 - room),
        Bounds(
            name="contexts",
            words=(*_FDS, *_JOBS, "wait_ctx"),
            contexts=2,
            jobs=2,
            entries=2 - room,
        ),
        Bounds(name="variants", words=(*_FDS, *_JOBS), variants=2, entries=3 - room),
        Bounds(
            name="callbacks",
            words=(*_FDS, *_JOBS, "set_callback", "get_callback", "set_status", "get_status"),
            entries=1,
            arrays=("array", "null"),
            callbacks=(("b0", "d0"), ("b1", "null"), ("null", "d0")),
            statuses=(1, 2, 4),
        ),
        Bounds(
            name="threads",
            words=("new", "free", "changed", *_JOBS, *_THREAD),
            contexts=2,
            jobs=2,
            blocks=2,
            arguments=("null", "a3"),
            returns=(0, 7),
            pools=((1, 0), (2, 1)),
        ),
    )
