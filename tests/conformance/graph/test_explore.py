"""Exploring finds every state within the bounds, and no more."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from waitctx.conformance.graph.alphabet import alphabet, first_use, renamings
from waitctx.conformance.graph.bounds import Bounds, standard
from waitctx.conformance.graph.explore import TooLargeError, explore
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC

SMALL = Bounds(name="small", words=("new", "free", "set", "get"), contexts=2, entries=1)


def test_small_world() -> None:
    """Two contexts that hold at most one association: each is away, empty or holds one."""
    graph = explore(SMALL, OPENSSL, OPERATIONS, capable=True)

    assert (9, 6) == (graph.nodes, graph.states)
    # Away: new. Empty: free, set, get. Full: free, get; a second association is out of bounds.
    assert 3 * 2 * (1 + 3 + 2) == graph.steps == graph.edges
    assert 6 == graph.cut


def test_choice_leads_to_several_nodes() -> None:
    """Where the page leaves a choice that shows, a step has an edge for each answer."""
    bounds = Bounds(name="again", words=("new", "set", "get"), entries=2, variants=2)
    graph = explore(bounds, SPEC, OPERATIONS, capable=True)
    forked = [step for _, step in graph.sources() if len(graph.targets(step)) > 1]

    assert forked
    assert {"set", "get"} >= {graph.operation(step).word for step in forked}


def test_unsupported_operations_are_left_out() -> None:
    """What an implementation lacks is not in its graph."""
    graph = explore(standard(OPENSSL)[0], OPENSSL, ["new", "free", "set"], capable=False)

    assert {"new", "free", "set"} == {one.word for one in graph.operations}


@pytest.mark.slow
def test_same_graph_everywhere() -> None:
    """A graph does not depend on the order of sets, which is another one in each process."""
    code = (
        "from waitctx.conformance.graph.cache import fingerprint\n"
        "from waitctx.conformance.graph.bounds import Bounds\n"
        "from waitctx.conformance.graph.explore import explore\n"
        "from waitctx.conformance.operations import OPERATIONS\n"
        "from waitctx.conformance.outcomes import SPEC\n"
        "bounds = Bounds(name='x', words=('new', 'set', 'get', 'clear', 'all'), variants=2)\n"
        "print(fingerprint(explore(bounds, SPEC, OPERATIONS, capable=True)))\n"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": str(seed)}
        )
        for seed in range(3)
    }

    assert 1 == len(digests)


def test_too_large() -> None:
    """A world with too many states is refused, and named."""
    with pytest.raises(TooLargeError, match="the world keys has more than 100 states"):
        explore(standard(OPENSSL)[0], OPENSSL, OPERATIONS, capable=True, limit=100)


def test_renaming_keeps_the_alphabet() -> None:
    """A world's operations, renamed, are the same ones in another order."""
    for bounds in standard(OPENSSL):
        some = set(alphabet(bounds))
        for renaming in renamings(bounds):
            assert some == {renaming.operation(one) for one in some}


def test_first_use() -> None:
    """An operation needs the symbols up to its own."""
    found = {str(one): first_use(one) for one in alphabet(standard(OPENSSL)[1])}

    assert (2, 1, 0) == found["get c1 k0"]
    assert (1, 0, 2) == found["resume j1 c0"]
    assert (0, 0, 0) == found["pause"]
