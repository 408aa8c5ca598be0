"""How soon faulty implementations are found out: a sample of the fakes that come with waitctx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from waitctx.conformance import selftest_fakes
from waitctx.conformance.clauses import load
from waitctx.conformance.selftest import Settings, Task, attempt
from waitctx.reports.bench import Kill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from waitctx.reports.kill_matrix import Fake

#: The engines that are compared: in order, planned, by chance in C, by chance in Python.
_ENGINES: Final = ("tour", "exhaustive", "walker", "random")


def sample(number: int) -> tuple[Fake, ...]:
    """Give some faults in C, evenly from all of the catalogue: the same ones each time.

    Raises:
        FakesError: the fakes cannot be had.
    """
    fakes = [one for one in selftest_fakes.listed(load()) if one.family == "c"]
    faults = sorted((one for one in fakes if one.kind == "fault"), key=lambda one: one.name)
    # Faults in memory alone are for engines that watch it.
    some = [one for one in faults if not all(name.startswith("MEM-") for name in one.clauses)]
    step = max(1, len(some) // max(number, 1))
    return tuple(some[::step][:number])


def kills(fakes: tuple[Fake, ...], seconds: float, seed: int) -> Iterator[Kill]:
    """Let each engine look for each fault, for so many seconds at most.

    Raises:
        FakesError: they cannot be compiled.
    """
    paths = selftest_fakes.build([one.name for one in fakes])
    settings = Settings(engines=_ENGINES, budget=seconds, seed=seed, jobs=1)
    for fake in fakes:
        row = attempt(Task(fake, paths[fake.name]), settings)
        for one in row.trials:
            yield Kill(fake.name, one.engine, one.seconds, one.programs, bool(one.clause))
