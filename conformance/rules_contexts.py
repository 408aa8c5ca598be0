"""The model's rules for contexts as such, callbacks and status."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from attrs import evolve

from .expectations import CLEANUPS, NO_CALLBACK, Answers, Calls, Clauses
from .observations import UNTOUCHED, Event
from .operations import (
    ASKING,
    Free,
    GetCallback,
    GetStatus,
    New,
    Operation,
    SetCallback,
    SetStatus,
)
from .outcomes import Outcome, Profile, Rule
from .state import Context, Entry, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The values that the page lists.
STATUSES = range(4)

#: Clauses that any look into a context rests on; the program's operations tell which apply.
STAYS = ("CTX-REUSE-01", "CTX-KEEP-02", "CTX-KEEP-01")
APART = "CTX-NEW-03"


def existing(state: State, name: str) -> Context:
    """Give a context that the precondition has made sure of."""
    context = state.context(name)
    assert context is not None, name
    return context


def new(state: State, op: New, _: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_new: a context that is no other live one."""
    expected = (Answers("ctx", ("new",), ("CTX-NEW-01",)),)
    yield Outcome(expected, state.with_context(op.ctx, Context()))


def doubtful(state: State) -> Clauses:
    """Name the clause about setting live keys, where what was made of one may matter."""
    return () if state.duplicate is None else ("FD-SET-04",)


def call_of(name: str, entry: Entry) -> Event:
    """Give the call of an association's cleanup routine."""
    return Event(entry.cleanup, (name, entry.key, entry.fd, entry.data))


