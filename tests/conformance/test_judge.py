"""The judge: what it follows, where it stops, whom it blames, and what it counts."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import islice

import pytest

from waitctx.conformance import judge as judge_module
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.engines import random_programs
from waitctx.conformance.judge import Failure, Judge, Judgement
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, SPEC, Profile
from waitctx.conformance.programs import Program, from_text, to_text
from waitctx.conformance.rules_fds import MAX_ENTRIES, MAX_MAYBES

REFERENCE = InProcessAdapter.open("waitctx.reference:AsyncLibrary")
TWICE = "new c0; set c0 k0 7 null null; set c0 k0 8 null null"
LATE = "new c0; start j0 c0 null; pause; set c0 k0 7 null null; resume j0 c0; changed c0 array null"
#: Prints whom the judge blames where two readings are equally near.
BLAME = """
from waitctx.conformance.clauses import load
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Event, Observation
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import from_text

program = from_text("new c0; set c0 k0 7 d0 f0; set c0 k0 8 d1 f1; free c0")
seen = (Observation.of({"ctx": "new"}), *[Observation.of({"rc": 1})] * 2)
last = Observation(events=(Event("f0", ("c0", "k0", 7, "d0")),))
print(Judge(Model(SPEC), load()).judge(program, (*seen, last)).failure)
"""


def new_judge(profile: Profile = SPEC) -> Judge:
    """Give a judge who has seen nothing."""
    return Judge(Model(profile), load())


@pytest.fixture
def answered(
    observation: Callable[[str], Observation],
) -> Callable[[str, str], tuple[Program, tuple[Observation, ...]]]:
    """Give a program and its observations, the last of them as they are written."""

    def answered(text: str, answers: str = "") -> tuple[Program, tuple[Observation, ...]]:
        program = from_text(text)
        last = [observation(one) for one in answers.split(";") if one]
        (seen,) = REFERENCE.run([program])
        return program, (*seen[: len(program) - len(last)], *last)

    return answered


Answered = Callable[..., tuple[Program, tuple[Observation, ...]]]


def failure_of(judgement: Judgement) -> Failure:
    """Give the failure that there has to be."""
    assert judgement.failure is not None
    return judgement.failure


class TestVerdict:
    """Where the judge stops."""

    def test_no_failure(self, answered: Answered) -> None:
        """What is answered as the page permits is judged to its end."""
        assert Judgement(3) == new_judge().judge(*answered(TWICE))
        assert Judgement(0) == new_judge().judge((), ())

    def test_first_failing_step(self, answered: Answered) -> None:
        """Of several wrong answers the first counts, and what follows is not looked at."""
        program, seen = answered(
            "new c0; set c0 k0 7 null null; get_status c0; get c0 k0; free c0",
            "rc=1;status=3;rc=0 fd=9 data=d0 stray=1;-",
        )
        judgement = new_judge().judge(program, seen)
        failure = failure_of(judgement)

        assert (3, program[:3], seen[:3]) == (
            judgement.judged,
            failure.program,
            failure.observations,
        )

    def test_second_operation(self, answered: Answered) -> None:
        """The failing operation is counted, and nothing after it is kept."""
        program, seen = answered("new c0; get_status c0; free c0", "status=3;-")
        judgement = new_judge().judge(program, seen)

        assert (2, 2) == (judgement.judged, len(failure_of(judgement).observations))

    def test_what_it_remembers_is_its_own(self) -> None:
        """A judge is made of a model, a catalogue and a state; what it has seen nobody hands in."""
        assert ["model", "catalogue", "initial"] == list(inspect.signature(Judge).parameters)

    def test_fewer_observations(self, answered: Answered) -> None:
        """What was not answered is not judged."""
        program, seen = answered(TWICE)

        assert Judgement(2) == new_judge().judge(program, seen[:2])
        assert 2 == len(list(new_judge().permitted(program, seen[:2])))

    def test_broken_off(self, answered: Answered) -> None:
        """A program that ought to have been carried out fails where it broke off."""
        program, seen = answered(TWICE)
        judgement = new_judge().judge_all(program, seen[:2])

        assert (3, "the program cannot go on here") == (
            judgement.judged,
            failure_of(judgement).cause,
        )
        assert Judgement(3) == new_judge().judge_all(program, seen)

    def test_died(self, answered: Answered) -> None:
        """No outcome permits that the implementation dies, and the failure has the cause."""
        program, seen = answered(TWICE)
        failure = failure_of(new_judge().judge(program, (*seen[:2], died("SIGSEGV at 0x0"))))

        assert ("FD-SET-04", "SIGSEGV at 0x0") == (failure.clause, failure.cause)
        assert ["died"] == [one.answer for one in failure.mismatches]

    @pytest.mark.parametrize(
        ("program", "clause"),
        [
            ("block", "BLOCK-01"),
            ("unblock", "BLOCK-03"),
            ("cleanup_thread", "POOL-05"),
            ("new c0; free c0", "CTX-FREE-01"),
        ],
    )
    def test_died_without_answers(self, program: str, clause: str) -> None:
        """Who dies of an operation that has no answers fails a clause about this operation."""
        operations = from_text(program)
        seen = (*[Observation.of({"ctx": "new"})] * (len(operations) - 1), died("exit 0"))

        assert clause == failure_of(new_judge().judge(operations, seen)).clause

    def test_no_cause(self, answered: Answered) -> None:
        """An implementation that gave an answer has not died of anything."""
        assert "" == failure_of(new_judge().judge(*answered(TWICE, "rc=2"))).cause

    def test_undefined(self, answered: Answered) -> None:
        """A program that becomes undefined is judged so far, and it is said at which operation."""
        program, seen = answered(TWICE)
        again = Observation.of({"ctx": "new"})

        assert Judgement(3, inconclusive="new c0 is undefined here") == new_judge().judge(
            (*program, program[0]), (*seen, again)
        )

    def test_too_many_readings(self, answered: Answered) -> None:
        """So is one of which too much is open; where it is pinned, it is judged to its end."""
        keys = "; ".join(f"set c0 k{number} 7 null null" for number in range(MAX_MAYBES + 1))
        program, seen = answered(f"{LATE.replace('set c0 k0 7 null null', keys)}; get_status c0")
        before = len(program) - 2

        assert Judgement(
            before, inconclusive=f"more than {MAX_MAYBES} changes are open to two readings here"
        ) == new_judge().judge(program, seen)
        assert Judgement(len(program)) == new_judge(OPENSSL).judge(program, seen)

    def test_too_many_associations(self, answered: Answered) -> None:
        """A context that holds more than can be followed in time is not followed further."""
        sets = "; ".join(f"set c0 k{key} 7 null null" for key in range(MAX_ENTRIES + 2))
        program, seen = answered(f"new c0; {sets}")
        judgement = new_judge().judge(program, seen)

        why = f"more than {MAX_ENTRIES} fds of a context are not followed"
        assert Judgement(MAX_ENTRIES + 1, inconclusive=why) == judgement

    def test_is_not_confused_by_what_it_has_seen(self) -> None:
        """A program is judged alike by a judge who has seen others and by one who has not."""
        made = random_programs.programs(SPEC, list(OPERATIONS), 8, capable=True)
        programs = list(islice(made, 40))
        experienced = new_judge()
        for shift in range(2):
            # The second time every program comes with the answers to another one.
            answers = REFERENCE.run(programs[shift:] + programs[:shift])
            for program, seen in zip(programs, answers, strict=True):
                assert new_judge().judge(program, seen) == experienced.judge(program, seen)


class TestBlame:
    """Which clause a failure is filed under."""

    def test_most_special(self, answered: Answered) -> None:
        """The most special clause whose operations stand in the program is blamed."""
        texts = {
            "new c0; new c1; set c0 k0 7 null null; get c0 k0": "CTX-NEW-03",
            "new c0; set c0 k0 7 null null; set c0 k1 7 null null; get c0 k0": "FD-SET-03",
            "new c0; set c0 null 7 null null; get c0 null": "FD-SET-07",
            "new c0; set c0 k0 7 null null; start j0 c0 null; pause; get c0 k0": "CTX-KEEP-02",
        }
        miss = "rc=0 fd=untouched data=untouched stray=0"
        blamed = [failure_of(new_judge().judge(*answered(text, miss))).clause for text in texts]

        assert list(texts.values()) == blamed

    def test_related(self, answered: Answered) -> None:
        """The other clauses that fit are related, none twice and the blamed one not among them."""
        failure = failure_of(
            new_judge().judge(
                *answered(
                    "new c0; set c0 k0 7 null null; get c0 k0",
                    "rc=0 fd=untouched data=untouched stray=0",
                )
            )
        )

        named = [failure.clause, *failure.related]
        words = Counter(operation.word for operation in failure.program)

        assert {"FD-SET-02", "FD-GET-01", "FD-GET-02", "FD-GET-03"} >= set(named)
        assert len(named) == len(set(named)) > 1
        assert all(load()[name].exercised_by(words) for name in named)

    def test_nearest_outcome(self, answered: Answered) -> None:
        """What is wrong is told by the permitted outcome that is nearest to what was seen."""
        failure = failure_of(
            new_judge().judge(
                *answered("new c0; get_callback c0", "rc=2 callback=b0 arg=untouched stray=0")
            )
        )

        assert [("rc", "0", "2")] == [
            (one.answer, one.wanted, one.seen) for one in failure.mismatches
        ]

    @pytest.mark.slow
    def test_is_the_same_in_every_process(self) -> None:
        """Where several outcomes are equally near, hashes do not decide which is taken."""
        told = {
            subprocess.run(
                [sys.executable, "-c", BLAME],
                env={**os.environ, "PYTHONHASHSEED": str(seed)},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
            for seed in range(4)
        }

        assert 1 == len(told)


class TestPermitted:
    """What was permitted at each step."""

    def test_follows_the_answers(self, answered: Answered) -> None:
        """What an implementation has shown narrows down what it may show next."""
        program, seen = answered(f"{TWICE}; all c0 array")
        wanted = []
        for code in (0, 1):
            answers = (*seen[:2], Observation.of({"rc": code}), seen[3])
            *_, outcomes = new_judge().permitted(program, answers)
            wanted.append({one.wanted["fds"] for one in outcomes})

        assert [{"[7]"}, {"[8 7] in any order", "[8]"}] == wanted

    def test_up_to_the_failure(self, answered: Answered) -> None:
        """There is one list of outcomes for each operation, with the failing one as the last."""
        program, seen = answered(TWICE, "rc=2")
        permitted = list(new_judge().permitted(program, seen))

        assert [1, 1, 3] == list(map(len, permitted))
        assert all(one.mismatches(seen[-1]) for one in permitted[-1])


class TestReadings:
    """Which of the open readings an implementation takes."""

    def test_shown(self, answered: Answered) -> None:
        """A reading is shown by the answer that rules every other one out, and not before."""
        judge = new_judge()
        judge.judge(*answered(TWICE, "rc=1"))
        assert set() == judge.readings
        judge.judge(*answered(TWICE, "rc=0"))

        assert {"a key set while it is live: refused"} == judge.readings

    def test_known_by_the_time(self, answered: Answered) -> None:
        """What was shown once is known at the next such operation of the program."""
        judge = new_judge()
        judge.judge(*answered(f"{TWICE}; all c0 array; set c0 k0 9 null null"))

        assert {"a key set while it is live: shadowed"} == judge.readings


class TestCounts:
    """What programs have shown."""

    def test_exercised(self, answered: Answered) -> None:
        """An answer counts for its clauses, in programs that have the operations for them."""
        judge = new_judge()
        judge.judge(*answered("new c0; get c0 k0"))
        judge.judge(*answered("new c0; set c0 k0 7 null null; get c0 k0; get c0 k0"))
        counts = judge.exercised

        assert (1, 1, 2, 2) == (
            counts["FD-GET-04"],
            counts["FD-SET-01"],
            counts["FD-GET-01"],
            counts["CTX-NEW-01"],
        )
        assert "CTX-NEW-03" not in counts

    def test_programs_for(self, answered: Answered) -> None:
        """A program counts once for each clause that it exercises, however often it does."""
        judge = new_judge()
        judge.judge(*answered("new c0; get c0 k0"))
        judge.judge(*answered("new c0; set c0 k0 7 null null; get c0 k0; get c0 k0"))
        for _ in range(2):
            judge.judge(*answered("new c0; get_status c0", "status=3"))
        counts = judge.programs_for

        assert (1, 1, 1, 4) == (
            counts["FD-GET-04"],
            counts["FD-SET-01"],
            counts["FD-GET-01"],
            counts["CTX-NEW-01"],
        )
        assert "STATUS-GET-01" not in counts
        assert all(1 <= programs <= judge.exercised[name] for name, programs in counts.items())

    def test_failure_does_not_count(self, answered: Answered) -> None:
        """A wrong answer exercises nothing; those before it do."""
        judge = new_judge()
        judge.judge(*answered("new c0; get_status c0", "status=3"))

        assert (1, 0) == (judge.exercised["CTX-NEW-01"], judge.exercised["STATUS-GET-01"])

    def test_first_answer(self) -> None:
        """A program whose first answer fails counts for no clause."""
        judge = new_judge()
        judge.judge(from_text("new c0"), (died("SIGSEGV"),))

        assert not judge.programs_for

    def test_asking_changes_nothing(self, answered: Answered) -> None:
        """Counts can be asked for at any time."""
        judge = new_judge()
        for _ in range(3):
            judge.judge(*answered("new c0; get_status c0"))
            first = Counter(judge.exercised)

            assert first == judge.exercised
        assert 3 == judge.exercised["STATUS-DEFAULT-01"]

    def test_states(self, answered: Answered) -> None:
        """Steps that were seen before are not told apart again."""
        judge = new_judge()
        for _ in range(3):
            judge.judge(*answered("new c0; get_status c0; get_status c0"))

        assert 2 == judge.states

    @pytest.mark.parametrize(("most", "states"), [(3, 3), (2, 6)])
    def test_states_that_were_forgotten(
        self, most: int, states: int, answered: Answered, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As many steps as may be are kept; one more and all are forgotten, but still counted."""
        monkeypatch.setattr(judge_module, "MAX_REMEMBERED", most)
        judge = new_judge()
        for _ in range(2):
            judge.judge(*answered("new c0; get_status c0; free c0"))

        assert states == judge.states

    def test_forgetting_in_a_long_program(
        self, answered: Answered, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What has been seen is counted the same if memory suffices for a part of a program."""
        sets = "; ".join(f"set c0 k{key} {key} d0 f0; all c0 array" for key in range(40))
        program, seen = answered(f"new c0; {sets}; free c0")
        whole, part = new_judge(), new_judge()
        judgement = whole.judge(program, seen)
        monkeypatch.setattr(judge_module, "MAX_SIZE", 100)

        assert judgement == part.judge(program, seen)
        assert (whole.exercised, whole.states) == (part.exercised, part.states)
        assert whole.programs_for == part.programs_for

    def test_forgetting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A judge who forgets gives the same verdicts, counts and readings as one who does not."""
        made = random_programs.programs(SPEC, list(OPERATIONS), 4, capable=True)
        programs = list(islice(made, 40))
        answers = REFERENCE.run(programs)
        remembering, forgetting = new_judge(), new_judge()
        for program, seen in zip(programs, answers, strict=True):
            expected = remembering.judge(program, seen)
            with monkeypatch.context() as patch:
                patch.setattr(judge_module, "MAX_REMEMBERED", 50)

                assert expected == forgetting.judge(program, seen), to_text(program)

        assert remembering.exercised == forgetting.exercised
        assert remembering.programs_for == forgetting.programs_for
        assert remembering.readings == forgetting.readings
        assert remembering.states < forgetting.states
