"""The graph as bytes: what the native driver maps, and what is kept on disk.

First a head of eight words of 64 bits: a magic number, then how many operations, nodes, steps,
edges and words there are, and two zeros. Then the arrays, each beginning at a multiple of eight:
operations (six words each, as in `adapters.words`, and two more: see `native/table.h`),
``first_step``, ``step_operation``, ``first_edge``, ``edge_target``, ``edge_words`` as words of 32
bits, and ``words`` of 64. What the edges show of clauses may follow: a number of 16 bits for each
edge, which tells its marks, and the marks, two words of 64 bits with a bit for each clause.
Everything is in the byte order of the machine.
"""

from __future__ import annotations

from array import array
from struct import pack
from typing import TYPE_CHECKING, Final

from waitctx.conformance.adapters.words import encode_operation

from .alphabet import first_use

if TYPE_CHECKING:
    from .evidence import Shown
    from .graph import Graph

MAGIC: Final = 0x3130_6874_6177_6377
#: How many bits a word has that marks clauses; there are two.
WORD: Final = 64
_ALIGNMENT: Final = 8


def to_bytes(graph: Graph) -> bytes:
    """Write what the native driver needs to know of a graph."""
    head = (MAGIC, len(graph.operations), graph.nodes, graph.steps, graph.edges, len(graph.words))
    parts = [
        pack("=8q", *head, 0, 0),
        b"".join(
            encode_operation(one) + pack("=2q", *_facts(graph, number))
            for number, one in enumerate(graph.operations)
        ),
        *map(
            padded,
            (
                graph.first_step,
                graph.step_operation,
                graph.first_edge,
                graph.edge_target,
                graph.edge_words,
            ),
        ),
        graph.words.tobytes(),
    ]
    return b"".join(parts)


def marks_to_bytes(shown: Shown) -> bytes:
    """Write what the native driver needs to count in how many programs each clause was checked.

    Raises:
        OverflowError: there are more clauses than bits for them, or too many sets of them.
    """
    bits = {name: 1 << place for place, name in enumerate(shown.clauses)}
    marks = array("Q")
    for some in shown.credits:
        marks.extend(divmod(sum(bits[name] for name in some), 1 << WORD)[::-1])
    return padded(array("H", shown.edge_credit)) + marks.tobytes()


def padded(numbers: array[int]) -> bytes:
    """Give the bytes of an array, filled up so that what follows is aligned."""
    some = numbers.tobytes()
    return some + bytes(-len(some) % _ALIGNMENT)


def _facts(graph: Graph, number: int) -> tuple[int, int]:
    """Give the symbols that an operation uses, a byte for each kind, and a spare word."""
    contexts, keys, jobs = first_use(graph.operations[number])
    return contexts | keys << 8 | jobs << 16, 0
