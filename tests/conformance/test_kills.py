"""Every kill of the last whole self-test, judged again from what was answered then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.judge import Judge, Judgement
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.programs import from_text
from waitctx.conformance.state import State

RESULT = Path(__file__).parents[2] / "docs" / "selftest.json"
ROWS = json.loads(RESULT.read_text(encoding="utf-8"))["rows"]
KILLS = [
    pytest.param(row["fake"], [one for one in row["trials"] if one["killed"]], id=name)
    for row in ROWS
    for name in [f"{row['fake']['family']}/{row['fake']['name']}"]
    if row["fake"]["kind"] in {"fault", "crash", "hang"}
]
CATALOGUE = load()


def judged(kill: dict[str, Any], profile: str) -> Judgement:
    """Judge by a fresh judge."""
    judge = Judge(Model(PROFILES[profile]), CATALOGUE, State(capable=kill["capable"]))
    observations = [Observation.from_json(one) for one in kill["observations"]]
    return judge.judge_all(from_text(kill["program"]), observations)


@pytest.mark.parametrize(("fake", "kills"), KILLS)
def test_kill(fake: dict[str, Any], kills: list[dict[str, Any]]) -> None:
    """Each program fails still, at its last operation or in a race, for the same clause."""
    assert kills
    for kill in kills:
        judgement = judged(kill, fake["profile"])
        failure = judgement.failure

        assert failure is not None
        assert judgement.judged == len(failure.observations) == len(failure.program)
        assert (kill["clause"], kill["length"], kill["program"]) == (
            failure.clause,
            len(failure.whole),
            "; ".join(map(str, failure.whole)),
        )


def test_every_clause() -> None:
    """Of each clause that programs can exercise, some kill proves that it can fail."""
    blamed = {one["clause"] for row in ROWS for one in row["trials"]}
    assert {one.id for one in CATALOGUE.binding("openssl") if one.operations} <= blamed
