"""A check goes on from a checkpoint as if it had never been ended, or says why it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from waitctx.conformance import checkpoint
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.check import Check
from waitctx.conformance.checkpoint import Checkpoint, CheckpointError
from waitctx.conformance.clauses import load
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.plan import Plan
from waitctx.conformance.targets import open_target

if TYPE_CHECKING:
    from pathlib import Path

    from waitctx.conformance.findings import Findings

FEW = ("scenarios", "random")
PLAN = Plan(OPENSSL, budget=0, engines=("exhaustive", "random"), depth=3, programs=40)


@pytest.fixture(scope="module")
def library(libcrypto: str) -> Iterator[NativeAdapter]:
    """Open the machine's libcrypto."""
    with closing(NativeAdapter.open(libcrypto, "openssl")) as adapter:
        yield adapter


def told(check: Check) -> dict[str, Any]:
    """Give all that a check has found that has to be the same."""
    found = check.findings
    return {
        "engines": [(one.name, one.programs, one.operations) for one in found.engines],
        "operations": found.operations,
        "worlds": [(one.depth, one.complete, one.hits) for one in found.worlds],
        "exercised": check.judge.exercised,
        "programs for": check.judge.programs_for,
        "readings": check.judge.readings,
        "found": {name: one.failure.program for name, one in found.found.items()},
    }


def interrupted(adapter: NativeAdapter, after: int, path: Path) -> Check:
    """Check until so many programs were run, and leave the last checkpoint that there can be."""
    kept: list[Checkpoint] = []

    def listen(findings: Findings) -> None:
        if sum(one.programs for one in findings.engines) >= after:
            raise KeyboardInterrupt

    def save(check: Check) -> None:
        kept[:] = [checkpoint.taken(check, check.done)]

    check = Check(adapter, PLAN, load(), listen, save=save, period=0.0)
    check.run()
    checkpoint.write(kept[0], path)
    return check


@pytest.fixture(scope="module")
def whole(library: NativeAdapter) -> Check:
    """Give a check that was not interrupted."""
    check = Check(library, PLAN, load())
    check.run()
    return check


@pytest.mark.slow
@pytest.mark.parametrize(
    ("after", "engines"),
    [(1, ["exhaustive"]), (900, ["exhaustive"]), (1_570, ["exhaustive", "random"])],
)
def test_same_in_the_end(
    library: NativeAdapter, whole: Check, tmp_path: Path, after: int, engines: list[str]
) -> None:
    """Ended in the middle and resumed, a check has the coverage and verdicts of a whole one."""
    path = tmp_path / "c"
    begun = interrupted(library, after, path)
    resumed = Check(library, PLAN, load())
    resumed.done = checkpoint.restore(resumed, checkpoint.read(path))
    before = sum(one.programs for one in resumed.findings.engines)
    resumed.run()

    assert begun.findings.interrupted
    assert engines == [one.name for one in begun.findings.engines]
    assert told(whole) == told(resumed)
    assert before > 0 or after == 1


@pytest.mark.slow
def test_failures_are_kept(tmp_path: Path) -> None:
    """A failure that was found comes back as the failure that it was."""
    target = "waitctx.fakes.python.returns:GetFdReturns0"
    plan = Plan(OPENSSL, programs=0, engines=FEW)
    with closing(open_target(target, in_process=True)) as adapter:
        check = Check(adapter, plan, load())
        check.run()
        checkpoint.write(checkpoint.taken(check, check.done), tmp_path / "c")
        resumed = Check(adapter, plan, load())
        done = checkpoint.restore(resumed, checkpoint.read(tmp_path / "c"))

    assert {"scenarios", "random"} == done
    assert check.findings.found == resumed.findings.found != {}


@pytest.fixture(scope="module")
def small() -> Iterator[Check]:
    """Give a check of the reference in which the scenarios were run."""
    with closing(open_target("reference", in_process=True)) as adapter:
        check = Check(adapter, Plan(OPENSSL, programs=0, engines=FEW), load())
        check.run()
        yield check


