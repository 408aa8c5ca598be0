"""The model's rules for wait fds, and for the window that `changed` tells about.

A window of a context begins when it is made and anew at each resume of its job. In profile
`openssl` that is all. In profile `spec` it is open whether changes made between PAUSE and the
resume (`Entry.late`) belong to the window before or to the one after: they become MAYBE marks when
the job is resumed.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Final

from attrs import evolve

from .expectations import CLEANUPS, Answers, Calls, Clauses, Listing
from .observations import UNTOUCHED
from .operations import ASKING, ClearFd, GetAllFds, GetChangedFds, GetFd, Operation, SetWaitFd
from .outcomes import Outcome, Profile, Rule
from .rules_contexts import APART, STAYS, call_of, doubtful, existing
from .state import Context, Duplicate, Entry, Mark, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Past so many open changes at one time the answers that are permitted are too many to follow.
MAX_MAYBES: Final = 10
#: Past so many associations of a context, live or cleared, it is not followed: each step takes
#: longer the more there are, and a trace may have been made to take for ever.
MAX_ENTRIES: Final = 500

#: What a clear may not do to what it is not about.
_CLEARING: Final = ("FD-CLEAR-07", "FD-CLEAR-06", "FD-CLEAR-04")

_MAYBES: Final = (Mark.MAYBE_FRESH, Mark.MAYBE_DOOMED)
_CLEARED: Final = {
    Mark.FRESH: None,
    Mark.MAYBE_FRESH: Mark.MAYBE_DOOMED,
    Mark.OLD: Mark.DOOMED,
}


def set_wait_fd(state: State, op: SetWaitFd, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_set_wait_fd: a key in use is refused, replaced or shadowed."""
    context = existing(state, op.ctx)
    if len(context.entries) + len(context.ghosts) >= MAX_ENTRIES:
        raise TooManyEntriesError
    late = _is_paused(state, op.ctx)
    added = Entry(op.key, op.fd, op.data, op.cleanup, late=late)
    old = context.find(op.key)
    special = _special(op)
    silent = Calls(CLEANUPS, ("FD-SET-05",))
    if old is None:
        clauses = (*special, "FD-CLEAR-07", "FD-SET-03", *STAYS, APART, "FD-SET-01")
        expected = (Answers("rc", (1,), clauses), silent)
        yield Outcome(expected, state.with_context(op.ctx, context.adding(added)))
        return

    accepted = Answers("rc", (1,), ("FD-SET-04",))
    if state.duplicate is not Duplicate.REPLACED:
        after = state.with_context(op.ctx, context.adding(added))
        after = evolve(after, duplicate=Duplicate.SHADOWED)
        reading = "a key set while it is live: shadowed"
        yield Outcome((accepted, silent), after, reading)
    if profile.pinned:
        return
    refused = (Answers("rc", (0,), ("FD-SET-04",)), silent)
    yield Outcome(refused, state, "a key set while it is live: refused")
    if state.duplicate is not Duplicate.SHADOWED:
        yield from _replaced(state, op, old, added, profile)


def _replaced(
    state: State, op: SetWaitFd, old: Entry, added: Entry, profile: Profile
) -> Iterator[Outcome]:
    context = existing(state, op.ctx)
    gone = context.replacing(old, _cleared(old, profile, late=added.late)).adding(added)
    state = evolve(state, duplicate=Duplicate.REPLACED)
    accepted = Answers("rc", (1,), ("FD-SET-04",))
    reading = "a key set while it is live: replaced"
    silent = Calls(CLEANUPS, ("FD-SET-05",))
    # The page calls the routine of an association at free unless it was cleared "directly", so that
    # of a replaced one may be called at once, at free, or never.
    owed = gone if old.cleanup == "null" else evolve(gone, ghosts=(old, *gone.ghosts))
    yield Outcome((accepted, silent), state.with_context(op.ctx, owed), reading)
    if old.cleanup != "null":
        call = (call_of(op.ctx, old),)
        clauses: Clauses = ("FD-SET-04",)
        called = Calls(CLEANUPS, clauses, clauses, clauses, required=call)
        after = state.with_context(op.ctx, gone).cleaned([old])
        yield Outcome((accepted, called), after, reading)


