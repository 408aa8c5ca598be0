"""The rules: what each profile permits as an answer, and on which clause it refuses another.

A case is a program and what its last operations were answered; those before are answered as the
reference does. A profile permits it where no clause is given for it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from random import Random
from typing import Final

import attrs
import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.clauses import load
from waitctx.conformance.engines import random_programs, scenarios
from waitctx.conformance.expectations import Answers, Calls, Expectation, Listing
from waitctx.conformance.judge import Judge, Judgement
from waitctx.conformance.model import Model, UndefinedOperationError
from waitctx.conformance.observations import UNTOUCHED, Event, Observation, Value
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC, Outcome, Profile
from waitctx.conformance.programs import Program, from_text
from waitctx.conformance.rules_fds import TooManyReadingsError
from waitctx.conformance.rules_jobs import MAX_BLOCKS
from waitctx.conformance.state import Mark, State
from waitctx.conformance.strategies import programs

CATALOGUE = load()
REFERENCE = InProcessAdapter.open("waitctx.reference:AsyncLibrary")

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))


@frozen
class Case:
    """A program, the last answers, and the clause that each profile blames for them."""

    program: str
    answers: str
    """Of as many operations as there are, the program's last ones."""
    spec: str
    openssl: str


def both(program: str, answers: str) -> Case:
    """Give a case that both profiles permit."""
    return Case(program, answers, "", "")


def free(program: str, answers: str, clause: str) -> Case:
    """Give a case that profile spec permits and openssl does not."""
    return Case(program, answers, "", clause)


def never(program: str, answers: str, clause: str) -> Case:
    """Give a case that neither profile permits."""
    return Case(program, answers, clause, clause)


def cases(*table: Case) -> pytest.MarkDecorator:
    """Run a test for each case."""
    names = [f"{one.program} -> {one.answers}" for one in table]
    return pytest.mark.parametrize("case", table, ids=names)


Check = Callable[[Case], None]


@pytest.fixture(params=PROFILES.values(), ids=list(PROFILES))
def check(request: pytest.FixtureRequest, observation: Callable[[str], Observation]) -> Check:
    """Judge a case in each profile."""
    profile: Profile = request.param

    def check(case: Case) -> None:
        program = from_text(case.program)
        last = [observation(text) for text in case.answers.split(";")]
        (seen,) = REFERENCE.run([program])
        judgement = Judge(Model(profile), CATALOGUE).judge(program, (*seen[: -len(last)], *last))

        assert "" == judgement.inconclusive
        failure = judgement.failure
        expected = case.openssl if profile is OPENSSL else case.spec
        assert expected == ("" if failure is None else failure.clause)

    return check


TWICE: Final = "new c0; set c0 k0 7 d0 f0; set c0 k0 8 d1 f1"
TWO: Final = "new c0; set c0 k0 7 d0 f0; set c0 k1 8 d1 f1"
IN_JOB: Final = "new c0; set c0 k0 7 d0 f0; start j0 c0 null"
PAUSED: Final = f"{IN_JOB}; pause"
SECOND: Final = f"{PAUSED}; resume j0 c0"
LOOK: Final = "changed c0 array array"
NO_CHANGE: Final = "rc=1 numadd=0 numdel=0 added=[] deleted=[] stray=0"
ADDED: Final = "rc=1 numadd=1 numdel=0 added=[7] deleted=[] stray=0"
DELETED: Final = "rc=1 numadd=0 numdel=1 added=[] deleted=[7] stray=0"
OTHER_ADDED: Final = "rc=1 numadd=1 numdel=0 added=[8] deleted=[] stray=0"
NO_CALLBACK: Final = "rc=0 callback=untouched arg=untouched stray=0"
NO_FD: Final = "rc=0 fd=untouched data=untouched stray=0"