def free(state: State, op: Free, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_free: every live association's routine once; what was cleared, never."""
    if op.ctx == "null":
        yield Outcome((Calls(CLEANUPS, ("CTX-FREE-04",)),), state)
        return
    context = existing(state, op.ctx)
    duplicates = doubtful(state)
    general = (*duplicates, *STAYS, APART, "CTX-FREE-01")
    after = state.with_context(op.ctx, None)
    asked = _asked(context)
    for owed in _ways_of(context.ghosts, state):
        called = (*context.live, *owed)
        calls = Calls(
            CLEANUPS,
            of_excess=("FD-CLEAR-03", *general),
            of_again=(*duplicates, "CTX-FREE-01"),
            of_lack=("FD-CLEAR-07", "FD-CLEAR-06", *general),
            of_arguments=("CTX-FREE-02",),
            of_order=("CTX-FREE-03",),
            required=_calls(op.ctx, called),
            optional=_calls(op.ctx, [one for one in context.ghosts if not is_real(one, state)]),
            ordered=profile.pinned,
        )
        # Where all fail, as in a crash, and no clause is about the program, the last is blamed.
        expected = (calls, asked) if asked.required else (asked, calls)
        yield Outcome(expected, after.cleaned(called))


def _asked(context: Context) -> Calls:
    """Expect the callback to be called by each cleanup routine that asks for it."""
    asking = [one for one in context.live if one.cleanup == ASKING]
    if context.callback == "null" or not asking:
        return NO_CALLBACK
    calls = (Event(context.callback, (context.arg,)),) * len(asking)
    clauses = ("CTX-FREE-05",)
    return evolve(NO_CALLBACK, of_lack=clauses, of_arguments=clauses, required=calls)


def is_real(entry: Entry, state: State) -> bool:
    """Tell whether an association's routine closes something that can be looked at later."""
    return entry.cleanup != "null" and state.file(entry.fd) is not None


def _ways_of(ghosts: tuple[Entry, ...], state: State) -> Iterator[tuple[Entry, ...]]:
    """Give every choice among replaced associations of those whose routine is called.

    It is only made where the call can be told later; elsewhere that is left open.
    """
    real = [one for one in ghosts if is_real(one, state)]
    for taken in product((False, True), repeat=len(real)):
        yield tuple(one for one, take in zip(real, taken, strict=True) if take)


def _calls(name: str, entries: Iterable[Entry]) -> tuple[Event, ...]:
    return tuple(call_of(name, entry) for entry in entries if entry.cleanup != "null")


def set_callback(state: State, op: SetCallback, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_set_callback: the latest pair counts; NULL takes it away, or is refused."""
    if op.ctx == "null":
        yield Outcome((Answers("rc", (0,), ("CB-SET-04",)),), state)
        return
    context = evolve(existing(state, op.ctx), callback=op.callback, arg=op.arg)
    stored = state.with_context(op.ctx, context)
    if op.callback != "null":
        expected = (Answers("rc", (1,), ("CB-SET-02", "CB-SET-01")),)
        yield Outcome(expected, stored)
        return
    expected = (Answers("rc", (1,), ("CB-SET-03",)),)
    yield Outcome(expected, stored, "a NULL callback: takes the stored one away")
    if not profile.pinned:
        refused = (Answers("rc", (0,), ("CB-SET-03",)),)
        yield Outcome(refused, state, "a NULL callback: refused")


def get_callback(state: State, op: GetCallback, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_get_callback: the stored pair; with none stored 0, or 1 with NULL."""
    context = existing(state, op.ctx)
    beside = Answers("stray", (0,), ("CB-GET-05",))
    if context.callback == "null":
        outs: tuple[int | str, ...] = (UNTOUCHED,) if profile.pinned else ()
        none = (APART, "CB-SET-03", "CB-GET-03")
        refused = (
            Answers("rc", (0,), none),
            Answers("callback", outs, ("CB-GET-04",) if outs else ()),
            Answers("arg", outs, ("CB-GET-04",) if outs else ()),
            beside,
        )
        yield Outcome(refused, state, "no callback: get_callback says 0")
        if not profile.pinned:
            given = (
                Answers("rc", (1,), none),
                Answers("callback", ("null",), none),
                Answers("arg", ()),
                beside,
            )
            yield Outcome(given, state, "no callback: get_callback says 1 with NULL")
        return
    special = ("CB-SET-02", *STAYS, APART)
    expected = (
        Answers("rc", (1,), (*special, "CB-GET-01")),
        Answers("callback", (context.callback,), (*special, "CB-GET-01")),
        Answers("arg", (context.arg,), (*special, "CB-GET-02")),
        beside,
    )
    yield Outcome(expected, state)


def set_status(state: State, op: SetStatus, profile: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_set_status: the four values are stored; others stored or refused."""
    context = evolve(existing(state, op.ctx), status=op.status)
    stored = state.with_context(op.ctx, context)
    if op.status in STATUSES:
        yield Outcome((Answers("rc", (1,), ("STATUS-SET-01",)),), stored)
        return
    yield Outcome((Answers("rc", (1,), ("STATUS-SET-02",)),), stored, "other status values: stored")
    if not profile.pinned:
        refused = (Answers("rc", (0,), ("STATUS-SET-02",)),)
        yield Outcome(refused, state, "other status values: refused")


def get_status(state: State, op: GetStatus, _: Profile) -> Iterator[Outcome]:
    """ASYNC_WAIT_CTX_get_status: the value last set, at first UNSUPPORTED."""
    status = existing(state, op.ctx).status
    beyond = () if status in STATUSES else ("STATUS-SET-02",)
    first = ("STATUS-DEFAULT-01",) if status == 0 else ()
    kept = (*STAYS, APART, "STATUS-KEEP-01", "STATUS-KEEP-02")
    clauses = (*kept, *beyond, "STATUS-GET-01", *first)
    yield Outcome((Answers("status", (status,), clauses),), state)


RULES: Final[dict[type[Operation], Rule]] = {
    New: new,
    Free: free,
    SetCallback: set_callback,
    GetCallback: get_callback,
    SetStatus: set_status,
    GetStatus: get_status,
}


def defined(state: State, op: Operation, profile: Profile) -> bool:
    """Tell whether what happens is defined.

    Of NULL contexts the page says nothing; two functions take them in every release.
    """
    match op:
        case Free(ctx="null") | SetCallback(ctx="null"):
            return profile.pinned
        case New():
            return state.context(op.ctx) is None
        case Free():
            return state.context(op.ctx) is not None and state.job_of(op.ctx) is None
        case SetCallback() | GetCallback() | SetStatus() | GetStatus():
            return state.context(op.ctx) is not None
    raise AssertionError(op)
