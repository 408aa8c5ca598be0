"""How far a long check has come, on disk, so that another process can go on from there.

A checkpoint is two lines: a JSON object, and the SHA-256 of the first line. It is only what it
is if the digest says so, and is used only for what it was made for: the same implementation, model,
clauses and plan. Failures are kept as programs with what was answered, and judged again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - cattrs looks it up
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, field, frozen, validators
from cattrs import Converter
from cattrs.errors import BaseValidationError

from waitctx import __version__
from waitctx.reports.files import aside

from .engines.walks import DEEPEST, Share, Tally
from .findings import EngineTally, Found
from .graph.cache import fingerprint
from .observations import Observation, ObservationError
from .operations import OperationError
from .programs import from_text, to_text
from .reporting import implementation_info, model_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from .check import Check
    from .engines.walks import World
    from .judge import Judge

FORMAT: Final = "waitctx-checkpoint"
VERSION: Final = 2
#: Larger files are refused unread.
MAX_BYTES: Final = 256 * 2**20

_count = validators.and_(validators.instance_of(int), validators.ge(0))
_counts = validators.deep_mapping(validators.instance_of(str), _count)


class CheckpointError(Exception):
    """A file is no checkpoint that this check can go on from; the text says why."""


@frozen
class EngineState:
    """How far an engine has come."""

    name: str
    programs: int = field(validator=_count)
    operations: int = field(validator=_count)
    seconds: float = field(validator=validators.ge(0.0))
    done: bool


@frozen
class Evidence:
    """A failure, as what has to be judged again."""

    engine: str
    reproduced: bool
    program: str
    observations: tuple[Mapping[str, Any], ...]
    told: tuple[str, ...]
    failed: int = field(validator=_count)
    tries: int = field(validator=_count)


@frozen
class PartState:
    """A part of a depth that was run to its end."""

    part: int = field(validator=_count)
    programs: int = field(validator=_count)
    operations: int = field(validator=_count)
    hits: tuple[int, ...]
    programs_for: Mapping[str, int] = field(validator=_counts)


@frozen
class WorldState:
    """How far a world was walked."""

    name: str
    graph: str
    """Its digest."""
    depth: int = field(validator=validators.and_(_count, validators.le(DEEPEST)))
    complete: int = field(validator=_count)
    size: int = field(validator=_count)
    pairs: tuple[int, int]
    states: int = field(validator=_count)
    extra: int | None
    hits: tuple[int, ...]
    programs_for: Mapping[str, int] = field(validator=_counts)
    begun: tuple[PartState, ...]


@frozen
class Checkpoint:
    """How far a check has come, and what it has found."""

    made_for: Mapping[str, Any]
    """What has to be the same to go on."""
    engines: tuple[EngineState, ...]
    operations: Mapping[str, int] = field(validator=_counts)
    inconclusive: Mapping[str, int] = field(validator=_counts)
    misses: int = field(validator=_count)
    found: tuple[Evidence, ...]
    exercised: Mapping[str, int] = field(validator=_counts)
    programs_for: Mapping[str, int] = field(validator=_counts)
    readings: tuple[str, ...]
    steps: int = field(validator=_count)
    worlds: tuple[WorldState, ...]


# -- on disk ---------------------------------------------------------------------------------------


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint in the place of the one before.

    Raises:
        UnwritableError: it cannot be written.
    """
    plain = {"format": FORMAT, "version": VERSION, **asdict(checkpoint)}
    text = json.dumps(plain, allow_nan=False)
    with aside(path) as file:
        file.write(f"{text}\n{sha256(text.encode()).hexdigest()}\n")


