"""Observations: as values, in print, and as JSON."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.observations import (
    DIED,
    UNTOUCHED,
    Event,
    Observation,
    ObservationError,
    died,
    show,
)

words = st.text(min_size=1, max_size=5).filter(lambda word: word != "events")
scalars = st.integers() | st.text(max_size=5)
values = scalars | st.lists(scalars, max_size=3).map(tuple)
events = st.builds(
    Event,
    st.sampled_from(("f0", "f1", "b0")),
    st.lists(values, max_size=4).map(tuple),
)
observations = st.builds(
    Observation.of, st.dictionaries(words, values, max_size=4), st.lists(events, max_size=3)
)


@given(observations)
def test_json_reads_back(observation: Observation) -> None:
    """The JSON form reads back to the same observation, by way of a file."""
    assert observation == Observation.from_json(json.loads(json.dumps(observation.to_json())))


@given(observations)
def test_is_a_value(observation: Observation) -> None:
    """An observation can be looked up like its equal, which the judge's memory rests on."""
    same = Observation(tuple(observation.answers), tuple(observation.events))

    assert {observation: 1}[same] == 1


def test_order_matters() -> None:
    """Events that come in another order are another observation."""
    one, other = Event("f0", ("c0", "k0", 1, "d0")), Event("f0", ("c0", "k1", 1, "d0"))

    assert Observation(events=(one, other)) != Observation(events=(other, one))


def test_get() -> None:
    """An answer is found by its name; one that was not given is None."""
    observation = Observation.of({"rc": 0, "fds": (7, UNTOUCHED)})

    assert (0, (7, UNTOUCHED), None) == tuple(map(observation.get, ("rc", "fds", "count")))


def test_died() -> None:
    """An implementation that died answered with the cause alone."""
    assert Observation.of({DIED: "SIGSEGV at 0x0"}) == died("SIGSEGV at 0x0")
    assert "died=SIGSEGV at 0x0" == str(died("SIGSEGV at 0x0"))


@pytest.mark.parametrize(
    ("text", "observation"),
    [
        ("-", Observation()),
        ("rc=1 fd=-7 data=d0", Observation.of({"rc": 1, "fd": -7, "data": "d0"})),
        ("fds=[7 untouched] stray=0", Observation.of({"fds": (7, UNTOUCHED), "stray": 0})),
        ("fds=[]", Observation.of({"fds": ()})),
        ("f0(c0, k0, 7, null)", Observation(events=(Event("f0", ("c0", "k0", 7, "null")),))),
        (
            "rc=1 | b0(d0), b1(null)",
            Observation.of({"rc": 1}, [Event("b0", ("d0",)), Event("b1", ("null",))]),
        ),
    ],
)
def test_print(text: str, observation: Observation) -> None:
    """An observation is printed as one line: answers, then calls."""
    assert text == str(observation)


def test_show() -> None:
    """A single answer is printed in the same way."""
    assert ["7", "k0", "[7 8]", "[]"] == list(map(show, (7, "k0", (7, 8), ())))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "an observation is an object"),
        (None, "an observation is an object"),
        ({"rc": None}, "an answer is a number, a word or a list of these, not None"),
        ({"rc": True}, "an answer is a number, a word or a list of these, not True"),
        ({"rc": 1.0}, "an answer is a number, a word or a list of these, not 1.0"),
        ({"fds": [[7]]}, "an answer is a number, a word or a list of these, not [7]"),
        ({"rc": {"a": 1}}, "an answer is a number, a word or a list of these, not {'a': 1}"),
        ({"events": None}, "events is a list"),
        ({"events": "f0"}, "events is a list"),
        ({"events": ["f0"]}, "an event is a list that starts with the routine's name"),
        ({"events": [[]]}, "an event is a list that starts with the routine's name"),
        ({"events": [[0, "c0"]]}, "an event is a list that starts with the routine's name"),
        ({"events": [["f0", None]]}, "an answer is a number, a word or a list of these, not None"),
    ],
)
def test_refused(value: object, message: str) -> None:
    """What has another shape is refused with the shape it should have."""
    with pytest.raises(ObservationError, match=f"^{re.escape(message)}$"):
        Observation.from_json(value)


def test_refusal_stays_short() -> None:
    """However much is written, the message shows little of it."""
    with pytest.raises(ObservationError) as caught:
        Observation.from_json({"rc": {"a": "x" * 100_000}})

    assert len(str(caught.value)) < 200
