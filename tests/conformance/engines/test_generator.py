"""The generator: its programs are defined, closed, varied, and the same for the same seed."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from itertools import islice
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waitctx.conformance.adapters.base import Ics
from waitctx.conformance.defined import is_defined
from waitctx.conformance.engines import random_programs
from waitctx.conformance.engines.generator import Generator, enabled, follow, operation_of
from waitctx.conformance.model import Model
from waitctx.conformance.operations import FUNCTIONS, OPERATIONS, GetCallback, SetWaitFd
from waitctx.conformance.outcomes import OPENSSL, PROFILES, SPEC, Profile
from waitctx.conformance.programs import Program, from_text, to_text
from waitctx.conformance.state import State

WORDS = tuple(OPERATIONS)
MADE = 300

each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
each_capability = pytest.mark.parametrize("capable", [True, False], ids=["capable", "incapable"])


@cache
def made(profile: Profile, *, capable: bool = True, number: int = MADE) -> tuple[Program, ...]:
    """Give some programs."""
    programs = random_programs.programs(profile, WORDS, 0, capable=capable)
    return tuple(islice(programs, number))


def end(profile: Profile, program: Program, *, capable: bool = True) -> State:
    """Give the state after a program; raises where it is undefined."""
    state = State(capable=capable)
    for operation in program:
        state = Model(profile).step(state, operation)[0].state
    return state


class TestProgram:
    """What holds of every program."""

    @pytest.mark.slow
    @each_profile
    @each_capability
    def test_defined_and_closed(self, profile: Profile, *, capable: bool) -> None:
        """A program is defined from end to end in its profile, and leaves nothing behind."""
        for program in made(profile, capable=capable):
            last = end(profile, program, capable=capable)

            assert State(capable=capable) == State(
                last.contexts, last.jobs, last.running, last.blocks, last.pool, last.capable
            )

    @pytest.mark.slow
    @settings(max_examples=10)
    @given(
        lacking=st.sets(st.sampled_from(FUNCTIONS)),
        capable=st.booleans(),
        random=st.randoms(use_true_random=False),
    )
    def test_only_given_words(self, *, lacking: set[str], capable: bool, random: Random) -> None:
        """Whatever an implementation lacks, its programs need none of it and are closed."""
        offered = set(FUNCTIONS) - lacking | {"ASYNC_WAIT_CTX_new", "ASYNC_WAIT_CTX_free"}
        ics = Ics(frozenset(offered), capable and "ASYNC_start_job" in offered)
        words = [word for word, one in OPERATIONS.items() if ics.supports(one)]
        program = Generator(OPENSSL, words, ics.capable).program(random)
        last = end(OPENSSL, program, capable=ics.capable)

        assert {one.word for one in program} <= set(words)
        assert ((), (), 0) == (last.contexts, last.jobs, last.blocks)
        assert last.pool is None or "cleanup_thread" not in words

    @pytest.mark.slow
    def test_closes_without_listing(self) -> None:
        """A program closes by listing and freeing its contexts, or by freeing them alone."""
        words = [word for word in WORDS if word != "all"]
        generator = Generator(SPEC, words)
        programs = [generator.program(Random(number)) for number in range(50)]

        assert all("all" not in {one.word for one in program} for program in programs)
        assert any("free" in {one.word for one in program} for program in programs)
        assert any(
            ["all", "free"] == [one.word for one in program[-2:]]
            for program in made(SPEC, number=50)
        )

    @pytest.mark.parametrize("one", ["unblock", "cleanup_thread"])
    def test_what_cannot_be_undone_is_left_out(self, one: str) -> None:
        """Without its counterpart an operation is not used, for it would stay behind."""
        words = [word for word in WORDS if word != one]

        assert {"block", "init_thread"} - set(Generator(SPEC, words).words) == {
            {"unblock": "block", "cleanup_thread": "init_thread"}[one]
        }


class TestVariety:
    """What programs there are."""

    @each_profile
    def test_every_word(self, profile: Profile) -> None:
        """Every word appears in a few hundred programs."""
        used = {one.word for program in made(profile) for one in program}

        assert set(WORDS) == used

    def test_incapable(self) -> None:
        """Where jobs cannot run, starting one is tried, and what only jobs do is not."""
        used = {one.word for program in made(OPENSSL, capable=False) for one in program}

        assert {"start", "is_capable"} < used
        assert not {"resume", "return", "args", "wait_ctx"} & used

    def test_differ(self) -> None:
        """Programs differ from one another, in length too."""
        programs = made(SPEC)

        assert len(programs) - 5 < len(set(programs))
        assert min(map(len, programs)) < 10
        assert max(map(len, programs)) > 150

    @pytest.mark.slow
    @pytest.mark.parametrize(
        "text",
        [
            "set null",
            "set duplicate",
            "set again",
            "many keys",
            "two contexts",
            "two jobs",
            "job after job",
            "blocked pause",
            "change while paused",
            "pool used up",
        ],
    )
    def test_situations(self, text: str) -> None:
        """The situations in which implementations differ come up."""
        model = Model(OPENSSL)

        assert any(_has(model, program, text) for program in made(OPENSSL))

    def test_negative_fds(self) -> None:
        """Negative fds are set in profile openssl alone."""
        lowest = {
            profile.name: min(
                one.fd for program in made(profile) for one in program if isinstance(one, SetWaitFd)
            )
            for profile in PROFILES.values()
        }

        assert {"spec": 0, "openssl": -(2**31)} == lowest


def _has(model: Model, program: Program, text: str) -> bool:
    """Tell whether a situation comes up in a program."""
    state = State()
    finished = set()
    for operation in program:
        context = state.context(getattr(operation, "ctx", ""))
        job = state.job_of(getattr(operation, "ctx", ""))
        sets = operation.word == "set" and context is not None
        key = getattr(operation, "key", "")
        situations = {
            "set null": sets and key == "null",
            "set duplicate": sets and context is not None and context.find(key) is not None,
            "set again": sets
            and context is not None
            and any(one.key == key and not one.mark.live for one in context.entries),
            "many keys": context is not None and len(context.live) > 16,
            "two contexts": len(state.contexts) > 1,
            "two jobs": len(state.jobs) > 1,
            "job after job": operation.word == "start"
            and getattr(operation, "ctx", "") in finished,
            "blocked pause": operation.word == "pause" and state.blocks > 0,
            "change while paused": operation.word in ("set", "clear")
            and job is not None
            and job.paused,
            "pool used up": operation.word == "start" and 0 < (state.pool or 0) <= len(state.jobs),
        }
        if situations[text]:
            return True
        if operation.word == "return" and state.running:
            ended = state.job(state.running)
            finished.add(ended.ctx if ended else "")
        state = model.step(state, operation)[0].state
    return False


class TestRepeatable:
    """The same seed."""

    @pytest.mark.parametrize(
        ("profile", "digest"),
        [(SPEC, "ee1526d85c58c767"), (OPENSSL, "fca1ae67b8ccd935")],
        ids=list(PROFILES),
    )
    def test_pinned(self, profile: Profile, digest: str) -> None:
        """The programs of a seed are the same on every machine and Python: they are pinned.

        When the generator is changed, so is the digest; seeds mean other programs from then on.
        """
        text = "\n".join(map(to_text, made(profile, number=20)))

        assert digest == sha256(text.encode()).hexdigest()[:16]

    def test_no_memory(self) -> None:
        """A program does not depend on those that were made before it."""
        generator = Generator(SPEC, WORDS)
        first = generator.program(Random("x"))
        for number in range(20):
            generator.program(Random(number))

        assert first == generator.program(Random("x"))

    def test_operations_are_shared(self) -> None:
        """Equal operations are one object, so that comparing them is quick."""
        assert operation_of("get_callback", "c0") is operation_of("get_callback", "c0")
        assert GetCallback("c0") == operation_of("get_callback", "c0")


class TestSkeleton:
    """The part of the state that definedness depends on."""

    @pytest.mark.slow
    @each_profile
    def test_agrees_with_the_model(self, profile: Profile) -> None:
        """What is enabled in the skeleton is defined in the whole state."""
        model = Model(profile)
        for program in made(profile, number=60):
            state = skeleton = State()
            for operation in program:
                for word, choices in enabled(profile, skeleton, 8, 6).items():
                    for arguments in choices:
                        assert model.defined(state, operation_of(word, *arguments))
                state = model.step(state, operation)[0].state
                skeleton = follow(skeleton, operation)
                assert is_same(state, skeleton)

    @pytest.mark.parametrize(
        ("program", "word", "arguments"),
        [
            ("", "new", [("c0",)]),
            ("new c0", "new", [("c0",), ("c1",)][1:]),
            ("new c0; new c1", "new", []),
            ("new c0; start j0 c0 null", "return", [(0,)]),
            ("new c0; start j0 c0 null; block", "return", []),
            ("new c0; start j0 c0 null; pause", "resume", [("j0", "c0")]),
            ("new c0; start j0 c0 null; pause", "free", []),
        ],
    )
    def test_enabled(self, program: str, word: str, arguments: list[object]) -> None:
        """An operation is enabled with the arguments that make it defined, up to the limits."""
        state = State()
        for operation in from_text(program):
            state = follow(state, operation)

        assert arguments == enabled(SPEC, state, 2, 2).get(word, [])

    def test_is_defined(self) -> None:
        """Programs that shrinking takes for defined are those that the generator makes."""
        assert all(is_defined(program, Model(SPEC), State()) for program in made(SPEC, number=50))


def is_same(state: State, skeleton: State) -> bool:
    """Tell whether a skeleton has the contexts, jobs, blocks and pool of a state."""
    names = [name for name, _ in state.contexts], [name for name, _ in skeleton.contexts]
    rest = (state.running, state.blocks, state.pool, [(name, job.ctx) for name, job in state.jobs])
    other = (
        skeleton.running,
        skeleton.blocks,
        skeleton.pool,
        [(name, job.ctx) for name, job in skeleton.jobs],
    )
    return names[0] == names[1] and rest == other