def read(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: it is not there, or is no whole checkpoint of this version.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return loads(data)
    except CheckpointError as error:
        raise CheckpointError(f"{path} {error}. Begin again without --resume.") from error


def loads(data: bytes) -> Checkpoint:
    """Read a checkpoint from the bytes of its file.

    Raises:
        CheckpointError: they are no whole checkpoint of this version.
    """
    if len(data) > MAX_BYTES:
        raise CheckpointError("is larger than any checkpoint")
    text, _, digest = data.partition(b"\n")
    if not text.startswith(f'{{"format": "{FORMAT}"'.encode()):
        raise CheckpointError(f"is no checkpoint: it does not say {FORMAT}")
    if digest != sha256(text).hexdigest().encode() + b"\n":
        raise CheckpointError("was cut short or altered: its digest is not that of its content")
    try:
        plain = json.loads(text)
        if plain.pop("format") != FORMAT or plain.pop("version") != VERSION:
            raise CheckpointError(f"is of another version of waitctx than {__version__}")
        return _CONVERTER.structure(plain, Checkpoint)
    except (BaseValidationError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise CheckpointError("has not the form of a checkpoint") from error


_CONVERTER: Final = Converter(forbid_extra_keys=True)


# -- from and to a check ---------------------------------------------------------------------------


def made_for(check: Check) -> dict[str, Any]:
    """Give what has to be the same for a check to go on from a checkpoint."""
    plan, about = check.plan, implementation_info(check.adapter)
    return {
        "waitctx": __version__,
        "model": model_sha256(),
        "clauses": check.catalogue.fingerprint,
        "library": [about.kind, about.sha256, about.version, list(about.functions), about.capable],
        "profile": plan.profile.name,
        "seed": plan.seed,
        "budget": plan.budget,
        "programs": plan.programs,
        "engines": [one.name for one in check.engines],
        "depth": plan.depth,
        "keys": plan.keys,
        "extra states": plan.extra_states,
    }


def taken(check: Check, done: frozenset[str]) -> Checkpoint:
    """Take down how far a check has come, whose engines of these names are done."""
    findings, judge = check.findings, check.judge
    return Checkpoint(
        made_for=made_for(check),
        engines=tuple(_engine(one, done) for one in findings.engines),
        operations=dict(findings.operations),
        inconclusive=dict(findings.inconclusive),
        misses=findings.misses,
        found=tuple(map(_evidence, findings.endings.values())),
        exercised=dict(judge.exercised),
        programs_for=dict(judge.programs_for),
        readings=tuple(sorted(judge.readings)),
        steps=judge.states,
        worlds=tuple(map(_world, findings.worlds)),
    )


def _engine(tally: EngineTally, done: frozenset[str]) -> EngineState:
    if tally.name in done or tally.settled is None:
        counts = tally.programs, tally.operations
    else:
        counts = tally.settled
    return EngineState(tally.name, *counts, tally.seconds, tally.name in done)


def _evidence(found: Found) -> Evidence:
    failure = found.failure
    return Evidence(
        found.engine,
        found.reproduced,
        to_text(failure.whole),
        tuple(one.to_json() for one in failure.observations),
        found.told,
        found.failed,
        found.tries,
    )


def _world(world: World) -> WorldState:
    return WorldState(
        name=world.graph.bounds.name,
        graph=fingerprint(world.graph),
        depth=world.depth,
        complete=world.complete,
        size=world.size,
        pairs=world.pairs,
        states=world.states,
        extra=world.extra,
        hits=tuple(world.settled.hits),
        programs_for=dict(world.settled.programs_for),
        begun=tuple(
            PartState(
                part,
                one.programs,
                one.operations,
                tuple(one.tally.hits),
                dict(one.tally.programs_for),
            )
            for part, one in world.begun.items()
            if not one.strays
        ),
    )


def restore(check: Check, checkpoint: Checkpoint) -> frozenset[str]:
    """Bring a check that has not begun to where a checkpoint was taken; give the engines done.

    Raises:
        CheckpointError: it was made for another check, or what it says cannot be.
    """
    wanted, given = made_for(check), checkpoint.made_for
    if other := [name for name in wanted if wanted[name] != given.get(name)]:
        raise CheckpointError(f"is of another check: not the same {', '.join(other)}")
    findings = check.findings
    findings.operations.update(checkpoint.operations)
    findings.inconclusive.update(checkpoint.inconclusive)
    findings.misses = checkpoint.misses
    for evidence in checkpoint.found:
        findings.keep(_judged(evidence, check.witnesses.judge))
    check.judge.restore(
        checkpoint.exercised, checkpoint.programs_for, checkpoint.readings, checkpoint.steps
    )
    if checkpoint.worlds:
        findings.worlds = check.worlds()
        if len(findings.worlds) != len(checkpoint.worlds):
            raise CheckpointError("is of other worlds")
        for world, state in zip(findings.worlds, checkpoint.worlds, strict=True):
            _restore_world(world, state)
    known = [one.name for one in check.engines]
    if [one.name for one in checkpoint.engines] != known[: len(checkpoint.engines)]:
        raise CheckpointError("names other engines")
    findings.engines += [
        EngineTally(one.name, one.programs, one.operations, one.seconds)
        for one in checkpoint.engines
    ]
    return frozenset(one.name for one in checkpoint.engines if one.done)


def _judged(evidence: Evidence, judge: Judge) -> Found:
    try:
        program = from_text(evidence.program)
        observations = tuple(map(Observation.from_json, evidence.observations))
        failure = judge.judge_all(program, observations).failure
    except (ObservationError, OperationError) as error:
        raise CheckpointError("holds a failure that is none") from error
    if failure is None:
        raise CheckpointError("holds a failure that is none")
    return Found(
        failure,
        evidence.engine,
        evidence.reproduced,
        told=evidence.told,
        failed=evidence.failed,
        tries=evidence.tries,
    )


def _restore_world(world: World, state: WorldState) -> None:
    edges = world.graph.edges
    counts = [state.hits, *(one.hits for one in state.begun)]
    if state.graph != fingerprint(world.graph):
        raise CheckpointError("is of another model")
    if any(len(one) != edges or min(one, default=0) < 0 for one in counts):
        raise CheckpointError("counts other transitions than there are")
    world.depth, world.complete, world.size = state.depth, state.complete, state.size
    world.pairs, world.states, world.extra = state.pairs, state.states, state.extra
    world.settled = Tally(state.hits, state.programs_for)
    world.begun = {
        one.part: Share(Tally(one.hits, one.programs_for), one.programs, one.operations)
        for one in state.begun
    }
