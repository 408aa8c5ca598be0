"""The shortest program that tells two implementations apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count, product
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.defined import is_defined
from waitctx.conformance.distinguish import _ALPHABET, Distinguisher, Search
from waitctx.conformance.model import Model
from waitctx.conformance.outcomes import OPENSSL, SPEC
from waitctx.conformance.programs import to_text
from waitctx.conformance.state import State
from waitctx.conformance.targets import open_target

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Adapter

Find = Callable[..., Search]


@pytest.fixture
def opened() -> Iterator[Callable[[str], Adapter]]:
    """Give what opens targets, and closes them at the end."""
    with ExitStack() as stack:
        yield lambda target: stack.enter_context(closing(open_target(target)))


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second be over at each look at the clock, so that a search goes as far on any machine.

    There is one look before each batch of programs.
    """
    clock = count(int(monotonic()))
    monkeypatch.setattr("waitctx.conformance.distinguish.monotonic", lambda: float(next(clock)))


@pytest.fixture
def find(opened: Callable[[str], Adapter]) -> Find:
    """Give a search for what tells the reference from another."""

    def find(target: str, budget: float = 600.0) -> Search:
        return Distinguisher(opened("reference"), opened(target), SPEC, budget).run()

    return find


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fake", "length"),
    [
        ("status:StatusDefaultErr", 2),
        ("counts:AllCountOneLess", 4),
    ],
)
def test_shortest(find: Find, fake: str, length: int) -> None:
    """The program is as short as can be, and said to be."""
    found = find(f"waitctx.fakes.python.{fake}").difference

    assert found is not None
    assert length == len(found.program)
    assert found.shortest
    assert found.first[-1] != found.second[-1]
    assert found.first[:-1] == found.second[:-1]


@pytest.mark.slow
@pytest.mark.usefixtures("ticking")
def test_deep(find: Find) -> None:
    """What takes a job that pauses and resumes is found too, with a word on what is certain."""
    found = find("waitctx.fakes.python.lookups:GetFdOnlyFresh", 20.0)

    assert found.difference is not None
    assert 6 == len(found.difference.program)
    assert found.difference.shortest == (found.complete >= 5)


@pytest.mark.slow
def test_brute_force_agrees(opened: Callable[[str], Adapter], find: Find) -> None:
    """No program of the alphabet that is shorter tells them apart, tried one by one."""
    target = "waitctx.fakes.python.counts:AllCountOneLess"
    found = find(target).difference
    assert found is not None
    model, state = Model(SPEC), State()
    shorter = [
        program
        for length in range(1, len(found.program))
        for program in product(_ALPHABET, repeat=length)
        if is_defined(program, model, state)
    ]

    assert opened("reference").run(shorter) == opened(target).run(shorter)


@pytest.mark.slow
def test_both_conform(find: Find) -> None:
    """Two that conform, but read the page in two ways, are told apart."""
    found = find("waitctx.fakes.python.variants_fds:LiveKeyRefused").difference

    assert found is not None
    assert "new c0; set c0 k0 1 d0 f0; set c0 k0 1 d0 f0" == to_text(found.program)


@pytest.mark.slow
@pytest.mark.usefixtures("ticking")
def test_beyond_the_alphabet(find: Find) -> None:
    """What takes contexts or keys that the alphabet lacks is found by programs that have them."""
    found = find("waitctx.fakes.python.growth:Many65thNotCleaned", 6.0).difference

    assert found is not None
    assert not found.shortest
    assert len(found.program) > 60


@pytest.mark.slow
@pytest.mark.usefixtures("ticking")
def test_no_difference(opened: Callable[[str], Adapter]) -> None:
    """What does not differ is not told apart, and it is said how far that goes."""
    search = Distinguisher(opened("reference"), opened("reference"), OPENSSL, 6.0).run()

    assert search.difference is None
    assert search.programs > 100
    assert search.deep >= 2
