"""The allocation engine: every request for memory of some programs is denied, one at a time.

For each operation of a program and each request that it makes there is a program of its own: up to
the operation, the denial, the operation, a look at everything, the operation again if it failed,
then the rest, and what is left; up to the operation only, if it has no way to fail. Whether an
operation makes another request, and whether it failed without, has to be tried: a *scout* is the
program up to there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from waitctx.conformance import operations as ops
from waitctx.conformance.model import Model
from waitctx.conformance.observations import DENIED, DIED, HANG, WHILE_CLEANING
from waitctx.conformance.rules_jobs import ASYNC_ERR, ASYNC_NO_JOBS
from waitctx.conformance.rules_memory import can_tell
from waitctx.conformance.state import State

from . import scenarios

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Observations
    from waitctx.conformance.observations import Observation
    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program

#: Runs programs on the implementation, as `Adapter.run` does.
Run = Callable[[Sequence["Program"]], list["Observations"]]

#: Longer scenarios repeat what shorter ones do, and would take long.
LONGEST: Final = 32
#: No operation makes so many requests; one that does is not followed further.
MOST_REQUESTS: Final = 64
#: An implementation that was the end of so many scouts for one kind of operation has been told.
#: A hang, which takes long, counts for as many.
MOST_DEATHS: Final = 2
#: What each of these leaves, the driver takes away by the other.
_CLEANED_UP_BY: Final = ((ops.Pause, ops.Resume), (ops.InitThread, ops.CleanupThread))
#: So many keys are looked up to see that nothing has changed.
_KEYS: Final = 3


def programs(
    profile: Profile,
    words: Sequence[str],
    run: Run,
    *,
    capable: bool,
    deadly: Collection[ops.Operation] = (),
) -> Iterator[Program]:
    """Give the programs that deny memory; `run` is asked as they are taken.

    They deny the first request of every operation, then the second of those that have one, and so
    on. What is known to be deadly is avoided: who dies of it has not been asked anything else.
    """
    fatal = _Fatal(frozenset(deadly))
    every = _places(profile, words, capable=capable)
    places = [one.without(fatal) for one in every if not fatal.stands_in(one.before)]
    # Of what ends late for some reason, long programs must not keep short ones from being run.
    places.sort(key=_Place.length)
    for number in range(1, MOST_REQUESTS + 1):
        denied = []
        for place, seen in _scouted(places, number, run):
            if seen and seen[-1].get(DENIED) is not None:
                denied.append(place)
            yield from place.programs(number, seen, words, fatal)
        places = denied
        if not places:
            return


def bases(profile: Profile, words: Sequence[str], *, capable: bool) -> Iterator[Program]:
    """Give the programs whose requests are denied: those made for it, and short scenarios."""
    yield from scenarios.programs(profile, words, capable=capable, file="allocation.toml")
    for program in scenarios.programs(profile, words, capable=capable):
        if len(program) <= LONGEST:
            yield program


@frozen
class _Fatal:
    """Which operations the implementation is known to die of, sooner or later."""

    known: frozenset[ops.Operation]

    def has(self, operation: ops.Operation) -> bool:
        """Tell whether one is; or makes the driver clean up by one that is, when it has ended."""
        return operation in self.known or any(
            isinstance(operation, kind) and any(isinstance(one, end) for one in self.known)
            for kind, end in _CLEANED_UP_BY
        )

    def stands_in(self, program: Sequence[ops.Operation]) -> bool:
        """Tell whether one of them stands in a program."""
        return any(map(self.has, program))


@frozen
class _Place:
    """An operation of a program."""

    before: Program
    operation: ops.Operation
    rest: Program
    here: State
    """The state before the operation."""
    after: State

    def length(self) -> int:
        """Tell how many operations the whole program has."""
        return len(self.before) + 1 + len(self.rest)

    def scout(self, number: int) -> Program:
        """Deny a request of the operation, if it makes so many."""
        return (*self.before, ops.FailAlloc(number), self.operation)

    def without(self, fatal: _Fatal) -> _Place:
        """Come to an end at once where the rest of the program is deadly."""
        if not fatal.stands_in(self.rest):
            return self
        return evolve(self, rest=tuple(_closing(self.after)))

    def programs(
        self,
        number: int,
        seen: Observations,
        words: Sequence[str],
        fatal: _Fatal,
    ) -> Iterator[Program]:
        """Give what is to be run now that the scout has been seen."""
        scout = self.scout(number)
        died = seen[-1].get(DIED) if seen else None
        if died is not None and str(died).endswith(WHILE_CLEANING):
            yield (*scout, *self.rest, ops.Leaks())
        elif died is not None or len(seen) < len(scout):
            yield scout
        elif seen[-1].get(DENIED) is None:
            return
        elif not can_tell(self.operation):
            yield (*scout, *_closing(self.after))
        elif _failed(seen[-1]):
            looks = (one for one in self._looks() if one.word in words and not fatal.has(one))
            yield (*scout, *looks, self.operation, *self.rest, ops.Leaks())
        else:
            yield (*scout, *self.rest, ops.Leaks())

    def _looks(self) -> Iterator[ops.Operation]:
        """Look at everything that could have changed."""
        keys = {one.key: None for one in self.before if isinstance(one, ops.SetWaitFd)}
        for ctx, _ in self.here.contexts:
            yield from (ops.GetFd(ctx, key) for key in list(keys)[-_KEYS:])
            yield ops.GetAllFds(ctx, "array")
            yield ops.GetChangedFds(ctx, "array", "array")
            yield ops.GetCallback(ctx)
            yield ops.GetStatus(ctx)
        yield ops.GetCurrentJob()
        if self.here.running is None:
            yield ops.Pause()
        else:
            yield ops.ReadArgs()


def _places(profile: Profile, words: Sequence[str], *, capable: bool) -> Iterator[_Place]:
    """Give every operation of every program; what several programs begin with counts once."""
    model, known = Model(profile), set[tuple[ops.Operation, ...]]()
    for base in bases(profile, words, capable=capable):
        here = State(capable=capable)
        for number, operation in enumerate(base):
            after = model.step(here, operation)[0].state
            if base[: number + 1] not in known and not _is_refused(operation):
                known.add(base[: number + 1])
                yield _Place(base[:number], operation, base[number + 1 :], here, after)
            here = after


def _is_refused(operation: ops.Operation) -> bool:
    """Tell whether a call is refused in any case: memory then serves to say why, if anything.

    Error queues are not looked at. Releases crash there (1.1.0), or leak (3.6, 4.0).
    """
    return isinstance(operation, ops.InitThread) and operation.init_size > operation.max_size


def _scouted(
    places: Sequence[_Place], number: int, run: Run
) -> Iterator[tuple[_Place, Observations]]:
    """Run the scouts of all places, though some may be the end of the implementation."""
    deaths: Counter[tuple[str, bool]] = Counter()
    while places:
        some = run([one.scout(number) for one in places]) or [()]
        yield from zip(places, some, strict=False)
        if len(some) < len(places):
            died = str(some[-1][-1].get(DIED)) if some[-1] else ""
            weight = MOST_DEATHS if died.startswith(HANG) else 1
            deaths[_kind(places[len(some) - 1])] += weight
        rest = places[len(some) :]
        places = [one for one in rest if deaths[_kind(one)] < MOST_DEATHS]


def _kind(place: _Place) -> tuple[str, bool]:
    """Tell what an operation is, and whether it has all that it can have: that takes memory too."""
    return place.operation.word, "null" in str(place.operation).split()


def _closing(state: State) -> Iterator[ops.Operation]:
    """Let every job return and free every context."""
    if state.running is not None:
        yield from [ops.UnblockPause()] * state.blocks
        yield ops.Return(0)
    for name, job in state.jobs:
        if name != state.running:
            yield from (ops.Resume(name, job.ctx), ops.Return(0))
    yield from (ops.Free(name) for name, _ in state.contexts)


def _failed(seen: Observation) -> bool:
    if seen.get("rc") == 0 or seen.get("ctx") == "null" or seen.get("pause_job") == 0:
        return True
    return seen.get("in") == "none" and seen.get("start_job") in (ASYNC_ERR, ASYNC_NO_JOBS)
