"""The near end of the native walker: tells it what to walk, slice by slice, and reads what came."""

from __future__ import annotations

import ctypes
from array import array
from collections import Counter
from enum import IntEnum
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field, frozen

from waitctx.conformance.clauses import load
from waitctx.conformance.graph.evidence import shown
from waitctx.conformance.graph.table import WORD, marks_to_bytes, to_bytes
from waitctx.conformance.observations import DIED

from .base import OVERWRITTEN, Observations, ended, moment
from .connection import Connection, WorkerLostError
from .words import WORD_SIZE, WordsError, decode
from .worker import BOARD_SIZE, PROGRAMS_SIZE, TABLE_AT, TABLE_SIZE, TOO, WALK_AT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from mmap import mmap

    from waitctx.conformance.graph.graph import Graph
    from waitctx.conformance.programs import Program

    from .hangs import Hangs

_RESULTS: Final = BOARD_SIZE + PROGRAMS_SIZE
_DEEPEST: Final = 32
_LONGEST: Final = 4096
_UNLIMITED: Final = 2**62
#: Of the struct walk: what nobody writes while it is walked, and what only grows.
_GIVEN: Final = ("mode", "seed", "depth", "part", "parts", "nanoseconds", "most")
_COUNTED: Final = ("programs", "operations", "diverged", "unstable", "others")
#: As walker.h has it.
_HALVES: Final = 2
_PLACES: Final = 62
_MOST_OPERATIONS: Final = 1024
_MOST_STEPS: Final = 256


class Mode(IntEnum):
    """Which programs are walked."""

    EXHAUSTIVE = 0
    """All of a length, in order."""
    RANDOM = 1
    SCRIPTED = 2
    """Those of a script, each up to where an answer led to a node without its next operation."""


@frozen
class Order:
    """What a walker is to do."""

    mode: Mode
    depth: int
    """How many operations a program has; by chance, at most (up to 4096)."""
    seed: int = 0
    part: int = 0
    """Which share of the programs, of `parts`, is this walker's."""
    parts: int = 1
    most: int = _UNLIMITED
    """The walk is over after so many programs."""

    def shared(self, part: int, parts: int) -> Order:
        """Give one share of it, of so many that have the same programs together."""
        most = self.most if self.most == _UNLIMITED else (self.most - part - 1) // parts + 1
        return evolve(self, part=part, parts=parts, most=most)


def script_of(programs: Iterable[Sequence[int]]) -> bytes:
    """Write programs down, each as the numbers that its operations have in the graph."""
    script = array("q")
    for program in programs:
        script.append(len(program))
        script.extend(program)
    return script.tobytes()