class TestFreeChoices:
    """What the page leaves open passes in profile spec; in openssl only OpenSSL's answer does."""

    @cases(
        both(f"{TWO}; all c0 array", "rc=1 count=2 fds=[8 7] stray=0"),
        free(f"{TWO}; all c0 array", "rc=1 count=2 fds=[7 8] stray=0", "FD-ALL-06"),
        free(
            f"{TWO}; {LOOK}",
            "rc=1 numadd=2 numdel=0 added=[7 8] deleted=[] stray=0",
            "FD-CHANGED-11",
        ),
        free(
            f"{TWO}; start j0 c0 null; pause; resume j0 c0; clear c0 k0; clear c0 k1; {LOOK}",
            "rc=1 numadd=0 numdel=2 added=[] deleted=[7 8] stray=0",
            "FD-CHANGED-11",
        ),
        free(
            f"{TWO}; all c0 array; all c0 array",
            "rc=1 count=2 fds=[7 8] stray=0; rc=1 count=2 fds=[8 7] stray=0",
            "FD-ALL-06",
        ),
        never(f"{TWO}; all c0 array", "rc=1 count=2 fds=[8 8] stray=0", "FD-ALL-04"),
    )
    def test_order_of_fds(self, case: Case, check: Check) -> None:
        """Fds stand in any order; openssl has the newest first."""
        check(case)

    @cases(
        both(f"{TWICE}; all c0 array", "rc=1; rc=1 count=2 fds=[8 7] stray=0"),
        both(f"{TWICE}; get c0 k0", "rc=1; rc=1 fd=8 data=d1 stray=0"),
        both(f"{TWICE}; clear c0 k0; get c0 k0", "rc=1; rc=1; rc=1 fd=7 data=d0 stray=0"),
        both(f"{TWICE}; free c0", "rc=1; f1(c0, k0, 8, d1), f0(c0, k0, 7, d0)"),
        free(f"{TWICE}; get c0 k0", "rc=0; rc=1 fd=7 data=d0 stray=0", "FD-SET-04"),
        free(f"{TWICE}; free c0", "rc=0; f0(c0, k0, 7, d0)", "FD-SET-04"),
        free(f"{TWICE}; all c0 array", "rc=1; rc=1 count=1 fds=[8] stray=0", "FD-SET-04"),
        free(f"{TWICE}; clear c0 k0; get c0 k0", f"rc=1; rc=1; {NO_FD}", "FD-SET-04"),
        free(
            f"{TWICE}; all c0 array; free c0",
            "rc=1 | f0(c0, k0, 7, d0); rc=1 count=1 fds=[8] stray=0; f1(c0, k0, 8, d1)",
            "FD-SET-05",
        ),
        free(
            f"{TWICE}; all c0 array; free c0",
            "rc=1; rc=1 count=1 fds=[8] stray=0; f1(c0, k0, 8, d1), f0(c0, k0, 7, d0)",
            "FD-SET-04",
        ),
        free(f"{TWICE}; free c0", "rc=1; f1(c0, k0, 8, d1)", "FD-SET-04"),
        Case(TWICE, "rc=0 | f0(c0, k0, 7, d0)", "FD-SET-05", "FD-SET-04"),
        never(f"{TWICE}; get c0 k0", "rc=1; rc=1 fd=7 data=d0 stray=0", "FD-SET-04"),
        never(f"{TWICE}; free c0", "rc=1; f0(c0, k0, 7, d0)", "FD-SET-04"),
        Case(
            f"{TWICE}; all c0 array; free c0",
            "rc=1 | f0(c0, k0, 7, d0); rc=1 count=2 fds=[8 7] stray=0; -",
            "FD-SET-04",
            "FD-SET-05",
        ),
        Case(
            f"{TWICE}; free c0",
            "rc=1 | f0(c0, k0, 7, d0); f1(c0, k0, 8, d1), f0(c0, k0, 7, d0)",
            "FD-SET-04",
            "FD-SET-05",
        ),
    )
    def test_live_key(self, case: Case, check: Check) -> None:
        """A key set while it is live is refused, replaced or shadowed; openssl shadows it."""
        check(case)

    @cases(
        never(
            f"{TWICE}; all c0 null; set c0 k1 9 d0 f0; set c0 k1 10 d0 f0; all c0 null",
            "rc=1; rc=1 count=2 fds=null stray=0; rc=1; rc=1; rc=1 count=3 fds=null stray=0",
            "FD-ALL-03",
        ),
        free(
            f"{TWICE}; all c0 null; set c0 k1 9 d0 f0; set c0 k1 10 d0 f0; all c0 null",
            "rc=1; rc=1 count=1 fds=null stray=0; rc=1; rc=1; rc=1 count=2 fds=null stray=0",
            "FD-ALL-03",
        ),
    )
    def test_live_key_again(self, case: Case, check: Check) -> None:
        """Between replacing and shadowing an implementation chooses once."""
        check(case)

    @cases(
        both("new c0; get_callback c0", NO_CALLBACK),
        free("new c0; get_callback c0", "rc=1 callback=null arg=null stray=0", "CB-GET-03"),
        free("new c0; get_callback c0", "rc=1 callback=null arg=untouched stray=0", "CB-GET-03"),
        never(
            "new c0; get_callback c0", "rc=1 callback=untouched arg=untouched stray=0", "CB-GET-03"
        ),
        never("new c0; get_callback c0", "rc=1 callback=b0 arg=null stray=0", "CB-GET-03"),
        never(
            "new c0; get_callback c0", "rc=2 callback=untouched arg=untouched stray=0", "CB-GET-03"
        ),
    )
    def test_no_callback(self, case: Case, check: Check) -> None:
        """With no callback stored, 0 or 1 with NULL is answered; openssl says 0."""
        check(case)

    @cases(
        both(
            "new c0; set_callback c0 b0 d0; set_callback c0 null d1; get_callback c0",
            f"rc=1; {NO_CALLBACK}",
        ),
        free(
            "new c0; set_callback c0 b0 d0; set_callback c0 null d1; get_callback c0",
            "rc=0; rc=1 callback=b0 arg=d0 stray=0",
            "CB-SET-03",
        ),
        never(
            "new c0; set_callback c0 b0 d0; set_callback c0 null d1; get_callback c0",
            "rc=1; rc=1 callback=b0 arg=d0 stray=0",
            "CB-SET-03",
        ),
        Case(
            "new c0; set_callback c0 b0 d0; set_callback c0 null d1; get_callback c0",
            f"rc=0; {NO_CALLBACK}",
            "CB-SET-02",
            "CB-SET-03",
        ),
    )
    def test_null_callback(self, case: Case, check: Check) -> None:
        """A NULL callback takes the stored one away or is refused; openssl does the former."""
        check(case)

    @cases(
        both("new c0; set_status c0 4; get_status c0", "rc=1; status=4"),
        both("new c0; set_status c0 -2147483648; get_status c0", "rc=1; status=-2147483648"),
        free(
            "new c0; set_status c0 2; set_status c0 -1; get_status c0",
            "rc=0; status=2",
            "STATUS-SET-02",
        ),
        free("new c0; set_status c0 4; get_status c0", "rc=0; status=0", "STATUS-SET-02"),
        never(
            "new c0; set_status c0 2; set_status c0 4; get_status c0",
            "rc=1; status=2",
            "STATUS-SET-02",
        ),
        never(
            "new c0; set_status c0 2; set_status c0 256; get_status c0",
            "rc=1; status=0",
            "STATUS-SET-02",
        ),
        never("new c0; set_status c0 3", "rc=0", "STATUS-SET-01"),
    )
    def test_other_status(self, case: Case, check: Check) -> None:
        """A status outside the four is refused or stored; openssl stores it."""
        check(case)

    @cases(
        both(
            f"{PAUSED}; set c0 k1 8 d0 f0; {LOOK}",
            "rc=1 numadd=2 numdel=0 added=[8 7] deleted=[] stray=0",
        ),
        both(f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; pause; {LOOK}", NO_CHANGE),
        free(
            f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; pause; {LOOK}",
            OTHER_ADDED,
            "FD-CHANGED-12",
        ),
        free(f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; {LOOK}", OTHER_ADDED, "FD-CHANGED-12"),
        never(
            f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; pause; {LOOK}; {LOOK}",
            f"{OTHER_ADDED}; {NO_CHANGE}",
            "FD-CHANGED-12",
        ),
        never(
            f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; pause; {LOOK}; {LOOK}",
            f"{NO_CHANGE}; {OTHER_ADDED}",
            "FD-CHANGED-12",
        ),
        never(f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; pause; {LOOK}", ADDED, "FD-CHANGED-12"),
        never(
            f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; pause; resume j0 c0; {LOOK}",
            OTHER_ADDED,
            "FD-CHANGED-08",
        ),
        never(f"{PAUSED}; set c0 k1 8 d0 f0; {LOOK}", ADDED, "FD-CHANGED-12"),
        never(
            f"{PAUSED}; clear c0 k0; resume j0 c0; pause; resume j0 c0; {LOOK}",
            DELETED,
            "FD-CHANGED-08",
        ),
        never(
            f"{PAUSED}; set c0 k1 8 d0 f0; resume j0 c0; {LOOK}; {LOOK}",
            f"{NO_CHANGE}; {OTHER_ADDED}",
            "FD-CHANGED-12",
        ),
    )
    def test_set_while_paused(self, case: Case, check: Check) -> None:
        """What is set while paused is told at the next PAUSE or not; openssl does not."""
        check(case)

    @cases(
        both(f"{PAUSED}; clear c0 k0; {LOOK}", NO_CHANGE),
        free(f"{PAUSED}; clear c0 k0; {LOOK}", DELETED, "FD-CHANGED-09"),
        free(f"{PAUSED}; clear c0 k0; resume j0 c0; pause; {LOOK}", DELETED, "FD-CHANGED-08"),
        both(f"{SECOND}; pause; clear c0 k0; {LOOK}", DELETED),
        both(f"{SECOND}; pause; clear c0 k0; resume j0 c0; {LOOK}", NO_CHANGE),
        free(f"{SECOND}; pause; clear c0 k0; resume j0 c0; {LOOK}", DELETED, "FD-CHANGED-08"),
        never(f"{SECOND}; pause; clear c0 k0; {LOOK}", NO_CHANGE, "FD-CHANGED-05"),
        never(f"{PAUSED}; clear c0 k0; {LOOK}", ADDED, "FD-CHANGED-09"),
        never(
            f"{SECOND}; pause; clear c0 k0; resume j0 c0; pause; resume j0 c0; {LOOK}",
            DELETED,
            "FD-CHANGED-08",
        ),
    )
    def test_clear_while_paused(self, case: Case, check: Check) -> None:
        """So with what is cleared while paused."""
        check(case)

    @cases(
        both(
            f"{SECOND}; clear c0 k0; set c0 k0 7 d0 f0; {LOOK}",
            "rc=1 numadd=1 numdel=1 added=[7] deleted=[7] stray=0",
        ),
        free(f"{SECOND}; clear c0 k0; set c0 k0 7 d0 f0; {LOOK}", NO_CHANGE, "FD-CHANGED-15"),
        free(f"{SECOND}; clear c0 k0; set c0 k1 7 d0 f0; {LOOK}", NO_CHANGE, "FD-CHANGED-15"),
        never(f"{SECOND}; clear c0 k0; set c0 k0 7 d0 f0; {LOOK}", ADDED, "FD-CHANGED-15"),
        never(f"{SECOND}; clear c0 k0; set c0 k0 7 d0 f0; {LOOK}", DELETED, "FD-CHANGED-15"),
        never(f"{SECOND}; clear c0 k0; set c0 k0 8 d0 f0; {LOOK}", NO_CHANGE, "FD-CHANGED-04"),
    )
    def test_same_number_again(self, case: Case, check: Check) -> None:
        """A number cleared and set in one window is told as both or as nothing."""
        check(case)

    @cases(
        both("new c0; get c0 k0", NO_FD),
        free("new c0; get c0 k0", "rc=0 fd=-1 data=untouched stray=0", "FD-GET-05"),
        free("new c0; get c0 k0", "rc=0 fd=untouched data=null stray=0", "FD-GET-05"),
        never("new c0; get c0 k0", "rc=0 fd=untouched data=untouched stray=1", "FD-GET-06"),
        free("new c0; get_callback c0", "rc=0 callback=null arg=untouched stray=0", "CB-GET-04"),
        free("new c0; get_callback c0", "rc=0 callback=untouched arg=null stray=0", "CB-GET-04"),
        free(
            "new c0; start j0 c0 null; pause",
            "in=none start_job=2 ret=0 job=j0 stray=0",
            "JOB-PAUSE-03",
        ),
        free(
            "init_thread 1 0; new c0; new c1; start j0 c0 null; pause; start j1 c1 null",
            "in=none start_job=1 ret=0 job=null stray=0",
            "POOL-02",
        ),
        free(
            "init_thread 1 0; new c0; new c1; start j0 c0 null; pause; start j1 c1 null",
            "in=none start_job=1 ret=untouched job=other stray=0",
            "POOL-02",
        ),
    )
    def test_values_after_failure(self, case: Case, check: Check) -> None:
        """Out-values after a failure are anything; openssl leaves them alone."""
        check(case)

    @cases(
        both(f"{TWO}; free c0", "f1(c0, k1, 8, d1), f0(c0, k0, 7, d0)"),
        free(f"{TWO}; free c0", "f0(c0, k0, 7, d0), f1(c0, k1, 8, d1)", "CTX-FREE-03"),
    )
    def test_order_of_cleanups(self, case: Case, check: Check) -> None:
        """Cleanup routines run in any order; openssl runs the newest first."""
        check(case)

    def test_one_unblock_too_many(self, observation: Callable[[str], Observation]) -> None:
        """A job pauses after one, in openssl; spec does not ask."""
        program = from_text("new c0; start j0 c0 null; unblock; pause")
        (seen,) = REFERENCE.run([program])
        judge = Judge(Model(OPENSSL), CATALOGUE)
        failure = judge.judge(program, (*seen[:-1], observation("in=j0 pause_job=1"))).failure

        assert None is judge.judge(program, seen).failure
        assert "BLOCK-05" == ("" if failure is None else failure.clause)

    @pytest.mark.parametrize(
        ("answers", "blamed"),
        [
            ("f4(c0, k0, 7, d0), b1(d2)", ""),
            ("f4(c0, k0, 7, d0)", "CTX-FREE-05"),
            ("f4(c0, k0, 7, d0), b0(d2)", "CTX-FREE-05"),
            ("f4(c0, k0, 7, d0), b1(null)", "CTX-FREE-05"),
            ("f4(c0, k0, 7, d0), b1(d2), b1(d2)", "CB-CALL-01"),
        ],
    )
    def test_cleanup_that_asks(
        self, observation: Callable[[str], Observation], answers: str, blamed: str
    ) -> None:
        """What is passed to a cleanup has its callback still in openssl; spec does not ask."""
        program = from_text("new c0; set c0 k0 7 d0 f4; set_callback c0 b1 d2; free c0")
        (seen,) = REFERENCE.run([program])
        judge = Judge(Model(OPENSSL), CATALOGUE)
        failure = judge.judge(program, (*seen[:-1], observation(answers))).failure

        assert blamed == ("" if failure is None else failure.clause)
        assert "" != Judge(Model(SPEC), CATALOGUE).judge(program, seen).inconclusive

    def test_call_that_is_left_open(self, observation: Callable[[str], Observation]) -> None:
        """A failure says which routines may be called besides, for what was replaced."""
        program = from_text("new c0; set c0 k0 1 d0 f0; set c0 k0 2 d1 f1; all c0 null; free c0")
        answers = ("ctx=new", "rc=1", "rc=1", "rc=1 count=1 fds=null stray=0", "-")
        failure = (
            Judge(Model(SPEC), CATALOGUE).judge(program, list(map(observation, answers))).failure
        )

        assert failure is not None
        wanted = {one.wanted for one in failure.mismatches}
        assert {"f1(c0, k0, 2, d1), perhaps f0(c0, k0, 1, d0)"} == wanted

    @pytest.mark.parametrize("cleanup", ["null", "f0", "f3"])
    def test_cleanup_that_does_not_ask(self, cleanup: str) -> None:
        """No callback is called at free where no cleanup routine asks for one, or there is none."""
        program = from_text(f"new c0; set c0 k0 7 d0 {cleanup}; set_callback c0 b1 d2; free c0")
        (seen,) = REFERENCE.run([program])

        for profile in (SPEC, OPENSSL):
            assert None is Judge(Model(profile), CATALOGUE).judge(program, seen).failure

    def test_cleanup_that_asks_in_vain(self, observation: Callable[[str], Observation]) -> None:
        """Where there is no callback, or it was taken away, none is called."""
        for text in ("", "set_callback c0 b1 d2; set_callback c0 null d2;"):
            program = from_text(f"new c0; set c0 k0 7 d0 f4; {text} free c0")
            (seen,) = REFERENCE.run([program])

            assert observation("f4(c0, k0, 7, d0)") == seen[-1]
            assert None is Judge(Model(OPENSSL), CATALOGUE).judge(program, seen).failure


class TestRules:
    """What the page pins down is refused in both profiles, on the clause that names the fault."""

    @cases(
        both("new c0; new c1", "ctx=new"),
        never("new c0", "ctx=null", "CTX-NEW-01"),
        never("new c0; new c1", "ctx=c0", "CTX-NEW-01"),
        never(f"{TWO}; free c0", "f1(c0, k1, 8, d1)", "CTX-FREE-01"),
        never(
            f"{TWO}; free c0",
            "f1(c0, k1, 8, d1), f0(c0, k0, 7, d0), f0(c0, k0, 7, d0)",
            "CTX-FREE-01",
        ),
        never(f"{TWO}; free c0", "f1(c0, k1, 8, d1), f0(c0, k0, 7, d1)", "CTX-FREE-02"),
        never(f"{TWO}; free c0", "f1(c0, k1, 8, d1), f0(other, k0, 7, d0)", "CTX-FREE-02"),
        never(
            "new c0; set c0 k0 7 d0 f0; clear c0 k0; free c0", "f0(c0, k0, 7, d0)", "FD-CLEAR-03"
        ),
        never(f"{SECOND}; clear c0 k0; return 1; free c0", "f0(c0, k0, 7, d0)", "FD-CLEAR-03"),
        both("new c0; set c0 k0 7 d0 null; free c0", "-"),
        never("new c0; set_callback c0 b0 d0; free c0", "b0(d0)", "CB-CALL-01"),
        never(f"{TWO}; new c1; free c1", "f1(c0, k1, 8, d1), f0(c0, k0, 7, d0)", "CTX-NEW-03"),
    )
    def test_contexts(self, case: Case, check: Check) -> None:
        """Making and freeing contexts."""
        check(case)

    @cases(
        never("new c0; set c0 k0 7 d0 f0", "rc=0", "FD-SET-01"),
        never("new c0; set c0 k0 7 d0 f0", "rc=1 | f0(c0, k0, 7, d0)", "FD-SET-05"),
        never("new c0; set c0 null 7 d0 f0", "rc=0", "FD-SET-07"),
        never("new c0; set c0 k0 7 d0 f0; get c0 k0", NO_FD, "FD-GET-01"),
        never("new c0; set c0 k0 7 d0 f0; get c0 k0", "rc=1 fd=8 data=d0 stray=0", "FD-GET-02"),
        never("new c0; set c0 k0 7 d0 f0; get c0 k0", "rc=1 fd=7 data=null stray=0", "FD-GET-03"),
        never("new c0; set c0 k0 7 d0 f0; get c0 k0", "rc=1 fd=7 data=d0 stray=2", "FD-GET-06"),
        never("new c0; set c0 k0 7 d0 f0; get c0 k1", "rc=1 fd=7 data=d0 stray=0", "FD-SET-08"),
        never(f"{TWO}; get c0 k0", "rc=1 fd=8 data=d0 stray=0", "FD-SET-03"),
        never(
            "new c0; set c0 k0 7 d0 f0; new c1; get c1 k0",
            "rc=1 fd=7 data=d0 stray=0",
            "CTX-NEW-03",
        ),
        never(
            "new c0; set c0 k0 7 d0 f0; clear c0 k0; get c0 k0",
            "rc=1 fd=7 data=d0 stray=0",
            "FD-CLEAR-05",
        ),
        never("new c0; set c0 k0 7 d0 f0; clear c0 k0", "rc=0", "FD-CLEAR-01"),
        never("new c0; set c0 k0 7 d0 f0; clear c0 k0", "rc=1 | f0(c0, k0, 7, d0)", "FD-CLEAR-02"),
        never("new c0; clear c0 k0", "rc=1", "FD-CLEAR-04"),
        never("new c0; set c0 k0 7 d0 f0; clear c0 k0; clear c0 k0", "rc=1", "FD-CLEAR-05"),
        never("new c0; set c0 k0 7 d0 f0; clear c0 k1", "rc=1", "FD-SET-08"),
        never("new c0; set c0 k0 7 d0 f0; new c1; clear c1 k0", "rc=1", "CTX-NEW-03"),
        never(f"{TWO}; clear c0 k0; get c0 k1", NO_FD, "FD-CLEAR-06"),
        never("new c0; set c0 k0 7 d0 f0; clear c0 k0; set c0 k0 8 d1 f0", "rc=0", "FD-CLEAR-07"),
    )
    def test_fds(self, case: Case, check: Check) -> None:
        """Associations are found by their key alone, until they are cleared."""
        check(case)

    @cases(
        never("new c0; all c0 array", "rc=0 count=0 fds=[] stray=0", "FD-ALL-01"),
        never("new c0; all c0 array", "rc=1 count=1 fds=[] stray=0", "FD-ALL-02"),
        never("new c0; all c0 array", "rc=1 count=1 fds=[7] stray=0", "CTX-NEW-02"),
        never(
            "new c0; set c0 k0 7 d0 f0; all c0 null", "rc=1 count=0 fds=null stray=0", "FD-ALL-03"
        ),
        never(
            "new c0; set c0 k0 7 d0 f0; all c0 array", "rc=1 count=0 fds=[] stray=0", "FD-SET-02"
        ),
        never(f"{TWO}; all c0 array", "rc=1 count=1 fds=[8] stray=0", "FD-SET-03"),
        never(f"{TWO}; all c0 array", "rc=1 count=2 fds=[8] stray=0", "FD-ALL-05"),
        never(f"{TWO}; all c0 array", "rc=1 count=2 fds=[8 7] stray=1", "FD-ALL-05"),
        never(
            "new c0; set c0 k0 7 d0 f0; clear c0 k0; all c0 array",
            "rc=1 count=1 fds=[7] stray=0",
            "FD-CLEAR-05",
        ),
        never(f"{SECOND}; all c0 array", "rc=1 count=0 fds=[] stray=0", "CTX-KEEP-02"),
        never(f"{IN_JOB}; return 1; all c0 array", "rc=1 count=0 fds=[] stray=0", "CTX-KEEP-01"),
        never(
            f"{IN_JOB}; return 1; start j1 c0 null; all c0 array",
            "rc=1 count=0 fds=[] stray=0",
            "CTX-REUSE-01",
        ),
    )
    def test_all_fds(self, case: Case, check: Check) -> None:
        """The number of fds and the array."""
        check(case)

    @cases(
        both(f"{PAUSED}; {LOOK}", ADDED),
        both(f"{PAUSED}; {LOOK}; {LOOK}", ADDED),
        both(f"{SECOND}; {LOOK}", NO_CHANGE),
        both(f"{SECOND}; clear c0 k0; {LOOK}", DELETED),
        both(f"{SECOND}; return 1; {LOOK}", NO_CHANGE),
        never(f"{PAUSED}; {LOOK}", NO_CHANGE, "FD-CHANGED-07"),
        never(f"new c0; set c0 k0 7 d0 f0; {LOOK}; {LOOK}", NO_CHANGE, "FD-CHANGED-10"),
        never(f"{SECOND}; {LOOK}", ADDED, "FD-CHANGED-08"),
        never(
            "new c0; set c0 k0 7 d0 f0; clear c0 k0; changed c0 array array",
            "rc=1 numadd=1 numdel=1 added=[7] deleted=[7] stray=0",
            "FD-CHANGED-09",
        ),
        never(f"{IN_JOB}; return 1; {LOOK}", NO_CHANGE, "FD-CHANGED-14"),
        never(f"{IN_JOB}; block; pause; {LOOK}", NO_CHANGE, "FD-CHANGED-13"),
        never(f"{IN_JOB}; {LOOK}", NO_CHANGE, "FD-CHANGED-17"),
        never(
            f"{PAUSED}; {LOOK}",
            "rc=0 numadd=1 numdel=0 added=[7] deleted=[] stray=0",
            "FD-CHANGED-01",
        ),
        never(
            f"{PAUSED}; {LOOK}",
            "rc=1 numadd=2 numdel=0 added=[7] deleted=[] stray=0",
            "FD-CHANGED-02",
        ),
        never(
            f"{PAUSED}; {LOOK}",
            "rc=1 numadd=1 numdel=1 added=[7] deleted=[] stray=0",
            "FD-CHANGED-03",
        ),
        never(
            f"{PAUSED}; {LOOK}",
            "rc=1 numadd=1 numdel=0 added=[untouched] deleted=[] stray=0",
            "FD-CHANGED-16",
        ),
        never(
            f"{PAUSED}; {LOOK}",
            "rc=1 numadd=1 numdel=0 added=[7] deleted=[] stray=1",
            "FD-CHANGED-16",
        ),
        never(
            f"{PAUSED}; changed c0 null array",
            "rc=1 numadd=0 numdel=0 added=null deleted=[] stray=0",
            "FD-CHANGED-06",
        ),
        never(
            f"{SECOND}; clear c0 k0; changed c0 array null",
            "rc=1 numadd=0 numdel=0 added=[] deleted=null stray=0",
            "FD-CHANGED-06",
        ),
    )
    def test_changed_fds(self, case: Case, check: Check) -> None:
        """What was added and deleted in a window, which begins at the resume."""
        check(case)

    @cases(
        never("new c0; set_callback c0 b0 d0", "rc=0", "CB-SET-01"),
        never("new c0; set_callback c0 b0 d0", "rc=1 | b0(d0)", "CB-CALL-01"),
        both(
            "new c0; set_callback c0 b0 null; get_callback c0", "rc=1 callback=b0 arg=null stray=0"
        ),
        never("new c0; set_callback c0 b0 d0; get_callback c0", NO_CALLBACK, "CB-GET-01"),
        never(
            "new c0; set_callback c0 b0 d0; get_callback c0",
            "rc=1 callback=other arg=d0 stray=0",
            "CB-GET-01",
        ),
        never(
            "new c0; set_callback c0 b0 d0; get_callback c0",
            "rc=1 callback=b0 arg=d1 stray=0",
            "CB-GET-02",
        ),
        never(
            "new c0; set_callback c0 b0 d0; get_callback c0",
            "rc=1 callback=b0 arg=d0 stray=1",
            "CB-GET-05",
        ),
        never(
            "new c0; set_callback c0 b0 d0; set_callback c0 b1 d1; get_callback c0",
            "rc=1 callback=b0 arg=d0 stray=0",
            "CB-SET-02",
        ),
        never("new c0; get_status c0", "status=2", "STATUS-DEFAULT-01"),
        never("new c0; set_status c0 2; get_status c0", "status=0", "STATUS-GET-01"),
        never(
            "new c0; set_status c0 2; set_callback c0 b0 d0; get_status c0",
            "status=0",
            "STATUS-KEEP-01",
        ),
        never("new c0; set_status c0 2; new c1; get_status c1", "status=2", "CTX-NEW-03"),
    )
    def test_callbacks_and_status(self, case: Case, check: Check) -> None:
        """The stored callback and the status."""
        check(case)

    @cases(
        never(
            "new c0; start j0 c0 a3",
            "in=none start_job=0 ret=untouched job=null stray=0",
            "JOB-START-01",
        ),
        never("new c0; start j0 c0 a3", "in=j0 block=other", "JOB-ARGS-01"),
        never("new c0; start j0 c0 a3", "in=j0 block=shared", "JOB-ARGS-01"),
        never("new c0; start j0 c0 a3; pause; resume j0 c0; args", "block=other", "JOB-ARGS-02"),
        never("new c0; start j0 c0 null; pause", "in=j0 pause_job=1", "JOB-PAUSE-01"),
        never(
            "new c0; start j0 c0 null; pause",
            "in=none start_job=3 ret=untouched job=j0 stray=0",
            "JOB-PAUSE-01",
        ),
        never(
            "new c0; start j0 c0 null; pause",
            "in=none start_job=2 ret=untouched job=null stray=0",
            "JOB-PAUSE-02",
        ),
        never("pause", "in=none pause_job=0", "JOB-PAUSE-04"),
        never(
            "new c0; start j0 c0 null; pause; resume j0 c0",
            "in=none start_job=3 ret=0 job=null stray=0",
            "JOB-RESUME-01",
        ),
        never(
            "new c0; start j0 c0 null; pause; resume j0 c0", "in=j0 pause_job=0", "JOB-RESUME-01"
        ),
        never(
            "new c0; start j0 c0 null; return 256",
            "in=none start_job=3 ret=0 job=null stray=0",
            "JOB-FINISH-02",
        ),
        never(
            "new c0; start j0 c0 null; return 1",
            "in=none start_job=2 ret=1 job=null stray=0",
            "JOB-FINISH-01",
        ),
        never(
            "new c0; start j0 c0 null; return 1",
            "in=none start_job=3 ret=1 job=j0 stray=0",
            "JOB-FINISH-03",
        ),
        never(
            "new c0; start j0 c0 null; return 1",
            "in=none start_job=3 ret=1 job=null stray=1",
            "JOB-FINISH-02",
        ),
        never("current", "job=other", "JOB-CURRENT-02"),
        never("new c0; start j0 c0 null; current", "job=null", "JOB-CURRENT-01"),
        never("new c0; start j0 c0 null; wait_ctx j0", "ctx=null", "JOB-CTX-01"),
        both(
            "new c0; start j0 c0 null; block; pause; unblock; pause",
            "in=j0 pause_job=1; -; in=none start_job=2 ret=untouched job=j0 stray=0",
        ),
        never(
            "new c0; start j0 c0 null; block; pause",
            "in=none start_job=2 ret=untouched job=j0 stray=0",
            "BLOCK-01",
        ),
        never(
            "new c0; start j0 c0 null; block; block; unblock; pause",
            "in=none start_job=2 ret=untouched job=j0 stray=0",
            "BLOCK-02",
        ),
        never("new c0; start j0 c0 null; block; unblock; pause", "in=j0 pause_job=1", "BLOCK-03"),
        never("init_thread 1 0", "rc=0", "POOL-01"),
        never(
            "init_thread 1 0; new c0; new c1; start j0 c0 null; pause; start j1 c1 null",
            "in=j1 block=null",
            "POOL-02",
        ),
        never(
            "init_thread 1 0; new c0; start j0 c0 null; return 1; start j1 c0 null",
            "in=none start_job=1 ret=untouched job=null stray=0",
            "POOL-03",
        ),
        never("is_capable", "rc=0", "CAP-01"),
    )
    def test_jobs(self, case: Case, check: Check) -> None:
        """Jobs: started, paused, resumed, finished."""
        check(case)


def after(profile: Profile, program: str) -> tuple[Outcome, ...]:
    """Give what is permitted of a program's last operation, where the first outcomes were taken."""
    state, outcomes = State(), ()
    for operation in from_text(program):
        outcomes = Model(profile).step(state, operation)
        state = outcomes[0].state
    return outcomes


class TestOutcomes:
    """What outcomes rest on and lead to, beyond what an answer can be refused for."""

    @pytest.mark.parametrize(("status", "first"), [(-1, False), (0, True), (1, False), (4, False)])
    @each_profile
    def test_first_status(self, status: int, first: bool, profile: Profile) -> None:  # noqa: FBT001
        """Only the status 0 can speak for what a context begins with."""
        (outcome,) = after(profile, f"new c0; set_status c0 {status}; get_status c0")

        assert first == ("STATUS-DEFAULT-01" in outcome.clauses)

    @pytest.mark.parametrize(
        ("program", "alone"),
        [
            ("new c0; all c0 array", False),
            ("new c0; set c0 k0 7 d0 f0; all c0 array", True),
            (f"{TWO}; all c0 array", False),
        ],
    )
    @each_profile
    def test_one_fd_is_lacking(self, program: str, alone: bool, profile: Profile) -> None:  # noqa: FBT001
        """That an fd can be set at all is in doubt only where a single one is lacking."""
        (outcome,) = after(profile, program)
        (listing,) = (one for one in outcome.expectations if isinstance(one, Listing))

        assert alone == ("FD-SET-02" in listing.of_lack)

    @each_profile
    def test_certain_changes_are_not_remembered(self, profile: Profile) -> None:
        """To read the changes leads nowhere else where one answer alone is permitted."""
        before, (outcome,) = after(profile, TWO), after(profile, f"{TWO}; {LOOK}")

        assert before[0].state == outcome.state

    def test_nothing_is_owed_without_a_routine(self) -> None:
        """An association that had no cleanup routine is gone without a trace when replaced."""
        outcomes = after(SPEC, "new c0; set c0 k0 7 d0 null; set c0 k0 8 d0 f0")
        (replaced,) = (one for one in outcomes if one.reading.endswith("replaced"))
        context = replaced.state.context("c0")

        assert context is not None
        assert ((), 1) == (context.ghosts, len(context.entries))


class TestProfilesOfDefinition:
    """What is defined."""

    @pytest.mark.parametrize(
        "program",
        [
            "free c0",
            "set c0 k0 7 d0 f0",
            "get c0 k0",
            "all c0 array",
            "changed c0 array array",
            "clear c0 k0",
            "set_callback c0 b0 d0",
            "get_callback c0",
            "set_status c0 0",
            "get_status c0",
            "start j0 c0 null",
            "new c0; new c0",
            "new c0; free c0; free c0",
            "new c0; start j0 c0 null; free c0",
            "new c0; start j0 c0 null; pause; free c0",
            "new c0; new c1; start j0 c0 null; start j1 c1 null",
            "new c0; start j0 c0 null; pause; start j1 c0 null",
            "new c0; new c1; start j0 c0 null; pause; start j0 c1 null",
            "resume j0 c0",
            "new c0; start j0 c0 null; resume j0 c0",
            "new c0; start j0 c0 null; return 0; resume j0 c0",
            "new c0; start j0 c0 null; pause; resume j0 c1",
            "; ".join(["new c0; start j0 c0 null", *["block"] * (MAX_BLOCKS + 1)]),
            "init_thread 64 65",
            "return 0",
            "new c0; start j0 c0 null; block; return 0",
            "args",
            "wait_ctx j0",
            "new c0; start j0 c0 null; return 0; wait_ctx j0",
            "init_thread -1 0",
            "init_thread 1 -1",
            "init_thread 65 0",
            "init_thread 1 0; init_thread 1 0",
            "new c0; start j0 c0 null; init_thread 1 0",
            "new c0; start j0 c0 null; pause; cleanup_thread",
        ],
    )
    @each_profile
    def test_undefined(self, program: str, profile: Profile) -> None:
        """Of an undefined operation nothing can be said, and the error names it."""
        *before, last = from_text(program)
        state, model = State(), Model(profile)
        for operation in before:
            state = model.step(state, operation)[0].state

        assert not model.defined(state, last)
        with pytest.raises(UndefinedOperationError, match=f"^{last} is undefined here$"):
            model.step(state, last)

    @pytest.mark.parametrize(
        "program",
        [
            "new c0; set c0 k0 -1 d0 f0",
            "new c0; set c0 k0 7 d0 f4",
            "new c0; start j0 c0 null; unblock",
            "init_thread 0 5",
            "new c0; new c1; start j0 c0 null; pause; resume j0 c1",
            "new c0; new c1; start j0 c1 null; pause; resume j0 c0",
        ],
    )
    def test_defined_by_openssl_alone(self, program: str) -> None:
        """Profile openssl defines some operations that the page does not speak of."""
        *before, last = from_text(program)
        state = State()
        for operation in before:
            state = Model(OPENSSL).step(state, operation)[0].state

        assert (False, True) == (
            Model(SPEC).defined(state, last),
            Model(OPENSSL).defined(state, last),
        )

    @pytest.mark.parametrize(
        "program", ["init_thread 64 64", "new c0; start j0 c0 null; block; block; block; block"]
    )
    @each_profile
    def test_limits(self, program: str, profile: Profile) -> None:
        """Pools of as many as 64 jobs and as many as four blocks are defined."""
        assert () != after(profile, program)

    @each_profile
    def test_other_context_at_resume(self, profile: Profile) -> None:
        """A job's own context gets the new window, whichever is passed at the resume."""
        program = from_text("new c0; new c1; set c0 k0 7 null null; start j0 c0 null; pause")
        state = State()
        for operation in (*program, *from_text("resume j0 c1")[: profile.pinned]):
            (outcome,) = Model(profile).step(state, operation)
            state = outcome.state

        context = state.context("c0")
        assert context is not None
        assert [Mark.OLD if profile.pinned else Mark.FRESH] == [one.mark for one in context.entries]

    @pytest.mark.parametrize(
        ("code", "permitted"), [(1, (SPEC, OPENSSL)), (0, (SPEC,)), (2, ()), (3, ())]
    )
    def test_incapable(self, code: int, permitted: tuple[Profile, ...]) -> None:
        """Where jobs cannot run, starting one says so and never enters it."""
        start = from_text("new c0; start j0 c0 null")
        for profile in PROFILES.values():
            seen = Observation.of(
                {"in": "none", "start_job": code, "ret": UNTOUCHED, "job": "null", "stray": 0}
            )
            judge = Judge(Model(profile), CATALOGUE, State(capable=False))
            judgement = judge.judge(start, (Observation.of({"ctx": "new"}), seen))

            assert (profile in permitted) == (judgement.failure is None)

    def test_too_many_readings(self) -> None:
        """Ten changes that are open to two readings are followed; of more the model says so."""
        keys = [f"set c0 k{number} {number} null null" for number in range(11)]
        start, end = "new c0; start j0 c0 null; pause", "resume j0 c0; changed c0 array array"
        enough = "; ".join((start, *keys[:10], end))

        assert 2**10 == len(after(SPEC, enough))
        with pytest.raises(TooManyReadingsError, match="more than 10 changes are open"):
            after(SPEC, "; ".join((start, *keys, end)))


#: Programs are long, so that a few of them go far.
few = settings(max_examples=10)


def answer(outcome: Outcome, random: Random) -> Observation:
    """Answer as an outcome permits, in one of the ways that it leaves open."""
    answers: dict[str, Value] = {}
    events: list[Event] = []
    for one in outcome.expectations:
        match one:
            case Answers():
                answers[one.name] = random.choice(one.values or (UNTOUCHED, 0, "null"))
            case Listing():
                fds = one.fds if one.ordered else tuple(random.sample(one.fds, len(one.fds)))
                answers |= {one.count: len(fds), one.array: fds if one.given else "null"}
            case Calls():
                more = [call for call in one.optional if random.random() < 0.5]
                called = [*one.required, *more]
                events += called if one.ordered else random.sample(called, len(called))
    return Observation.of(answers, events)


def walk(profile: Profile, program: Program, random: Random) -> list[Outcome]:
    """Go through a program as an implementation that takes any of the permitted outcomes."""
    state = State()
    taken = []
    for operation in program:
        outcome = random.choice(Model(profile).step(state, operation))
        taken.append(outcome)
        state = outcome.state
    return taken


class TestProperties:
    """What holds of every program."""

    @few
    @given(programs(), st.randoms(use_true_random=False))
    def test_whatever_is_permitted_passes(self, program: Program, random: Random) -> None:
        """An implementation that does what is permitted, as it likes, never fails."""
        seen = [answer(outcome, random) for outcome in walk(SPEC, program, random)]
        judgement = Judge(Model(SPEC), CATALOGUE).judge_all(program, seen)

        assert Judgement(len(program)) == judgement

    @few
    @given(programs(OPENSSL), st.randoms(use_true_random=False))
    def test_openssl_permits_one_outcome(self, program: Program, random: Random) -> None:
        """In profile openssl nothing is open but what failed calls leave behind."""
        state = State()
        for operation in program:
            (outcome,) = Model(OPENSSL).step(state, operation)
            seen = answer(outcome, random)
            state = outcome.state

            assert () == outcome.mismatches(seen)

    @pytest.mark.slow
    @few
    @given(programs(), st.randoms(use_true_random=False))
    def test_spec_permits_what_openssl_does(self, program: Program, random: Random) -> None:
        """What conforms in profile openssl conforms in spec, wherever that defines the program."""
        seen = [answer(outcome, random) for outcome in walk(OPENSSL, program, random)]

        assert Judgement(len(program)) == Judge(Model(SPEC), CATALOGUE).judge_all(program, seen)

    @each_profile
    @few
    @given(data=st.data(), random=st.randoms(use_true_random=False))
    def test_steps_repeat(self, profile: Profile, data: st.DataObject, random: Random) -> None:
        """The same state and operation give the same outcomes, and all can be looked up."""
        state = State()
        for operation in data.draw(programs(profile)):
            outcomes = Model(profile).step(state, operation)
            again = Model(profile).step(attrs.evolve(state), operation)

            assert outcomes == again
            assert hash(outcomes) == hash(again)
            state = random.choice(outcomes).state

    @pytest.mark.slow
    @each_profile
    def test_clauses_exist(self, profile: Profile) -> None:
        """Every clause that an outcome can blame is known, and binds in its profile."""
        made = random_programs.programs(profile, list(OPERATIONS), 3, capable=True)
        chosen = [*scenarios.programs(profile, list(OPERATIONS), capable=True), *islice(made, 50)]
        taken = [one for program in chosen for one in walk(profile, program, Random(1))]
        expectations = {each for one in taken for each in one.expectations}

        assert set() == {name for one in taken for name in one.clauses} - {
            one.id for one in CATALOGUE.binding(profile.name)
        }
        assert set() == {name for one in expectations for name in to_blame(one)} - set(
            CATALOGUE.clauses
        )


def to_blame(expectation: Expectation) -> set[str]:
    """Give every clause that a mismatch could name."""
    return {
        name
        for key, clauses in attrs.asdict(expectation).items()  # type: ignore[arg-type]
        if key.startswith("of_") or key == "clauses"
        for name in clauses
    }
