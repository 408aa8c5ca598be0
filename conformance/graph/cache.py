"""Graphs on disk, so that a world is explored once.

A file is only what it is if its digest says so, and is used only for what it was made of: the same
model, clauses, bounds and operations. Anything else is made anew.
"""

from __future__ import annotations

import json
import os
import secrets
from array import array
from contextlib import suppress
from functools import cache, lru_cache
from hashlib import sha256
from importlib import resources
from itertools import pairwise
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Final

from attrs import fields
from platformdirs import user_cache_path

from waitctx.conformance import clauses
from waitctx.conformance.outcomes import PROFILES

from .alphabet import alphabet
from .explore import explore, within
from .graph import Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bounds import Bounds

_DIGEST: Final = 32
#: Larger files are not read: no graph is that large.
_MAX_BYTES: Final = 256 << 20
#: Seconds until a graph that nobody reads is forgotten: thirty days.
_KEPT: Final = 30 * 24 * 3600
#: Its attributes that are arrays: annotations are texts here, not types.
_ARRAYS: Final = tuple(one.name for one in fields(Graph) if str(one.type) == "array[int]")


def cache_folder() -> Path:
    """Give where graphs are kept: ``$WAITCTX_CACHE``, else the user's folder for such things."""
    chosen = os.environ.get("WAITCTX_CACHE")
    return Path(chosen) / "graphs" if chosen else user_cache_path("waitctx") / "graphs"


@lru_cache(maxsize=32)
def graph_of(bounds: Bounds, profile: str, words: tuple[str, ...], *, capable: bool) -> Graph:
    """Give the graph of a world, from the disk if it is there.

    A cache that cannot be read or written is no reason to fail: then the world is explored.

    Raises:
        TooLargeError: it has too many states.
    """
    key = _key(bounds, profile, words, capable=capable)
    path = cache_folder() / f"{key}.graph"
    with suppress(OSError, ValueError):
        graph = _read(_content(path), within(bounds, words), profile)
        with suppress(OSError):
            path.touch()  # it is of use still
        return graph
    graph = explore(bounds, PROFILES[profile], words, capable=capable)
    with suppress(OSError):
        _write(path, _packed(graph))
        _forget_old(path.parent)
    return graph


def fingerprint(graph: Graph) -> str:
    """Give the digest of a graph, the clauses and all: equal ones have equal answers."""
    return sha256(_packed(graph)).hexdigest()


def _key(bounds: Bounds, profile: str, words: Sequence[str], *, capable: bool) -> str:
    made_of = [_sources(), clauses.load().fingerprint, bounds.to_json(), profile]
    text = json.dumps([*made_of, sorted(words), capable])
    return sha256(text.encode()).hexdigest()[:32]


@cache
def _sources() -> str:
    """Give the digest of everything that says what a graph is: the model, and this package."""
    digest = sha256()
    folder = resources.files("waitctx.conformance")
    some = [one for one in folder.iterdir() if one.name.endswith(".py")]
    some += [one for one in folder.joinpath("graph").iterdir() if one.name.endswith(".py")]
    some += [folder.joinpath("adapters", name) for name in ("words.py", "pointers.py")]
    for one in sorted(some, key=lambda each: each.name):
        digest.update(one.name.encode() + b"\0" + one.read_bytes() + b"\0")
    return digest.hexdigest()


def _packed(graph: Graph) -> bytes:
    arrays = {name: getattr(graph, name) for name in _ARRAYS}
    head = {
        "arrays": {name: [one.typecode, len(one)] for name, one in arrays.items()},
        "clauses": graph.clauses,
        "readings": graph.readings,
        "cut": graph.cut,
    }
    text = json.dumps(head).encode()
    return b"".join([b"%d\n" % len(text), text, *(one.tobytes() for one in arrays.values())])


def _write(path: Path, packed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        fresh.write_bytes(sha256(packed).digest() + packed)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    """Remove graphs that were of no use for long: each release of the model has its own."""
    for one in folder.glob("*.graph*"):
        if time() - one.stat().st_mtime > _KEPT:
            one.unlink()


def _content(path: Path) -> bytes:
    """Read a file that has an end, and is not larger than any graph.

    Raises:
        OSError: it cannot be read.
        ValueError: it is another kind of file.
    """
    if path.exists() and not path.is_file():
        raise ValueError("it is no ordinary file")
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError("it is too large")
    return content


def _read(content: bytes, bounds: Bounds, profile: str) -> Graph:
    """Read a graph.

    Raises:
        ValueError: the file was cut or altered, or is no graph.
    """
    try:
        graph = _unpacked(content, bounds, profile)
        sound = _is_sound(graph)
    except (LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError("the file is no graph") from error
    if not sound:
        raise ValueError("the file is no graph")
    return graph


def _is_sound(graph: Graph) -> bool:
    """Tell whether every number in a graph is one of something that is there: C will not ask."""
    nodes, steps, edges = graph.nodes, graph.steps, graph.edges
    length = len(graph.words)
    sizes = (
        *(len(graph.node_class) - nodes, len(graph.step_class) - steps),
        *(len(graph.first_edge) - steps - 1, len(graph.edge_words) - edges),
        *(len(graph.edge_clauses) - edges, len(graph.edge_reading) - edges),
    )
    return (
        not any(sizes)
        and nodes > 0
        and _is_climbing(graph.first_step, steps)
        and _is_climbing(graph.first_edge, edges)
        and _is_below(graph.step_operation, len(graph.operations))
        and _is_below(graph.edge_target, nodes)
        and _is_below(graph.edge_clauses, len(graph.clauses))
        and _is_below(graph.edge_reading, len(graph.readings))
        and _is_below(graph.edge_words, length)
        and all(at + 1 + (graph.words[at] & _COUNT) <= length for at in graph.edge_words)
        and {type(name) for one in graph.clauses for name in one} <= {str}
        and {type(name) for name in graph.readings} <= {str}
    )


#: How many words of a pattern follow the first, which tells it in its lower half.
_COUNT: Final = 0xFFFF_FFFF


def _is_climbing(numbers: array[int], last: int) -> bool:
    ends = numbers[0] == 0 and numbers[-1] == last
    return ends and all(one <= other for one, other in pairwise(numbers))


def _is_below(numbers: array[int], limit: int) -> bool:
    return not numbers or (min(numbers) >= 0 and max(numbers) < limit)


def _unpacked(content: bytes, bounds: Bounds, profile: str) -> Graph:
    digest, packed = content[:_DIGEST], content[_DIGEST:]
    if sha256(packed).digest() != digest:
        raise ValueError("the file is not what was written")
    length, _, rest = packed.partition(b"\n")
    head = json.loads(rest[: int(length)])
    at = int(length)
    arrays = {}
    for name, (code, number) in head["arrays"].items():
        if code != ("q" if name == "words" else "I"):
            raise ValueError("these are no numbers of ours")
        one = array(code)
        end = at + number * one.itemsize
        one.frombytes(rest[at:end])
        arrays[name] = one
        at = end
    return Graph(
        bounds=bounds,
        profile=profile,
        operations=alphabet(bounds),
        clauses=tuple(map(tuple, head["clauses"])),
        readings=tuple(head["readings"]),
        cut=head["cut"],
        **arrays,
    )