Change = Callable[[Checkpoint], Checkpoint]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(OPENSSL, programs=0, seed=1, engines=FEW), "is of another check: not the same seed"),
        (Plan(OPENSSL, programs=1, engines=FEW), "is of another check: not the same programs"),
        (Plan(OPENSSL, programs=0, keys=3, engines=FEW), "is of another check: not the same keys"),
        (Plan(OPENSSL, programs=0, engines=("random",)), "not the same engines"),
    ],
)
def test_other_plan(small: Check, plan: Plan, message: str) -> None:
    """It is refused by a check that is asked something else, and what differs is named."""
    other = Check(small.adapter, plan, load())

    with pytest.raises(CheckpointError, match=message):
        checkpoint.restore(other, checkpoint.taken(small, small.done))


def test_other_library(small: Check, library: NativeAdapter) -> None:
    """It is refused for another implementation."""
    plan = Plan(OPENSSL, programs=0, engines=FEW)
    other = Check(library, plan, load())

    with pytest.raises(CheckpointError, match="not the same library"):
        checkpoint.restore(other, checkpoint.taken(small, small.done))


def test_no_failure(small: Check) -> None:
    """A failure that the judge does not find in it makes it none."""
    evidence = checkpoint.Evidence(
        "random",
        reproduced=True,
        program="new c0",
        observations=(),
        told=(),
        failed=1,
        tries=1,
    )
    forged = evolve(checkpoint.taken(small, small.done), found=(evidence,))
    passing = evolve(evidence, observations=({"ctx": "new"},))

    fresh = Check(small.adapter, small.plan, load())
    with pytest.raises(CheckpointError, match="holds a failure that is none"):
        checkpoint.restore(fresh, evolve(forged, found=(passing,)))


def signed(plain: object) -> bytes:
    """Write an object as if it were a checkpoint that nobody altered."""
    text = json.dumps(plain).encode()
    return text + b"\n" + sha256(text).hexdigest().encode() + b"\n"


@pytest.fixture(scope="module")
def plain(small: Check, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give a checkpoint as plain objects."""
    path = tmp_path_factory.mktemp("checkpoint") / "c"
    checkpoint.write(checkpoint.taken(small, small.done), path)
    assert [path] == list(path.parent.iterdir())
    whole: dict[str, Any] = json.loads(path.read_text().splitlines()[0])
    return whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 1}, "is of another version of waitctx"),
        ({"misses": -1}, "has not the form"),
        ({"operations": {"new": -1}}, "has not the form"),
        ({"operations": {"new": "many"}}, "has not the form"),
        ({"engines": [{"name": "random"}]}, "has not the form"),
        ({"found": 3}, "has not the form"),
        ({"more": 1}, "has not the form"),
        ({"format": "waitctx-report"}, "is no checkpoint"),
    ],
)
def test_wrong_form(plain: dict[str, Any], change: dict[str, Any], message: str) -> None:
    """What has another form is refused, though its digest is right."""
    with pytest.raises(CheckpointError, match=message):
        checkpoint.loads(signed(plain | change))


def test_altered(plain: dict[str, Any]) -> None:
    """What was cut short or altered is refused."""
    whole = signed(plain)
    assert checkpoint.loads(whole).made_for["seed"] == 0
    for data in (whole[:-1], whole[:100], whole.replace(b'"seed": 0', b'"seed": 1'), b""):
        with pytest.raises(CheckpointError, match=r"was cut short or altered|is no checkpoint"):
            checkpoint.loads(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=30)
@given(
    members=st.dictionaries(
        st.sampled_from(["engines", "operations", "found", "worlds", "made_for", "steps", "x"]),
        _JSON,
    )
)
def test_hostile(plain: dict[str, Any], members: dict[str, Any]) -> None:
    """Whatever it holds, it is read or refused."""
    with suppress(CheckpointError):
        checkpoint.loads(signed(plain | members))


def test_nested() -> None:
    """What is nested without end is refused."""
    text = b'{"format": "waitctx-checkpoint", "x": ' + b"[" * 100_000
    with pytest.raises(CheckpointError, match="has not the form"):
        checkpoint.loads(text + b"\n" + sha256(text).hexdigest().encode() + b"\n")


def test_not_there(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(CheckpointError, match="nothing cannot be read: No such file"):
        checkpoint.read(tmp_path / "nothing")
