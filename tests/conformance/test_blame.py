"""Which clause is blamed for a failing program."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from waitctx.conformance.blame import blame, stands_in
from waitctx.conformance.clauses import UnknownClauseError, load
from waitctx.conformance.judge import Judge
from waitctx.conformance.model import Model
from waitctx.conformance.observations import Observation, died
from waitctx.conformance.outcomes import SPEC
from waitctx.conformance.programs import Program, from_text
from waitctx.conformance.strategies import programs

CATALOGUE = load()


class TestBlame:
    """From special to general."""

    def test_first_that_fits(self) -> None:
        """Of the candidates, those are blamed whose operations stand in the program."""
        candidates = ["BLOCK-01", "FD-CLEAR-05", "FD-GET-04"]
        program = from_text("new c0; set c0 k0 1 null null; clear c0 k0; get c0 k0")

        assert ("FD-CLEAR-05", "FD-GET-04") == blame(CATALOGUE, candidates, program)

    def test_none_fits(self) -> None:
        """When none fits, all are given back, the most general first."""
        blamed = blame(CATALOGUE, ["BLOCK-01", "FD-SET-01"], from_text("new c0"))

        assert ("FD-SET-01", "BLOCK-01") == blamed

    def test_other_context(self) -> None:
        """What was done with another context speaks for no clause about one context."""
        program = from_text(
            "new c0; new c1; set_callback c1 b0 null; set_callback c0 b0 null; get_callback c1"
        )

        assert ("CTX-NEW-03",) == blame(CATALOGUE, ["CB-SET-02", "CTX-NEW-03"], program)

    def test_concerns_the_last(self) -> None:
        """The context that failed is that of the last operation, not of the first."""
        program = from_text("new c0; new c1; set c1 k0 1 null null; get c1 k0")

        assert ("FD-GET-01", "CTX-NEW-03") == blame(CATALOGUE, ["FD-GET-01", "CTX-NEW-03"], program)

    def test_one_new_context(self) -> None:
        """A clause that needs one new context is about that one alone."""
        program = from_text("new c1; fail_alloc 1; new c0; set c1 k0 1 null null")

        assert ("FD-SET-01",) == blame(CATALOGUE, ["MEM-SHORT-01", "FD-SET-01"], program)

    def test_window(self) -> None:
        """A clause about one window finds its operations between two resumes only."""
        within = "new c0; start j0 c0 null; pause; resume j0 c0; set c0 k0 1 null null; clear c0 k0"
        set_first = (
            "new c0; set c0 k0 1 null null; start j0 c0 null; pause; resume j0 c0; clear c0 k0"
        )
        paused = (
            "new c0; start j0 c0 null; pause; current; set c0 k0 1 null null; resume j0 c0; "
            "clear c0 k0"
        )
        twice = f"{within.rpartition(';')[0]}; pause; resume j0 c0; clear c0 k0"
        candidates = ["FD-CHANGED-09", "FD-CHANGED-03"]
        blamed = [
            blame(CATALOGUE, candidates, from_text(f"{text}; changed c0 array array"))
            for text in (within, set_first, paused, twice)
        ]

        assert [("FD-CHANGED-09", "FD-CHANGED-03"), *[("FD-CHANGED-03",)] * 3] == blamed

    def test_free_of_nothing(self) -> None:
        """A free that dies though its context is empty is blamed on what free is there for."""
        program = from_text("new c0; free c0")
        judge = Judge(Model(SPEC), CATALOGUE)
        failure = judge.judge(program, (Observation.of({"ctx": "new"}), died("SIGSEGV"))).failure

        assert "CTX-FREE-01" == ("" if failure is None else failure.clause)

    def test_stranger(self) -> None:
        """A candidate that is no clause is an error, not a silence."""
        with pytest.raises(UnknownClauseError):
            blame(CATALOGUE, ["FD-99"], from_text("new c0"))

    @pytest.mark.slow
    @given(
        st.lists(st.sampled_from(list(CATALOGUE.clauses)), unique=True),
        programs(SPEC).filter(bool),
    )
    def test_only_candidates(self, candidates: list[str], program: Program) -> None:
        """Whoever is blamed was a candidate, and somebody is unless there was none."""
        blamed = blame(CATALOGUE, candidates, program)

        assert set(blamed) <= set(candidates)
        assert bool(blamed) == bool(candidates)


@pytest.mark.parametrize(
    ("clause", "program", "fits"),
    [
        ("FD-CLEAR-06", "set c0 k0 1 null null; set c0 k1 1 null null; clear c0 k0", True),
        ("FD-CLEAR-06", "set c0 k0 1 null null; set c0 k1 1 null null; clear c0 k1", True),
        ("FD-CLEAR-06", "set c0 k0 1 null null; set c0 k0 1 null null; clear c0 k0", False),
        ("FD-CLEAR-06", "set c0 k0 1 null null; set c0 k1 1 null null; clear c0 k2", False),
        ("FD-SET-04", "set c0 k0 1 null null; set c0 k1 1 null null", False),
        ("FD-SET-04", "set c0 k1 1 null null; set c0 k0 1 null null; set c0 k1 2 d0 f0", True),
        ("FD-SET-04", "set c0 k0 1 null null; get c0 k0; set c0 k1 1 null null", False),
        ("FD-SET-04", "new c0; set c0 k0 1 null null; get c0 k0; set c0 k1 1 null null", False),
        ("FD-CHANGED-05", "set c0 k0 1 null null; clear c0 k0; changed c0 array array", True),
        ("FD-CHANGED-05", "set c0 k0 1 null null; clear c0 k1; changed c0 array array", False),
    ],
)
def test_keys(clause: str, program: str, fits: bool) -> None:  # noqa: FBT001 - a table of cases
    """Operations have to be on one key where the clause says so, and on two where it says that."""
    assert fits == stands_in(CATALOGUE[clause], from_text(program))


@pytest.mark.parametrize("key", ["k0", "k1"])
def test_any_key(key: str) -> None:
    """A full stop stands for any key: for one that was met, and for another."""
    clause = evolve(CATALOGUE["FD-CHANGED-05"], operations=("set", "clear"), keys=("a.",))

    assert stands_in(clause, from_text(f"set c0 k0 1 null null; clear c0 {key}"))
