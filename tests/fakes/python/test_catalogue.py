"""The Python fakes as data: what each declares, and that no clause goes without a fault."""

from __future__ import annotations

import inspect
from collections import Counter

import pytest

from waitctx.conformance.clauses import load
from waitctx.conformance.outcomes import PROFILES
from waitctx.fakes.python import Fake, fakes

CLAUSES = load().clauses
FAULTS = [one for one in fakes() if one.kind == "fault"]
every_fake = pytest.mark.parametrize("fake", fakes(), ids=lambda fake: fake.__name__)


def test_every_testable_clause_has_a_fault() -> None:
    """For each clause that a program in Python can exercise some fault declares to violate it."""
    testable = {one.id for one in CLAUSES.values() if one.operations and one.group != "MEM"}

    assert set() == testable - {clause for fault in FAULTS for clause in fault.clauses}


def test_every_openssl_clause_has_a_fault_of_its_profile() -> None:
    """A clause of profile openssl alone is violated by a fault that only this profile tells."""
    pinned = {one.id for one in CLAUSES.values() if one.profile == "openssl"}
    told = {clause for one in FAULTS if one.profile == "openssl" for clause in one.clauses}

    assert set() == pinned - told


def test_kinds() -> None:
    """There are faults and variants enough, and a fault that cannot be shown is the exception."""
    kinds = Counter(one.kind for one in fakes())

    assert {"fault", "variant", "equivalent"} == set(kinds)
    assert kinds["fault"] >= 100
    assert kinds["variant"] >= 14
    assert kinds["equivalent"] < 5


def test_names_are_unique() -> None:
    """A fake is named by its class alone, so no two modules share a name."""
    counts = Counter(one.__name__ for one in fakes())

    assert [] == [name for name, count in counts.items() if count > 1]


@every_fake
def test_docstring_is_one_sentence(fake: type[Fake]) -> None:
    """The docstring is one line, and a sentence."""
    says = fake.__dict__["__doc__"]

    assert inspect.cleandoc(says) == says
    assert says.endswith(".")
    assert "\n" not in says


@every_fake
def test_declared_clauses_exist(fake: type[Fake]) -> None:
    """A fault declares clauses that programs exercise, each once; nothing else declares any."""
    testable = [one for one in fake.clauses if CLAUSES[one].operations]

    assert [*dict.fromkeys(fake.clauses)] == testable
    assert (fake.kind == "fault") == bool(testable)


@every_fake
def test_profile_and_reason(fake: type[Fake]) -> None:
    """The profile is one that there is; spec, but for faults; equivalents tell their reason."""
    assert fake.profile in PROFILES
    assert fake.kind == "fault" or fake.profile == "spec"
    assert (fake.kind == "equivalent") == bool(fake.reason)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fake: fake.__name__)
def test_fault_of_profile_spec_violates_a_clause_of_it(fault: type[Fake]) -> None:
    """What profile spec has to tell goes against a clause that binds in profile spec."""
    profiles = {CLAUSES[one].profile for one in fault.clauses}

    assert fault.profile == "openssl" or "spec" in profiles