def _special(op: SetWaitFd) -> Clauses:
    negative = ("FD-SET-06",) if is_negative(op.fd) else ()
    null = ("FD-SET-07",) if op.key == "null" else ()
    return (*negative, *null)


def is_negative(fd: int | str) -> bool:
    """Tell whether an fd is a number below 0."""
    return isinstance(fd, int) and fd < 0


def _is_paused(state: State, name: str) -> bool:
    job = state.job_of(name)
    return job is not None and job.paused


def get_fd(state: State, op: GetFd, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_get_fd: the live association of the key."""
    context = existing(state, op.ctx)
    entry = context.find(op.key)
    beside = Answers("stray", (0,), ("FD-GET-06",))
    if entry is None:
        outs: tuple[int | str, ...] = (UNTOUCHED,) if profile.pinned else ()
        clauses = ("FD-GET-05",) if outs else ()
        expected = (
            Answers("rc", (0,), ("FD-CLEAR-05", APART, *_whole(context), "FD-GET-04")),
            Answers("fd", outs, clauses),
            Answers("data", outs, clauses),
            beside,
        )
        yield Outcome(expected, state)
        return
    duplicates = doubtful(state)
    null = ("FD-SET-07",) if op.key == "null" else ()
    held = (*null, *duplicates, *_CLEARING, *STAYS, APART, "FD-SET-03")
    expected = (
        Answers("rc", (1,), (*held, "FD-GET-01")),
        Answers("fd", (entry.fd,), (*duplicates, "FD-CLEAR-07", APART, "FD-SET-03", "FD-GET-02")),
        Answers("data", (entry.data,), (*duplicates, "FD-CLEAR-07", "FD-GET-03")),
        beside,
    )
    yield Outcome(expected, state)


def _whole(context: Context) -> Clauses:
    """Say that a key is not found by another, where there are others."""
    return ("FD-SET-08",) if context.live else ()


def get_all_fds(state: State, op: GetAllFds, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_get_all_fds: every live association's fd."""
    context = existing(state, op.ctx)
    given = op.fds == "array"
    duplicates = doubtful(state)
    null = ("FD-SET-07",) if any(one.key == "null" for one in context.live) else ()
    held = (*null, *duplicates, *_CLEARING, *STAYS, APART, "FD-SET-03")
    empty = () if context.live else ("CTX-NEW-02",)
    alone = ("FD-SET-02",) if len(context.live) == 1 else ()
    listing = Listing(
        "count",
        "fds",
        tuple(entry.fd for entry in context.live),
        given=given,
        ordered=profile.pinned,
        of_count=("FD-ALL-02", *empty) if given else ("FD-ALL-03",),
        of_length=("FD-ALL-05",),
        of_content=(*duplicates, "FD-CLEAR-06", "FD-ALL-04"),
        of_excess=(*duplicates, "FD-CLEAR-05", APART, "FD-ALL-04", *empty),
        of_lack=(*held, *alone, "FD-ALL-04"),
        of_order=("FD-ALL-06",),
    )
    beside = Answers("stray", (0,), ("FD-ALL-05",))
    yield Outcome((Answers("rc", (1,), ("FD-ALL-01",)), listing, beside), state)


def clear_fd(state: State, op: ClearFd, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_clear_fd: the association goes, and its routine is not called."""
    context = existing(state, op.ctx)
    entry = context.find(op.key)
    silent = Calls(CLEANUPS, ("FD-CLEAR-02",))
    if entry is None:
        # The clear itself is among the operations of FD-CLEAR-05, so that would always fit.
        clauses = (APART, *_whole(context), "FD-CLEAR-05", "FD-CLEAR-04")
        yield Outcome((Answers("rc", (0,), clauses), silent), state)
        return
    duplicates = doubtful(state)
    clauses = (*duplicates, "FD-CLEAR-07", *STAYS, APART, "FD-SET-03", "FD-CLEAR-01", "FD-CLEAR-06")
    cleared = _cleared(entry, profile, late=_is_paused(state, op.ctx))
    after = state.with_context(op.ctx, context.replacing(entry, cleared))
    yield Outcome((Answers("rc", (1,), clauses), silent), after)


def _cleared(entry: Entry, profile: Profile, *, late: bool) -> Entry | None:
    """Give what is left of an association that is cleared: nothing, or something to be told."""
    mark = _CLEARED[entry.mark]
    if not profile.pinned and entry.mark is Mark.FRESH and late and not entry.late:
        # Told as added at the PAUSE: whoever compares with that moment tells it as deleted.
        mark = Mark.MAYBE_DOOMED
    return None if mark is None else evolve(entry, mark=mark, late=late)


def resumed(context: Context, profile: Profile) -> Context:
    """Begin a window, as the resume of a context's job does."""
    kept = (_into_next_window(entry, profile) for entry in context.entries)
    return evolve(context, entries=tuple(one for one in kept if one is not None), told=None)


def _into_next_window(entry: Entry, profile: Profile) -> Entry | None:
    if entry.mark is Mark.OLD and not entry.late:
        return entry  # as most are where there are many
    if profile.pinned:
        # That it was late is remembered for one window, in which somebody could miss it.
        late = entry.late and entry.mark is Mark.FRESH
        return evolve(entry, mark=Mark.OLD, late=late) if entry.mark.live else None
    if entry.mark.live:
        return evolve(entry, mark=Mark.MAYBE_FRESH if entry.late else Mark.OLD, late=False)
    return evolve(entry, mark=Mark.MAYBE_DOOMED, late=False) if entry.late else None


def get_changed_fds(state: State, op: GetChangedFds, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_get_changed_fds: what was added and deleted in this window."""
    context = existing(state, op.ctx)
    permitted = _changes(context, profile)
    if context.told is not None:
        permitted = [one for one in permitted if (len(one[0]), len(one[1])) == context.told]
    late = any(one.late or one.mark in _MAYBES for one in context.entries)
    paused = ("FD-CHANGED-12",) if late else ()
    at_pause = _is_paused(state, op.ctx)
    told = ("FD-CHANGED-07",) if at_pause else ()
    first = all(one.mark is Mark.FRESH for one in context.entries)
    begun = ("FD-CHANGED-17", "JOB-PAUSE-04") if first and not at_pause else ()
    again = ("FD-CHANGED-15",) if _set_again(context) else ()
    duplicates = doubtful(state)
    beside = ("FD-CLEAR-06", "FD-SET-03")
    lack = (*duplicates, APART, *paused, *again, *told, *_SURVIVED, *begun, *beside)
    for added, deleted in permitted:
        after = state
        if len(permitted) > 1 and context.told is None:
            numbers = (len(added), len(deleted))
            after = state.with_context(op.ctx, evolve(context, told=numbers))
        lists = (
            Listing(
                "numadd",
                "added",
                added,
                given=op.added == "array",
                ordered=profile.pinned,
                of_count=(_BOTH, "FD-CHANGED-02") if op.added == "array" else ("FD-CHANGED-06",),
                of_length=("FD-CHANGED-16",),
                of_content=(*again, "FD-CHANGED-04"),
                of_excess=(*paused, APART, "FD-CHANGED-08", _BOTH, "FD-CHANGED-04"),
                of_lack=(*lack, "FD-CHANGED-04"),
                of_order=("FD-CHANGED-11",),
            ),
            Listing(
                "numdel",
                "deleted",
                deleted,
                given=op.deleted == "array",
                ordered=profile.pinned,
                of_count=(_BOTH, "FD-CHANGED-03") if op.deleted == "array" else ("FD-CHANGED-06",),
                of_length=("FD-CHANGED-16",),
                of_content=(*again, "FD-CHANGED-05"),
                of_excess=(*paused, *again, APART, "FD-CHANGED-08", _BOTH, "FD-CHANGED-05"),
                of_lack=(*paused, *again, *_KEPT, "FD-CHANGED-05"),
                of_order=("FD-CHANGED-11",),
            ),
        )
        stray = Answers("stray", (0,), ("FD-CHANGED-16",))
        yield Outcome((Answers("rc", (1,), ("FD-CHANGED-01",)), *lists, stray), after)


def _set_again(context: Context) -> bool:
    """Tell whether an fd number went and came again in this window."""
    come = {one.fd for one in context.live if one.mark is not Mark.OLD}
    return any(one.fd in come for one in context.entries if not one.mark.live)


#: Set and cleared within a window: in neither list.
_BOTH: Final = "FD-CHANGED-09"
#: What may not make a window forget, most special first.
_KEPT: Final = ("FD-CHANGED-13", "FD-CHANGED-14", "FD-CHANGED-10")
_SURVIVED: Final = ("FD-CHANGED-13", "CTX-REUSE-01", "FD-CHANGED-14", "FD-CHANGED-10")

_Fds = tuple[int | str, ...]


def _changes(context: Context, profile: Profile) -> list[tuple[_Fds, _Fds]]:
    """Give every permitted pair of added and deleted fds."""
    added = tuple(one.fd for one in context.entries if one.mark is Mark.FRESH)
    deleted = tuple(one.fd for one in context.entries if one.mark is Mark.DOOMED)
    if profile.pinned:
        return [(added, deleted)]
    choices = [one for one in context.entries if one.mark in _MAYBES]
    if len(choices) > MAX_MAYBES:
        raise TooManyReadingsError
    found: dict[tuple[_Fds, _Fds], None] = {}
    for taken in product((False, True), repeat=len(choices)):
        told = [one for one, take in zip(choices, taken, strict=True) if take]
        plus = (*added, *(one.fd for one in told if one.mark is Mark.MAYBE_FRESH))
        minus = (*deleted, *(one.fd for one in told if one.mark is Mark.MAYBE_DOOMED))
        for pair in _cancelled(plus, minus):
            found[pair] = None
    return list(found)


class TooMuchError(Exception):
    """There is an answer that the page permits, but to find it would take too long; says why."""


class TooManyReadingsError(TooMuchError):
    """The page leaves so much open at this point that the permitted answers cannot be listed."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"more than {MAX_MAYBES} changes are open to two readings here"


class TooManyEntriesError(TooMuchError):
    """A context has so many associations that each further step would take long."""

    def __str__(self) -> str:
        """Say it in one line."""
        return f"more than {MAX_ENTRIES:,} fds of a context are not followed"


def _cancelled(added: _Fds, deleted: _Fds) -> Iterator[tuple[_Fds, _Fds]]:
    """Give the pair as it is, then with fds that are both deleted and added left out of both.

    The page tells of fds, not of keys, so an fd number that went and came again within a window
    need not be told at all (FD-CHANGED-15).
    """
    plus, minus = Counter(added), Counter(deleted)
    both = plus & minus
    for numbers in product(*(range(count + 1) for count in both.values())):
        less = Counter(dict(zip(both, numbers, strict=True)))
        yield _sorted((plus - less).elements()), _sorted((minus - less).elements())


def _sorted(fds: Iterable[int | str]) -> _Fds:
    """Put fds in an order of some kind: numbers, then real descriptors."""
    return tuple(sorted(fds, key=lambda fd: (isinstance(fd, str), fd)))


RULES: Final[dict[type[Operation], Rule]] = {
    SetWaitFd: set_wait_fd,
    GetFd: get_fd,
    GetAllFds: get_all_fds,
    GetChangedFds: get_changed_fds,
    ClearFd: clear_fd,
}


def defined(state: State, op: Operation, profile: Profile) -> bool:
    """Tell whether what happens is defined."""
    match op:
        case SetWaitFd():
            # What a cleanup may ask of a context that is being freed the page does not say.
            known = profile.pinned or (not is_negative(op.fd) and op.cleanup != ASKING)
            return known and state.at_hand(op.fd) and state.context(op.ctx) is not None
        case GetFd() | ClearFd() | GetAllFds() | GetChangedFds():
            return state.context(op.ctx) is not None
    raise AssertionError(op)
