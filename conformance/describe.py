"""The model's state in words, for people who read what a failing program did step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .state import Mark, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .state import Context, Entry

_MARKS: Final = {
    Mark.FRESH: "added",
    Mark.MAYBE_FRESH: "perhaps added",
    Mark.OLD: "",
    Mark.DOOMED: "deleted",
    Mark.MAYBE_DOOMED: "perhaps deleted",
}


def describe(state: State) -> str:
    """Write a state in one line: ``c0 {k0=fd 7 added}; j0 paused on c0``."""
    here = "" if state.alone else f"on {state.thread}: "
    return here + ("; ".join(_parts(state)) or "nothing")


def _parts(state: State) -> Iterator[str]:
    for name, context in state.contexts:
        yield f"{name} {{{', '.join(_held(context))}}}"
    for name, job in state.jobs:
        doing = "runs" if name == state.running else "paused" if job.paused else "waits"
        yield f"{name} {doing} on {job.ctx}"
    if state.blocks:
        yield f"{state.blocks} pause blocks" if state.blocks > 1 else "1 pause block"
    if state.pool is not None:
        yield f"pool of {state.pool}" if state.pool else "pool without limit"
    for name, file in state.files:
        yield f"{name} {file.value}"
    for name, other in state.waiting:
        yield f"on {name}: {describe(other)}"


def _held(context: Context) -> Iterator[str]:
    yield from map(_entry, context.entries)
    if context.callback != "null":
        yield f"callback {context.callback}({context.arg})"
    if context.status:
        yield f"status {context.status}"


def _entry(entry: Entry) -> str:
    data = f" {entry.data}" if entry.data != "null" else ""
    mark = f" {_MARKS[entry.mark]}" if _MARKS[entry.mark] else ""
    fd = entry.fd if isinstance(entry.fd, str) else f"fd {entry.fd}"
    return f"{entry.key}={fd}{data}{mark}"
