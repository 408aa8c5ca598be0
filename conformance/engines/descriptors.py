"""The engine of real descriptors: programs open what they wait for, and look what became of it.

Clients' patterns come first, then random programs some of whose fds are real ones. Each ends by
asking what stays open.
"""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from waitctx.conformance import operations as ops
from waitctx.conformance.model import Model
from waitctx.conformance.state import State

from . import random_programs, scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program

#: So many random programs come after the scenarios.
RANDOM: Final = 40
#: Longer ones are cut: each descriptor costs system calls.
LONGEST: Final = 60
#: How often a set gets a real descriptor, and how often one is looked at after an operation.
_REAL: Final = 0.7
_LOOKING: Final = 0.3


def programs(
    profile: Profile, words: Sequence[str], seed: int, *, capable: bool
) -> Iterator[Program]:
    """Give programs with real descriptors, each with `Descriptors` at its end."""
    known = scenarios.programs(profile, words, capable=capable, file="descriptors.toml")
    made = random_programs.programs(profile, words, seed, capable=capable)
    short = (one for one in made if len(one) <= LONGEST)
    for program in known:
        yield (*program, ops.Descriptors())
    for number, program in enumerate(islice(short, RANDOM)):
        writer = _Writer(Model(profile), Random(f"{seed}:{number}:files"), State(capable=capable))
        yield (*writer.write(program), ops.Descriptors())


@define(eq=False)
class _Writer:
    """One program in the making."""

    model: Model
    random: Random
    state: State
    files: list[str] = field(factory=lambda: list(ops.FILES))
    """Those not opened yet."""

    def write(self, program: Program) -> Iterator[ops.Operation]:
        self.random.shuffle(self.files)
        for operation in program:
            if isinstance(operation, ops.SetWaitFd):
                yield from self._set(operation)
            else:
                yield self._done(operation)
            if self.random.random() < _LOOKING:
                yield from self._look()
        for name, _ in self.state.files:
            yield self._done(ops.Look(name))
            if self.model.defined(self.state, ops.Close(name)):
                yield self._done(ops.Close(name))
                yield self._done(ops.Look(name))

    def _set(self, operation: ops.SetWaitFd) -> Iterator[ops.Operation]:
        """Set a real descriptor instead, but for a key in use: whose routine runs is open there."""
        context = self.state.context(operation.ctx)
        old = None if context is None else context.find(operation.key)
        if old is not None and isinstance(old.fd, str):
            return
        if old is None and self.files and self.random.random() < _REAL:
            name = self.files.pop()
            yield self._done(ops.Open(name))
            operation = evolve(operation, fd=name)
        yield self._done(operation)

    def _look(self) -> Iterator[ops.Operation]:
        """Make one readable, read from it, or look at it."""
        names = [name for name, _ in self.state.files]
        if not names:
            return
        name = self.random.choice(names)
        kind = self.random.choice((ops.Wake, ops.Drain, ops.Look))
        for operation in (kind(name), ops.Look(name)):
            if self.model.defined(self.state, operation):
                yield self._done(operation)

    def _done(self, operation: ops.Operation) -> ops.Operation:
        self.state = self.model.step(self.state, operation)[0].state
        return operation
