"""The model's rules for memory, and what the judge makes of answers by them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.defined import is_defined
from waitctx.conformance.judge import Failure, Judge
from waitctx.conformance.model import Model, UndefinedOperationError
from waitctx.conformance.observations import Observation
from waitctx.conformance.operations import FailAlloc, Leaks
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC, Outcome
from waitctx.conformance.programs import from_json, from_text, to_json, to_text
from waitctx.conformance.state import State

Read = Callable[[str], Observation]

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))

NEW = ("new c0", "ctx=new")
ONE = ("set c0 k0 1 null f0", "rc=1")
SHORT = ("fail_alloc 1", "-")
DENIED = ("set c0 k1 2 null f0", "rc=0 denied=48")
LISTED = ("all c0 array", "rc=1 count=1 fds=[1] stray=0")
FREED = ("free c0", "- | f0(c0, k0, 1, null)")
NOTHING_LEFT = ("leaks", "blocks=0 bytes=0")


@pytest.fixture(name="judged")
def _judged(observation: Read) -> Callable[..., Failure | None]:
    def judge(*steps: tuple[str, str]) -> Failure | None:
        program = from_text("; ".join(operation for operation, _ in steps))
        seen = [observation(answer) for _, answer in steps]
        judgement = Judge(Model(SPEC), load()).judge_all(program, seen)
        assert not judgement.inconclusive, judgement.inconclusive
        return judgement.failure

    return judge


class TestWrittenForm:
    """The harness's own operations are operations like any other."""

    def test_reads_back(self) -> None:
        """Both forms of a program that denies memory read back to the same one."""
        program = from_text("new c0; fail_alloc 3; set c0 k0 1 null null; free c0; leaks")

        assert program == from_text(to_text(program)) == from_json(to_json(program))
        assert {"op": "fail_alloc", "number": 3} == to_json(program)[1]


