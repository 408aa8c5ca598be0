"""Makes random programs that are defined from end to end, and closed: nothing is left behind.

What is defined depends on which contexts and jobs exist, never on what contexts hold. So the
generator follows the model through a skeleton of its state in which every context stays empty;
there are few of these, and what each allows is asked of the model once.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from attrs import define, field, fields

from waitctx.conformance import operations as ops
from waitctx.conformance.model import Model
from waitctx.conformance.operations import OPERATIONS, Operation, Symbol
from waitctx.conformance.outcomes import OPENSSL, Profile
from waitctx.conformance.state import State

from .swarm import Swarm, draw_crowd, draw_swarm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from random import Random

    from waitctx.conformance.programs import Program

#: Operations after which others are defined than before.
_SKELETAL: Final = (
    ops.New,
    ops.Free,
    ops.Start,
    ops.Pause,
    ops.Resume,
    ops.Return,
    ops.BlockPause,
    ops.UnblockPause,
    ops.InitThread,
    ops.CleanupThread,
)
#: Arguments that have no say in whether an operation is defined, as far as a swarm draws them.
_ANY: Final[dict[Symbol, tuple[str | int, ...]]] = {
    Symbol.KEY: ("k0",),
    Symbol.DATA: ("null",),
    Symbol.ROUTINE: ("null",),
    Symbol.CALLBACK: ("b0",),
    Symbol.BLOCK: ("null",),
    Symbol.ARRAY: ("array",),
    Symbol.NUMBER: (0,),
    Symbol.FD: (0,),
}
#: Random programs nest pause blocks no deeper, for each has to be taken away again.
_MAX_BLOCKS: Final = 4
#: Past so many changes to a context while its job is paused, profile `spec` leaves too much open.
_MAX_LATE: Final = 4

Arguments = tuple[str | int, ...]


@lru_cache(maxsize=100_000)
def operation_of(word: str, *arguments: str | int) -> Operation:
    """Give an operation; the same object for the same arguments, so that comparing is quick."""
    return OPERATIONS[word](*arguments)


@lru_cache(maxsize=50_000)
def follow(state: State, operation: Operation) -> State:
    """Give the skeleton after an operation."""
    if not isinstance(operation, _SKELETAL):
        return state
    return Model(OPENSSL).step(state, operation)[0].state


@lru_cache(maxsize=50_000)
def enabled(profile: Profile, state: State, contexts: int, jobs: int) -> dict[str, list[Arguments]]:
    """Give every operation that is defined in a skeleton, with the arguments that make it so."""
    model = Model(profile)
    names: dict[Symbol, tuple[str | int, ...]] = {
        **_ANY,
        Symbol.CONTEXT: _with_one_more([name for name, _ in state.contexts], "c", contexts),
        Symbol.JOB: _with_one_more([name for name, _ in state.jobs], "j", jobs),
    }
    found: dict[str, list[Arguments]] = {}
    for word, cls in OPERATIONS.items():
        if cls is ops.BlockPause and state.blocks >= _MAX_BLOCKS:
            continue
        for arguments in product(*(names[one.metadata["symbol"]] for one in fields(cls))):
            if model.defined(state, operation_of(word, *arguments)):
                found.setdefault(word, []).append(arguments)
    return found


def _with_one_more(used: list[str], letter: str, limit: int) -> tuple[str, ...]:
    """Give the symbols in use, and one that is free as long as there may be more."""
    free = (name for name in (f"{letter}{index}" for index in range(limit)) if name not in used)
    return (*used, *islice(free, 1))


#: What undoes what a program has done; without it a program could not be closed.
_UNDONE_BY: Final = {"block": "unblock", "init_thread": "cleanup_thread"}


def _closable(words: Collection[str]) -> tuple[str, ...]:
    return tuple(one for one in words if _UNDONE_BY.get(one, one) in words)


@define(eq=False)
class Generator:
    """Makes programs of the operations that an implementation supports."""

    profile: Profile
    words: tuple[str, ...] = field(converter=_closable)
    """The operations to use; of pairs that undo each other both or none."""
    capable: bool = True

    def program(self, random: Random, *, crowded: bool = False) -> Program:
        """Make one program; the same source of chance gives the same program.

        A crowded one has hundreds of keys or tens of contexts.
        """
        draw = draw_crowd if crowded else draw_swarm
        return tuple(_Writer(self, random, draw(random, self.profile, self.words)).write())


@define
class _Writer:
    """One program in the making."""

    generator: Generator
    random: Random
    swarm: Swarm
    state: State = field(init=False)
    late: dict[str, int] = field(factory=dict, init=False)
    """How often each context was changed while its job is paused."""

    def __attrs_post_init__(self) -> None:
        self.state = State(capable=self.generator.capable)

    def write(self) -> Iterator[Operation]:
        for _ in range(self.swarm.length):
            choice = self._choose()
            if choice is None:
                continue
            yield self._emit(*choice)
            if self.random.random() < self.swarm.looking:
                yield from self._look(choice[1])
        yield from self._close()

    def _enabled(self) -> dict[str, list[Arguments]]:
        swarm = self.swarm
        return enabled(self.generator.profile, self.state, swarm.contexts, swarm.jobs)

    def _choose(self) -> tuple[str, Arguments] | None:
        found = self._enabled()
        weights = self.swarm.weights
        words = [word for word in found if weights.get(word)]
        if not words:
            return None
        word = self.random.choices(words, [weights[word] for word in words])[0]
        fixed = self.random.choice(found[word])
        if word in ("set", "clear") and not self._may_change(str(fixed[0])):
            return None
        return word, fixed

    def _may_change(self, ctx: str) -> bool:
        job = self.state.job_of(ctx)
        if self.generator.profile.pinned or job is None or not job.paused:
            self.late.pop(ctx, None)
            return True
        self.late[ctx] = self.late.get(ctx, 0) + 1
        return self.late[ctx] <= _MAX_LATE

    def _emit(self, word: str, fixed: Arguments) -> Operation:
        operation = operation_of(word, *self._fill(word, fixed))
        self.state = follow(self.state, operation)
        return operation

    def _fill(self, word: str, fixed: Arguments) -> Arguments:
        """Draw the arguments that are free."""
        draw, swarm = self.random.choice, self.swarm
        match word:
            case "set":
                return (
                    fixed[0],
                    draw(swarm.keys),
                    draw(swarm.fds),
                    draw(swarm.data),
                    draw(swarm.cleanups),
                )
            case "get" | "clear":
                return fixed[0], draw(swarm.keys)
            case "all":
                return fixed[0], draw(swarm.arrays)
            case "changed":
                return fixed[0], draw(swarm.arrays), draw(swarm.arrays)
            case "set_callback":
                return fixed[0], draw(swarm.callbacks), draw(swarm.data)
            case "set_status":
                return fixed[0], draw(swarm.statuses)
            case "start":
                return fixed[0], fixed[1], draw(swarm.blocks)
            case "return":
                return (draw(swarm.returns),)
            case "init_thread":
                return draw(swarm.pools)
        return fixed

    def _look(self, changed: Arguments) -> Iterator[Operation]:
        """Look at what was changed last, if it is still there."""
        found = self._enabled()
        words = [
            word
            for word in ("get", "all", "changed", "get_callback", "get_status")
            if word in found
        ]
        words = [word for word in words if word in self.generator.words]
        if not words:
            return
        word = self.random.choice(words)
        same = [one for one in found[word] if one[0] in changed]
        yield self._emit(word, self.random.choice(same or found[word]))

    def _close(self) -> Iterator[Operation]:
        """Let every job return, free every context, and take the pool away."""
        while self.state.running or self.state.jobs:
            if self.state.blocks:
                yield self._emit("unblock", ())
            elif self.state.running:
                yield self._emit("return", ())
            else:
                name, job = self.state.jobs[0]
                yield self._emit("resume", (name, job.ctx))
        for name, _ in self.state.contexts:
            if "all" in self.generator.words:
                yield self._emit("all", (name,))
            yield self._emit("free", (name,))
        # There may be one though none was set up: that which the first job makes.
        if self.state.pool is not None and "cleanup_thread" in self.generator.words:
            yield self._emit("cleanup_thread", ())
