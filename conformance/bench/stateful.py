"""Hypothesis' state machine as a contender, apart: to import it takes longer than all else here."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from waitctx.conformance.machine import NonConformanceError, WaitCtxMachine

from .contenders import Sample, spent

if TYPE_CHECKING:
    from waitctx.conformance.adapters.base import Adapter

    from .contenders import Ground

#: Hypothesis runs this many programs at a time, of so many operations.
_RUNS: Final = 20
_STEPS: Final = 30


def by_hypothesis(ground: Ground, seconds: float) -> Sample:
    """Let Hypothesis choose and judge one operation after the other."""

    class Machine(WaitCtxMachine):
        profile = ground.profile.name

        @classmethod
        def open_adapter(cls) -> Adapter:
            return ground.adapter

    quick = settings(
        database=None,
        deadline=None,
        max_examples=_RUNS,
        stateful_step_count=_STEPS,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    begun, until = spent(), monotonic() + seconds
    while monotonic() < until:
        try:
            run_state_machine_as_test(Machine, settings=quick)
        except NonConformanceError as error:
            ground.note(error.failure.program)
    return Sample(sum(Machine.hits.values()), spent() - begun)