class TestDefined:
    """Where the operations can stand."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("leaks", True),
            ("new c0; leaks", False),
            ("new c0; free c0; leaks", True),
            ("new c0; free c0; leaks; new c0", False),
            ("leaks; leaks", False),
            ("fail_alloc 0", False),
            ("fail_alloc -1", False),
            ("fail_alloc 10000", True),
            ("fail_alloc 10001", False),
            ("fail_alloc 1; fail_alloc 1", False),
            ("fail_alloc 1; new c0; free c0", True),
            ("fail_alloc 1; new c0; new c0; free c0", True),
            ("fail_alloc 1; new c0; new c0; new c0", False),
            ("fail_alloc 1; new c0; leaks", True),
            ("new c0; new c0; free c0", False),
            ("new c0; fail_alloc 1; start j0 c0 null; start j0 c0 null; return 1; free c0", True),
        ],
    )
    def test_defined(self, text: str, *, expected: bool) -> None:
        """What is defined depends on whether memory may have been denied before."""
        assert expected == is_defined(from_text(text), Model(SPEC), State())

    def test_nothing_after_the_end(self) -> None:
        """Once what is left was asked for, the program has ended."""
        (ended,) = Model(SPEC).step(State(), Leaks())

        with pytest.raises(UndefinedOperationError, match="fail_alloc 1 is undefined here"):
            Model(SPEC).step(ended.state, FailAlloc(1))


class TestDenied:
    """An operation that is denied memory."""

    def test_fails_and_changes_nothing(self, judged: Callable[..., Failure | None]) -> None:
        """It may tell of an error, if everything is as before."""
        assert judged(NEW, ONE, SHORT, DENIED, LISTED, FREED, NOTHING_LEFT) is None

    def test_can_do_without(self, judged: Callable[..., Failure | None]) -> None:
        """It may succeed all the same, if it then has happened."""
        done = ("set c0 k1 2 null null", "rc=1 denied=48")
        both = ("all c0 array", "rc=1 count=2 fds=[1 2] stray=0")

        assert judged(NEW, ONE, SHORT, done, both, FREED, NOTHING_LEFT) is None

    def test_is_any_later_one(self, judged: Callable[..., Failure | None]) -> None:
        """The denial can hit an operation further on."""
        assert judged(NEW, SHORT, ONE, DENIED, LISTED, FREED, NOTHING_LEFT) is None

    def test_no_job(self, judged: Callable[..., Failure | None]) -> None:
        """A job that cannot be started leaves the program outside."""
        refused = ("start j0 c0 a3", "in=none start_job=0 ret=untouched job=null stray=0 denied=9")
        begun = ("start j0 c0 a3", "in=j0 block=a3")

        assert judged(NEW, SHORT, refused, begun) is None

    @pytest.mark.parametrize(("said", "fails"), [(0, False), (1, True), (-1, True)])
    def test_no_pause(
        self, judged: Callable[..., Failure | None], said: int, *, fails: bool
    ) -> None:
        """A pause that fails says 0, and the job goes on."""
        begun = ("start j0 c0 null", "in=j0 block=null")
        ended = ("return 1", "in=none start_job=3 ret=1 job=null stray=0")
        paused = ("pause", f"pause_job={said} denied=48")

        assert fails is (judged(NEW, begun, SHORT, paused, ended) is not None)

    def test_only_its_own_clause_is_related(self, judged: Callable[..., Failure | None]) -> None:
        """An operation that does without memory is not held against what comes after it."""
        failure = judged(NEW, SHORT, ("start j0 c0 a3", "in=j0 block=null denied=8"))

        assert failure is not None
        assert "MEM-SHORT-04" not in failure.related

    def test_no_context(self, judged: Callable[..., Failure | None]) -> None:
        """A context that cannot be made is NULL, and can be made later."""
        assert judged(SHORT, ("new c0", "ctx=null denied=24"), NEW) is None

    @pytest.mark.parametrize(
        ("steps", "clause"),
        [
            ((NEW, SHORT, ("set c0 k0 1 null f0", "rc=0")), "FD-SET-01"),
            ((NEW, SHORT, ("set c0 k0 1 null f0", "rc=7 denied=8")), "MEM-SHORT-02"),
            ((NEW, SHORT, ("set c0 k0 1 null f0", "died=SIGSEGV denied=8")), "MEM-SHORT-02"),
            ((NEW, SHORT, ("set c0 k0 1 null f0", "died=SIGSEGV")), "FD-SET-01"),
            ((SHORT, ("new c0", "died=SIGSEGV denied=8")), "MEM-SHORT-01"),
            ((NEW, SHORT, ("start j0 c0 a3", "died=hang denied=8")), "MEM-SHORT-03"),
            ((NEW, SHORT, ("start j0 c0 a3", "in=j0 block=null denied=8")), "MEM-SHORT-03"),
            (
                (NEW, ONE, SHORT, DENIED, ("all c0 array", "rc=1 count=0 fds=[] stray=0")),
                "MEM-SHORT-04",
            ),
            (
                (NEW, ONE, SHORT, ("set c0 k1 2 null f0", "rc=0 denied=48 | f0(c0, k1, 2, null)")),
                "MEM-SHORT-04",
            ),
            ((NEW, ONE, SHORT, DENIED, ("set c0 k1 2 null f0", "rc=0")), "MEM-SHORT-04"),
            (
                (NEW, ONE, SHORT, DENIED, FREED, ("leaks", "blocks=1 bytes=24")),
                "MEM-SHORT-05",
            ),
            ((NEW, ("set c0 k0 1 null f0", "rc=1 denied=8")), "FD-SET-01"),
        ],
    )
    def test_blamed(
        self,
        judged: Callable[..., Failure | None],
        steps: tuple[tuple[str, str], ...],
        clause: str,
    ) -> None:
        """What a denial does not excuse is blamed on the clause that says so."""
        failure = judged(*steps)

        assert failure is not None
        assert clause == failure.clause

    def test_end_of_a_job_can_lose_it(self, judged: Callable[..., Failure | None]) -> None:
        """A call that cannot tell of an error may lose what it was to keep, as real ones do."""
        pool = ("init_thread 1 0", "rc=1")
        begun = ("start j0 c0 null", "in=j0 block=null")
        ended = ("return 1", "in=none start_job=3 ret=1 job=null stray=0 denied=32")
        none = ("start j0 c0 null", "in=none start_job=1 ret=untouched job=null stray=0")
        free, left = ("free c0", "-"), ("leaks", "blocks=2 bytes=33000")

        assert judged(pool, NEW, begun, SHORT, ended, none, free, left) is None
        assert judged(pool, NEW, begun, SHORT, ended, begun) is None

    @each_profile
    def test_in_both_profiles(self, profile: object) -> None:
        """Both profiles permit the same ways to tell of an error."""
        chosen = OPENSSL if profile is OPENSSL else SPEC
        (begun,) = Model(chosen).step(State(), FailAlloc(1))
        (new,) = from_text("new c0")
        outcomes = Model(chosen).step(begun.state, new)

        assert [(False, "new"), (True, "null"), (True, "new")] == [
            (one.denied, one.wanted["ctx"]) for one in outcomes
        ]


class TestHeap:
    """Memory that is used wrongly."""

    @pytest.mark.parametrize(
        ("said", "clause"),
        [
            ("freed twice: a block of 24 bytes", "MEM-FREE-01"),
            ("freed what is no block", "MEM-FREE-02"),
            ("used after free: byte 8 of a block of 24", "MEM-USE-01"),
            ("out of bounds: byte 24 of a block of 24", "MEM-BOUNDS-01"),
        ],
    )
    def test_blamed(self, said: str, clause: str) -> None:
        """A fault is blamed on its own clause, before whatever else is wrong with the answer."""
        program = from_text("new c0; clear c0 k0")
        seen = [Observation.of({"ctx": "new"}), Observation.of({"rc": 1, "heap": said})]
        failure = Judge(Model(SPEC), load()).judge(program, seen).failure

        assert failure is not None
        assert clause == failure.clause
        assert ("heap", "no fault", said) == (
            failure.mismatches[0].answer,
            failure.mismatches[0].wanted,
            failure.mismatches[0].seen,
        )
        assert {"heap", "rc"} == {one.answer for one in failure.mismatches}

    @pytest.mark.parametrize(
        ("text", "clause"),
        [
            ("new c0; free c0; leaks", "MEM-LEAK-01"),
            ("new c0; set c0 k0 1 null null; free c0; leaks", "MEM-LEAK-03"),
            ("new c0; set c0 k0 1 null null; clear c0 k0; free c0; leaks", "MEM-LEAK-02"),
            ("new c0; start j0 c0 null; return 1; free c0; leaks", "MEM-LEAK-04"),
        ],
    )
    def test_leak_blamed(self, text: str, clause: str) -> None:
        """What is left is blamed on what the program does."""
        answers = {
            "new": {"ctx": "new"},
            "start": {"in": "j0", "block": "null"},
            "return": {"in": "none", "start_job": 3, "ret": 1, "job": "null", "stray": 0},
            "leaks": {"blocks": 1, "bytes": 24},
            "free": {},
        }
        program = from_text(text)
        seen = [Observation.of(answers.get(one.word, {"rc": 1})) for one in program]
        failure = Judge(Model(SPEC), load()).judge(program, seen).failure

        assert failure is not None
        assert clause == failure.clause

    def test_exercised(self) -> None:
        """A program that asks what is left exercises what it says of memory, and no other does."""
        judge = Judge(Model(SPEC), load())
        seen = [Observation.of({"ctx": "new"}), Observation()]
        judge.judge(from_text("new c0; free c0"), seen)
        before = {name for name, count in judge.exercised.items() if count and "MEM" in name}
        whole = [*seen, Observation.of({"blocks": 0, "bytes": 0})]
        judge.judge(from_text("new c0; free c0; leaks"), whole)
        after = {name for name, count in judge.exercised.items() if count and "MEM" in name}

        assert set() == before
        assert {
            "MEM-LEAK-01",
            "MEM-FREE-01",
            "MEM-FREE-02",
            "MEM-USE-01",
            "MEM-BOUNDS-01",
        } == after


def test_broken_heap_beside_a_denial() -> None:
    """A heap that is broken is blamed on its own clause, and what else is wrong is related."""
    program = from_text("new c0; fail_alloc 1; set c0 k0 1 null null; get_status c0")
    seen = [
        Observation.of({"ctx": "new"}),
        Observation(),
        Observation.of({"rc": 0, "denied": 48}),
        Observation.of({"status": 3, "heap": "freed twice"}),
    ]
    failure = Judge(Model(SPEC), load()).judge_all(program, seen).failure

    assert failure is not None
    assert failure.clause.startswith("MEM-FREE")
    assert failure.related
    assert failure.clause not in failure.related


def test_died_of_a_broken_heap() -> None:
    """A death is blamed on the fault in memory that was seen with it, not on the operation."""
    seen = [Observation.of({"died": "SIGABRT", "heap": "freed twice: a block of 24 bytes"})]
    failure = Judge(Model(SPEC), load()).judge(from_text("new c0"), seen).failure

    assert failure is not None
    assert "MEM-FREE-01" == failure.clause
    assert {"heap", "died"} == {one.answer for one in failure.mismatches}


@pytest.mark.parametrize(
    ("memory", "seen", "words"),
    [
        (None, {"status": 0, "denied": 48}, ("nothing", "48")),
        (True, {"status": 0}, ("some bytes", "nothing")),
    ],
)
def test_denial_in_words(
    memory: bool | None,  # noqa: FBT001
    seen: dict[str, int],
    words: tuple[str, str],
) -> None:
    """It is said whether memory was to be denied, and how much was."""
    (mismatch,) = Outcome((), State(), denied=memory).mismatches(Observation.of(seen))

    assert words == (mismatch.wanted, mismatch.seen)
