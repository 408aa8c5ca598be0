"""The allocation engine: every request for memory of some programs is denied, one at a time.

For each operation of a program and each request that it makes there is a program of its own: up to
the operation, the denial, the operation, a look at everything, the operation again if it failed,
then the rest, and what is left; up to the operation only, if it has no way to fail. Whether an
operation makes another request, and whether it failed without, has to be tried: a *scout* is the
program up to there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from waitctx.conformance import operations as ops
from waitctx.conformance.model import Model
from waitctx.conformance.observations import DENIED, DIED, WHILE_CLEANING
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
#: So many keys are looked up to see that nothing has changed.
_KEYS: Final = 3


def programs(
    profile: Profile, words: Sequence[str], run: Run, *, capable: bool
) -> Iterator[Program]:
    """Give the programs that deny memory; `run` is asked as they are taken."""
    known: set[Program] = set()
    for program in bases(profile, words, capable=capable):
        maker = _Maker(program, Model(profile), State(capable=capable), words, run, known)
        yield from maker.programs()


def bases(profile: Profile, words: Sequence[str], *, capable: bool) -> Iterator[Program]:
    """Give the programs whose requests are denied: those made for it, and short scenarios."""
    yield from scenarios.programs(profile, words, capable=capable, file="allocation.toml")
    for program in scenarios.programs(profile, words, capable=capable):
        if len(program) <= LONGEST:
            yield program


class _Maker:
    """Makes what can be made of one program."""

    def __init__(  # noqa: PLR0913, PLR0917 - all of it is needed
        self,
        base: Program,
        model: Model,
        initial: State,
        words: Sequence[str],
        run: Run,
        known: set[Program],
    ) -> None:
        self.base = base
        self.words = words
        self.run = run
        self.known = known
        #: Before each operation, and at the end.
        self.states = list(_states(base, model, initial))

    def programs(self) -> Iterator[Program]:
        """Deny the first request of every operation, the second of those that have one, and so on.

        What several programs begin with is tried once.
        """
        places = [place for place in range(len(self.base)) if self._is_new(place)]
        for number in range(1, MOST_REQUESTS + 1):
            scouts = [self._scout(place, number) for place in places]
            denied = []
            for place, scout, seen in zip(places, scouts, self._try(scouts), strict=True):
                died = seen[-1].get(DIED) if seen else None
                if died is not None and str(died).endswith(WHILE_CLEANING):
                    yield (*scout, *self.base[place + 1 :], ops.Leaks())
                elif len(seen) < len(scout) or died is not None:
                    yield scout
                elif seen[-1].get(DENIED) is not None:
                    denied.append(place)
                    yield self._program(place, scout, seen[-1])
            places = denied
            if not places:
                return

    def _is_new(self, place: int) -> bool:
        beginning = self.base[: place + 1]
        new = beginning not in self.known
        self.known.add(beginning)
        return new

    def _scout(self, place: int, number: int) -> Program:
        return (*self.base[:place], ops.FailAlloc(number), self.base[place])

    def _try(self, scouts: Sequence[Program]) -> list[Observations]:
        """Run every one of them, though some may be the end of the implementation."""
        seen: list[Observations] = []
        while len(seen) < len(scouts):
            seen += self.run(scouts[len(seen) :]) or [()]
        return seen

    def _program(self, place: int, scout: Program, seen: Observation) -> Program:
        if not can_tell(self.base[place]):
            return (*scout, *_closing(self.states[place + 1]))
        again = self.base[place:] if _failed(seen) else self.base[place + 1 :]
        looks = self._looks(place) if _failed(seen) else ()
        return (*scout, *looks, *again, ops.Leaks())

    def _looks(self, place: int) -> Iterator[ops.Operation]:
        """Look at everything that could have changed."""
        keys = {one.key: None for one in self.base[:place] if isinstance(one, ops.SetWaitFd)}
        for ctx, _ in self.states[place].contexts:
            looks = [
                *(ops.GetFd(ctx, key) for key in list(keys)[-_KEYS:]),
                ops.GetAllFds(ctx, "array"),
                ops.GetChangedFds(ctx, "array", "array"),
                ops.GetCallback(ctx),
                ops.GetStatus(ctx),
            ]
            yield from (one for one in looks if one.word in self.words)


def _closing(state: State) -> Iterator[ops.Operation]:
    """Let every job return and free every context."""
    if state.running is not None:
        yield from [ops.UnblockPause()] * state.blocks
        yield ops.Return(0)
    for name, job in state.jobs:
        if name != state.running:
            yield from (ops.Resume(name, job.ctx), ops.Return(0))
    yield from (ops.Free(name) for name, _ in state.contexts)


def _states(program: Iterable[ops.Operation], model: Model, state: State) -> Iterator[State]:
    """Give the state before each operation, and after the last one."""
    yield state
    for operation in program:
        state = model.step(state, operation)[0].state
        yield state


def _failed(seen: Observation) -> bool:
    if seen.get("rc") == 0 or seen.get("ctx") == "null" or seen.get("pause_job") == 0:
        return True
    return seen.get("in") == "none" and seen.get("start_job") in (ASYNC_ERR, ASYNC_NO_JOBS)
