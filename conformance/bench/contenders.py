"""The ways to carry programs out that are compared, from a plain loop to one call at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from time import monotonic, process_time
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from waitctx.conformance.adapters.native import native
from waitctx.conformance.adapters.walking import Mode, Order, script_of
from waitctx.conformance.adapters.worker import children
from waitctx.conformance.clauses import load
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.programs import to_text
from waitctx.conformance.state import State

from . import percall, samples

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Adapter
    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.outcomes import Profile
    from waitctx.conformance.programs import Program

_TICKS: Final = os.sysconf("SC_CLK_TCK")
#: How many operations of each world a round has, where programs come from Python.
OPERATIONS: Final = 40_000
#: Programs that are carried out at a time: long ones, so fewer than the random engine has.
_BATCH: Final = 5
#: A process that makes calls gets so many seconds to start in, and to come to its end.
_PATIENCE: Final = 20.0
#: Programs of each world that are called one by one: they are read as text.
_CALLED: Final = 5


class ContenderError(Exception):
    """A contender could not be measured; the text says why."""


@frozen
class Sample:
    """How much was carried out, and what it took."""

    operations: int
    seconds: float
    """Of processors: those of the harness and of its workers."""


@define
class Ground:
    """What all of them work on."""

    adapter: Adapter
    profile: Profile
    graphs: tuple[Graph, ...]
    seed: int
    target: str
    """What names the implementation to a process of its own."""
    judge: Judge = field(init=False)
    failed: str = field(default="", init=False)
    """A program that was not answered as the page permits, if one was met."""
    made: dict[str, list[Program]] = field(init=False)
    """Programs in each world."""

    def __attrs_post_init__(self) -> None:
        initial = State(capable=self.adapter.ics.capable)
        self.judge = Judge(Model(self.profile), load(), initial)
        self.made = {
            one.bounds.name: samples.programs(one, OPERATIONS, self.seed) for one in self.graphs
        }

    def note(self, program: Program) -> None:
        """Remember a program that failed."""
        self.failed = self.failed or to_text(program)


def in_batches(ground: Ground) -> Sample:
    """Hand programs that Python made to the walker, which judges them along the graph."""
    adapter = native(ground.adapter)
    assert adapter is not None
    begun = spent()
    operations = 0
    for graph in ground.graphs:
        numbers = {one: at for at, one in enumerate(graph.operations)}
        script = script_of(
            [list(map(numbers.__getitem__, one)) for one in ground.made[graph.bounds.name]]
        )
        walker = adapter.walker(graph, Order(Mode.SCRIPTED, 0), script)
        while not walker.over:
            stray = walker.go(1.0)
            if stray is not None:
                judged = ground.judge.judge_all(stray.program, stray.observations)
                if judged.failure is not None:
                    ground.note(stray.program)
        operations += walker.operations
    return Sample(operations, spent() - begun)


def read_in_python(ground: Ground, seconds: float) -> Sample:
    """Carry out the same programs, and read and judge every answer in Python.

    The worlds take turns, until the time is over or nothing is left.
    """
    begun, until = spent(), monotonic() + seconds
    operations = 0
    left = {name: list(made) for name, made in ground.made.items()}
    while any(left.values()) and (monotonic() < until or not operations):
        for name, made in left.items():
            seen = ground.adapter.run(made[:_BATCH]) if made else []
            for program, observations in zip(made, seen, strict=False):
                judgement = ground.judge.judge_all(program, observations)
                operations += judgement.judged
                if judgement.failure is not None:
                    ground.note(program)
            left[name] = made[max(1, len(seen)) :]
    return Sample(operations, spent() - begun)


def by_call(ground: Ground, seconds: float) -> Sample:
    """Make calls from Python, one by one, and look at no answer.

    Raises:
        ContenderError: the process that makes them did not survive it.
    """
    kind = "python" if native(ground.adapter) is None else "native"
    lines = []
    for made in ground.made.values():
        some = (tuple(one for one in program if one.word in percall.WORDS) for program in made)
        lines += [to_text(one) for one in islice(filter(None, some), _CALLED)]
    command = [sys.executable, "-m", percall.__name__, kind, ground.target, str(seconds)]
    try:
        done = subprocess.run(
            command,
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + _PATIENCE,
        )
        operations, spent_there = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise ContenderError("the implementation hung") from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()
        reason = said[-1] if said else f"exit {error.returncode}"
        raise ContenderError(f"the implementation ended the process: {reason}") from None
    except ValueError:
        raise ContenderError("the implementation prints where the figures should be") from None
    return Sample(int(operations), float(spent_there))


def spent() -> float:
    """Give the processor's seconds that this process and its workers have used up.

    Those of a worker's children count once they have ended.
    """
    return process_time() + sum(map(_spent_by, children(os.getpid())))


def _spent_by(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS
    return 0.0
