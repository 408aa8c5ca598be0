"""One run of ``waitctx bench``: everything in rounds, so that all meet the same machine."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from waitctx import __version__
from waitctx.conformance.adapters.native import native
from waitctx.conformance.adapters.walking import Mode, Order
from waitctx.conformance.graph.bounds import standard
from waitctx.conformance.graph.cache import graph_of
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.selftest import cores
from waitctx.conformance.selftest_fakes import FakesError
from waitctx.reports.bench import Bench, Contender, Series, World

from . import contenders, growth
from .contenders import ContenderError, Ground, Sample
from .kills import kills, sample
from .memory import watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from waitctx.conformance.adapters.base import Adapter
    from waitctx.conformance.adapters.limit import Turns
    from waitctx.conformance.adapters.native import NativeAdapter
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.outcomes import Profile

_LONGEST: Final = 4096
#: How many turns of loop and walker a round has in each world.
_TURNS: Final = 24
_OBJECT: Final = "the target is a Python object: there is nothing for C to call"
_SAYS: Final = {
    "plain loop": "The limit: a loop in C makes the walker's calls, and looks at no answer.",
    "plain Python loop": "The limit: a loop in Python makes the calls on contexts, and looks at "
    "no answer.",
    "walker": "Programs chosen, carried out and judged in C along the graph of the model.",
    "batch": "Programs made in Python, carried out by the batch, judged in C along the graph.",
    "batch, read in Python": "The same programs, every answer read and judged in Python.",
    "hypothesis": "The state machine of Hypothesis chooses and judges one operation after the "
    "other.",
    "ctypes": "Calls on contexts, one by one with ctypes, whose answers nobody looks at.",
}


@frozen
class Wish:
    """What is to be measured, and how long it may take."""

    profile: Profile
    seconds: float = 30.0
    """For the contenders; growth and fakes take about as much again each."""
    rounds: int = 5
    seed: int = 0
    keys: int = 3
    fakes: int = 6
    """How many fakes are looked for."""


@define
class Run:
    """Measures, and has something to show at any time."""

    adapter: Adapter
    wish: Wish
    place: str
    """What names the implementation to a process of its own."""
    say: Callable[[str], object] = lambda _: None
    bench: Bench = field(init=False)
    _begun: float = field(factory=monotonic, init=False)
    _turns: dict[str, list[Turns]] = field(factory=dict, init=False)
    _next: int = field(default=0, init=False)
    """The number of the next program that loop and walker take turns over."""

    def __attrs_post_init__(self) -> None:
        about, load = self.adapter.identity, os.getloadavg()[0]
        first = "plain loop" if self._native else "plain Python loop"
        names = [first, *(one for one in _SAYS if not one.startswith("plain"))]
        rows = tuple(
            Contender(one, _SAYS[one], judged=one not in (first, "ctypes")) for one in names
        )
        self.bench = Bench(
            target=about.target,
            kind=about.kind,
            version=about.version,
            sha256=about.sha256,
            profile=self.wish.profile.name,
            seed=self.wish.seed,
            waitctx=__version__,
            python=platform.python_version(),
            machine=_machine(),
            cores=cores(),
            started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            seconds=0.0,
            load=(load, load),
            contenders=rows,
        )

    @property
    def _native(self) -> NativeAdapter | None:
        """The adapter, if there is something for C to call."""
        return native(self.adapter)

    def run(self) -> Bench:
        """Measure everything; Ctrl-C ends it early, with what was measured until then."""
        try:
            self._measure()
        except KeyboardInterrupt:
            self.bench = evolve(self.bench, interrupted=True)
        load = (self.bench.load[0], os.getloadavg()[0])
        self.bench = evolve(self.bench, seconds=monotonic() - self._begun, load=load)
        if self.bench.busy:
            said = "The machine had more to do than it has cores: caches and clock were shared."
            self._note(said)
        return self.bench

    def _measure(self) -> None:
        ground = self._ground()
        for number in range(self.wish.rounds):
            self._round(ground, number)
        self.bench = evolve(self.bench, failed=ground.failed)
        if self._native is not None:
            self._growth(ground, self._native)
        self._kills()

    def _ground(self) -> Ground:
        self.say("exploring the model")
        graphs = tuple(
            graph_of(one, self.wish.profile.name, self._words, capable=self.adapter.ics.capable)
            for one in standard(self.wish.profile)
        )
        target = self.place
        return Ground(self.adapter, self.wish.profile, graphs, self.wish.seed, target)

    @property
    def _words(self) -> tuple[str, ...]:
        return tuple(word for word, one in OPERATIONS.items() if self.adapter.ics.supports(one))

    # -- contenders --------------------------------------------------------------------------------

    def _round(self, ground: Ground, number: int) -> None:
        told = f"round {number + 1} of {self.wish.rounds}"
        slice_ = self.wish.seconds / self.wish.rounds / 6
        if self._native is not None:
            self.say(f"{told}: plain loop and walker")
            self._take_turns(ground, self._native)
            self._add(f"{told}: ", "batch", lambda: contenders.in_batches(ground))
            self._add(f"{told}: ", "ctypes", lambda: contenders.by_call(ground, slice_))
        else:
            first = self.bench.contenders[0].name
            self._add(f"{told}: ", first, lambda: contenders.by_call(ground, slice_))
            for name in ("walker", "batch", "ctypes"):
                self._leave_out(name, _OBJECT)
        if number == 0:
            # What is judged for the first time is judged by the model; after that it is known.
            self.say("getting to know the answers")
            contenders.read_in_python(ground, slice_)
        name = "batch, read in Python"
        self._add(f"{told}: ", name, lambda: contenders.read_in_python(ground, slice_))
        self._add(f"{told}: ", "hypothesis", lambda: _by_hypothesis(ground, slice_))

    def _take_turns(self, ground: Ground, adapter: NativeAdapter) -> None:
        """Let loop and walker take turns in each world: as many operations in each."""
        new: list[Turns] = []
        with watched() as peak:
            for graph in ground.graphs:
                walker = adapter.walker(graph, Order(Mode.RANDOM, _LONGEST, ground.seed))
                turns = adapter.limit(walker, self._next, _TURNS)
                self._turns.setdefault(graph.bounds.name, []).extend(turns)
                new += turns
        self._next += _TURNS * 1000
        operations = sum(one.operations for one in new)
        if not operations:
            for name in ("plain loop", "walker"):
                self._leave_out(name, "the implementation did not survive the walk")
            return
        for name, spent in (
            ("plain loop", sum(one.plain for one in new)),
            ("walker", sum(one.walker for one in new)),
        ):
            self._keep(name, Sample(operations, spent), peak.size)
        self.bench = evolve(self.bench, worlds=tuple(map(self._world, ground.graphs)))

    def _world(self, graph: Graph) -> World:
        turns = self._turns[graph.bounds.name]
        operations = sum(one.operations for one in turns) or 1
        plain, walker = sum(one.plain for one in turns), sum(one.walker for one in turns)
        name, holds = graph.bounds.name, str(graph.bounds)
        limit, took = plain / operations * 1e9, walker / operations * 1e9
        return World(name, holds, graph.nodes, limit or 1.0, took or 1.0)

    def _add(self, told: str, name: str, measure: Callable[[], Sample]) -> None:
        self.say(told + name)
        try:
            with watched() as peak:
                taken = measure()
        except ContenderError as error:
            self._leave_out(name, str(error))
            return
        self._keep(name, taken, peak.size)

    def _keep(self, name: str, taken: Sample, memory: int) -> None:
        if taken.operations and taken.seconds > 0:
            self._change(name, rate=taken.operations / taken.seconds, memory=memory)

    def _leave_out(self, name: str, reason: str) -> None:
        self._change(name, reason=reason)

    def _change(self, name: str, rate: float = 0.0, memory: int = 0, reason: str = "") -> None:
        rows = tuple(
            one
            if one.name != name
            else evolve(
                one,
                rates=(*one.rates, rate) if rate else one.rates,
                memory=max(one.memory, memory),
                reason=reason or one.reason,
            )
            for one in self.bench.contenders
        )
        self.bench = evolve(self.bench, contenders=rows)

    # -- growth and fakes --------------------------------------------------------------------------

    def _growth(self, ground: Ground, adapter: NativeAdapter) -> None:
        keys, *_ = ground.graphs
        seconds, seed = self.wish.seconds / 4, self.wish.seed
        parts: tuple[tuple[str, Callable[[], Series]], ...] = (
            ("depth", lambda: growth.with_depth(adapter, keys, seconds * 2)),
            ("keys", lambda: growth.with_keys(ground, adapter, self._words, self.wish.keys)),
            ("cores", lambda: growth.with_cores(adapter, keys, seed, seconds, cores())),
            ("length", lambda: growth.with_length(adapter, keys, seed, seconds)),
        )
        for told, measure in parts:
            self.say(f"growth with {told}")
            self.bench = evolve(self.bench, growth=(*self.bench.growth, measure()))

    def _kills(self) -> None:
        if not self.wish.fakes:
            return
        self.say("fakes")
        try:
            for one in kills(sample(self.wish.fakes), self.wish.seconds / 15, self.wish.seed):
                self.say(f"fake {one.fake}")
                self.bench = evolve(self.bench, kills=(*self.bench.kills, one))
        except FakesError as error:
            self._note(f"No time to first failure: {error}. {error.hint}")

    def _note(self, text: str) -> None:
        self.bench = evolve(self.bench, notes=(*self.bench.notes, text))


def _by_hypothesis(ground: Ground, seconds: float) -> Sample:
    from . import stateful  # noqa: PLC0415 - who runs another command need not wait for it

    return stateful.by_hypothesis(ground, seconds)


def _machine() -> str:
    """Name the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    model = next((one.partition(":")[2].strip() for one in lines if "model name" in one), "")
    return f"{model or platform.machine()}, {platform.system()} {platform.release()}"