class _Walk(ctypes.Structure):
    """walker.h's struct walk."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("mode", "seed", "depth", "part", "parts")),
        *((name, ctypes.c_int64) for name in ("nanoseconds", "most", "over", "number")),
        *((name, ctypes.c_int64) for name in ("programs", "operations", "diverged", "unstable")),
        *((name, ctypes.c_int64) for name in ("others", "under_way", "failing", "length")),
        *((name, ctypes.c_int64) for name in ("log", "answered", "known")),
        ("used", ctypes.c_int64 * _DEEPEST),
        ("nodes", ctypes.c_uint32 * _DEEPEST),
        ("choices", ctypes.c_uint32 * _DEEPEST),
        ("path", ctypes.c_uint32 * _LONGEST),
        ("marked", ctypes.c_uint64 * _HALVES),
        ("counted", ctypes.c_uint64 * _HALVES * _PLACES),
    )

    @property
    def marks(self) -> list[int]:
        """How many programs have exercised the clause of each bit, one that was not ended too."""
        found = [0] * (WORD * _HALVES)
        for place, halves in ((0, self.marked), *enumerate(self.counted)):
            for half, word in enumerate(halves):
                left = word
                while left:
                    bit = left.bit_length() - 1
                    found[WORD * half + bit] += 1 << place
                    left ^= 1 << bit
        return found


@frozen
class Stray:
    """A program with an answer that the graph has not, or that the implementation died of."""

    program: Program
    observations: Observations
    graph: Graph
    """What it was walked along."""


@lru_cache(maxsize=8)
def _table_of(graph: Graph) -> bytes:
    return to_bytes(graph) + marks_to_bytes(shown(graph, load()))


@lru_cache(maxsize=8)
def _fits(graph: Graph) -> bool:
    """Tell whether a walk has room for a graph."""
    widest = max(len(graph.steps_at(one)) for one in range(graph.nodes))
    few = widest <= _MOST_STEPS and len(graph.operations) <= _MOST_OPERATIONS
    return few and len(_table_of(graph)) <= TABLE_SIZE


@define(eq=False)
class Walker:
    """A walk in progress, on a native library."""

    _connection: Connection
    _hangs: Hangs
    _reload: Callable[[], None]
    _confirm: Callable[[Program], Observations]
    """Runs a program alone, with all the time that there is."""
    graph: Graph
    order: Order
    script: bytes = b""
    """What `script_of` gives, for a scripted walk; then what `taken` reads."""
    _walk: _Walk = field(factory=_Walk, init=False)
    _hits: bytes = field(init=False)
    """How often each edge was taken, then how often each step sent a program back."""
    _table: bytes = field(init=False)

    def __attrs_post_init__(self) -> None:
        order, walk = self.order, self._walk
        self._table = _table_of(self.graph)
        if not _fits(self.graph):
            raise ValueError("the graph is larger than the memory for it")
        self._hits = bytes(self.graph.edges * WORD_SIZE + self.graph.steps)
        walk.mode, walk.depth, walk.seed = order.mode, order.depth, order.seed
        walk.part, walk.parts, walk.number = order.part, order.parts, order.part
        walk.most = order.most

    def lay_out(self, memory: mmap) -> int:
        """Write table and state where the worker finds them; give the size of the table."""
        memory[TABLE_AT : TABLE_AT + len(self._table)] = self._table
        state = bytes(self._walk) + self._hits
        memory[WALK_AT : WALK_AT + len(state)] = state
        return len(self._table)

    def go(self, seconds: float) -> Stray | None:
        """Walk for so long, or until an answer is met that the graph has not: give its program."""
        memory = self._connection.memory
        self._walk.nanoseconds = int(seconds * 1e9)
        table = self.lay_out(memory)
        memory[BOARD_SIZE : BOARD_SIZE + len(self.script)] = self.script
        told = len(self.script) // WORD_SIZE
        cause = ""
        try:
            deadline = self._hangs.deadline
            message = f"walk {table} {told} {deadline}"
            reply = self._connection.ask(message.encode(), deadline + seconds)
        except WorkerLostError as error:
            reply = f"died {error.as_cause}"
            self._reload()
        ending, _, cause = reply.partition(" ")
        script = memory[BOARD_SIZE : BOARD_SIZE + len(self.script)]
        size = ctypes.sizeof(_Walk) + len(self._hits)
        state = memory[WALK_AT : WALK_AT + size]
        walk, hits = _Walk.from_buffer_copy(state), state[ctypes.sizeof(_Walk) :]
        if not self._is_plausible(walk, hits):
            self._walk.over = 1
            return Stray((), ended((), (), OVERWRITTEN), self.graph)
        self._walk, self._hits, self.script = walk, hits, script
        if ending == "done":
            return self._stray("") if walk.failing else None
        if not walk.under_way:
            # It died before it began, or after it ended: there is no program to show for it.
            walk.over = 1
            return Stray((), ended((), (), cause), self.graph)
        walk.programs += 1
        walk.operations += walk.length
        stray = self._stray(cause)
        if cause.endswith(TOO):
            # The walk went on until it was ended in turn, maybe by programs.
            again = self._confirm(stray.program)
            if again and again[-1].get(DIED) is not None:
                return Stray(stray.program, again, self.graph)
            return Stray((), ended((), (), cause), self.graph)
        cause = str(stray.observations[-1].get(DIED))
        if self._hangs.doubts([stray.program], [stray.observations], cause):
            return Stray(stray.program, self._confirm(stray.program), self.graph)
        self._hangs.note([stray.program], [stray.observations], cause)
        return stray

    def _is_plausible(self, now: _Walk, hits: bytes) -> bool:
        """Tell whether the walk's memory holds what only the walker has written."""
        before = self._walk
        same = all(getattr(now, one) == getattr(before, one) for one in _GIVEN)
        grown = all(getattr(now, one) >= getattr(before, one) for one in _COUNTED)
        edges = memoryview(hits)[: self.graph.edges * WORD_SIZE].cast("Q")
        few = max(edges, default=0) <= now.operations + now.length
        return same and grown and few and max(now.marks) <= now.programs + 1

    def _stray(self, cause: str) -> Stray:
        walk = self._walk
        length = min(max(walk.length, 0), _LONGEST)
        numbers = [min(one, len(self.graph.operations) - 1) for one in walk.path[:length]]
        program = tuple(self.graph.operations[one] for one in numbers)
        end = _RESULTS + max(walk.answered - walk.log, 0) // WORD_SIZE * WORD_SIZE
        seen: Observations = ()
        try:
            seen = decode(self._connection.memory[_RESULTS : min(end, TABLE_AT)])
        except (WordsError, IndexError):
            cause = cause or OVERWRITTEN
        if cause:
            seen = ended(program, seen[: len(program)], moment(program, seen, cause))
        return Stray(program, seen, self.graph)

    @property
    def over(self) -> bool:
        """Whether every program that was asked for was run."""
        return bool(self._walk.over) or self._walk.programs >= self.order.most

    @property
    def programs(self) -> int:
        """How many programs were run."""
        return int(self._walk.programs - self._walk.others)

    @property
    def operations(self) -> int:
        """How many operations were carried out and compared."""
        return int(self._walk.operations)

    @property
    def taken(self) -> list[list[int]]:
        """The edges that each program of the script took, until it ended."""
        words = memoryview(self.script).cast("q").tolist()
        programs: list[list[int]] = []
        at = 0
        while at < len(words):
            end = at + 1 + max(words[at], 0)
            told = words[at + 1 : end]
            programs.append([-1 - one for one in takewhile(lambda one: one < 0, told)])
            at = end
        return programs

    @property
    def diverged(self) -> int:
        """How many programs met an answer that the graph has not, looked at or not."""
        return int(self._walk.diverged)

    @property
    def unstable(self) -> int:
        """How often the same operations were not answered the same way."""
        return int(self._walk.unstable)

    @property
    def hits(self) -> memoryview:
        """How often each edge was taken."""
        return memoryview(self._hits)[: self.graph.edges * WORD_SIZE].cast("Q")

    @property
    def programs_for(self) -> Counter[str]:
        """How many programs exercised each clause: had an answer that surely agreed with it."""
        names = shown(self.graph, load()).clauses
        return +Counter(dict(zip(names, self._walk.marks, strict=False)))
