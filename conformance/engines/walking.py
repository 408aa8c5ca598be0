"""Engines that walk along the model's graphs, in a few small worlds."""

from __future__ import annotations

import math
from contextlib import ExitStack, closing
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from waitctx.conformance.adapters.native import NativeAdapter, native
from waitctx.conformance.graph import evidence
from waitctx.conformance.graph.shortcuts import shortcuts

from . import touring, walks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from waitctx.conformance.adapters.base import Adapter
    from waitctx.conformance.adapters.walking import Stray
    from waitctx.conformance.plan import Plan

    from .engine import Turn

    #: Walks, in a turn.
    Walk = Callable[[walks.Walks, Turn], walks.Slices]

#: An implementation that strays so often is faulty enough; each one takes a process.
_STRAYS: Final = 40
#: Where Python walks, programs have so many operations if neither user nor clock says how many.
SHALLOW: Final = 4


@frozen
class Walking:
    """An engine that walks; what the graphs do not explain is judged by the model itself."""

    name: str
    walk: Walk
    share: float
    lasts: float = math.inf
    watched: bool = False
    tool: str = ""
    resumes: bool = False
    anywhere: bool = False
    """Whether Python can walk in its way what C cannot call."""

    def lacking(self, adapter: Adapter) -> str:
        """Say that it is no shared library, where the walk has to be the driver's.

        Elsewhere a walk by chance would be the random engine in a smaller world.
        """
        if self.anywhere or native(adapter) is not None:
            return ""
        return "it walks in C, through shared libraries only"

    def take(self, turn: Turn) -> None:
        """Walk, slice by slice, and look at what the graphs do not explain."""
        adapter, tally, findings = turn.adapter, turn.tally, turn.findings
        if turn.over:
            return
        begun = monotonic()
        if not findings.worlds:
            findings.worlds = worlds_of(adapter, turn.plan)
            for world in findings.worlds:
                evidence.prepare(world.graph, turn.judge.catalogue)
        # Graphs are explored once and kept: that is not of the engine's time.
        took = monotonic() - begun
        turn = evolve(turn, until=turn.until + took, hurried=turn.hurried + took)
        begun = monotonic() - tally.seconds
        before = tally.programs, tally.operations
        strays = 0
        with ExitStack() as stack:
            others = _others(adapter, turn.plan.jobs, stack)
            steady = not turn.plan.timed
            walk = walks.Walks((adapter, *others), findings.worlds, turn.plan.seed, steady, *before)
            stack.enter_context(walk)
            slices = stack.enter_context(closing(self.walk(walk, turn)))
            stack.callback(self._look_at_all, walk.pending, turn)
            for stray in slices:
                tally.programs, tally.operations = walk.programs, walk.operations
                tally.seconds = monotonic() - begun
                tally.settled = walk.settled
                if stray is not None:
                    strays += 1
                    self._look_at(stray, turn)
                turn.listen(findings)
                if strays >= _STRAYS or turn.over:
                    break

    def _look_at_all(self, strays: Sequence[Stray], turn: Turn) -> None:
        """Look at what a steady walk had not told yet when Ctrl-C ended it."""
        for stray in strays:
            self._look_at(stray, turn)

    def _look_at(self, stray: Stray, turn: Turn) -> None:
        """Judge a program by the model itself; the graph may just not list its answer."""
        if not stray.program:
            turn.findings.inconclusive["the implementation died between programs"] += 1
            return
        observations = stray.observations
        if turn.adapter.ics.sanitized:
            # While it walks nobody notes for which operation AddressSanitizer ended it.
            (observations,) = turn.adapter.run([stray.program])
        turn.record(stray.program, observations)
        failure = turn.witnesses.judge.judge_all(stray.program, observations).failure
        if failure is None:
            turn.findings.misses += 1
        else:
            shorter = partial(shortcuts, stray.graph, failure.program)
            turn.witnesses.add(failure, [stray.program], self.name, turn.adapter, shorter)


def _others(adapter: Adapter, jobs: int, stack: ExitStack) -> list[Adapter]:
    """Open the implementation again for each further core; not where it runs in this process."""
    if not isinstance(adapter, NativeAdapter):
        return []
    return [stack.enter_context(closing(adapter.another())) for _ in range(1, jobs)]


def worlds_of(adapter: Adapter, plan: Plan) -> tuple[walks.World, ...]:
    """Give the worlds of an implementation, not walked yet."""
    ics = adapter.ics
    return walks.worlds(plan.profile, ics.words, capable=ics.capable, keys=plan.keys)


def _tour(walk: walks.Walks, turn: Turn) -> walks.Slices:
    return touring.tours(walk, turn.until, turn.plan.extra_states, pairs=turn.plan.amount.pairs)


def _exhaustive(walk: walks.Walks, turn: Turn) -> walks.Slices:
    plan = turn.plan
    usual = plan.depth is None and not plan.timed
    deepest = SHALLOW if usual and native(turn.adapter) is None else plan.deepest
    return walk.exhaustive(turn.until, deepest or walks.DEEPEST, plan.exhaustive_operations)


def _random(walk: walks.Walks, turn: Turn) -> walks.Slices:
    return walk.random(turn.until, turn.plan.amount.walks)


TOUR: Final = Walking("tour", _tour, share=2.0)
EXHAUSTIVE: Final = Walking("exhaustive", _exhaustive, share=3.0, resumes=True, anywhere=True)
WALKER: Final = Walking("walker", _random, share=2.0)
