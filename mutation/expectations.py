"""Breaks every check of the model, one at a time, and tells by what the self-test shows it.

    tox -e expectations                 # all of them
    tox -e expectations -- rules_fds    # those whose name has this in it

A *check* is one thing that a rule finds wrong with an answer; broken, it lets that pass. A *clause*
is broken by letting everything pass that may be put down to it. Each of these has to make
``waitctx selftest`` complain: the kills in ``docs/selftest.json`` say which fakes could show it,
and these are run again with all their engines, until there is a complaint.

A *choice* is what profile `spec` leaves open. Broken, one of the permitted outcomes is not
permitted, or what `openssl` pins is asked for; some variant has to fail.

What is not told is explained in ``expectations.toml``, or lacks a fake: then this ends with 1. The
result goes to ``docs/expectations.json``.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import breakages
from breakages import ACTIVE, FOUND, KNOWN, Breakage

breakages.install()

from attrs import asdict, define, evolve, field, frozen  # noqa: E402 - the rules are loaded as they will be
from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402

from waitctx.conformance import selftest  # noqa: E402
from waitctx.conformance.clauses import load  # noqa: E402
from waitctx.conformance.engines.registry import ENGINES, WALKING  # noqa: E402
from waitctx.conformance.judge import Judge  # noqa: E402
from waitctx.conformance.model import Model  # noqa: E402
from waitctx.conformance.observations import Observation  # noqa: E402
from waitctx.conformance.outcomes import PROFILES  # noqa: E402
from waitctx.conformance.programs import from_text  # noqa: E402
from waitctx.conformance.selftest import Settings, Task, attempt  # noqa: E402
from waitctx.conformance.selftest_fakes import build, listed  # noqa: E402
from waitctx.conformance.selftest_grades import Course, grade, provable  # noqa: E402
from waitctx.conformance.state import Memory, State  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from waitctx.conformance.operations import Operation
    from waitctx.conformance.outcomes import Outcome
    from waitctx.conformance.programs import Program

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE: Final = Path(__file__).parent
DOCS: Final = HERE.parent / "docs"
CATALOGUE: Final = load()
#: What tells most fakes, in no time.
QUICK: Final = ("scenarios", "threads", "descriptors", "memory", "allocation", "random")
#: Walks along a graph take long, and it is made of the same broken model.
USUAL: Final = tuple(one for one in ENGINES if one not in WALKING)
#: What comes upon whatever is permitted of one thread.
_AT_LEAST: Final = ("scenarios", "random")


@frozen
class Kill:
    """What a fake answered when it was told."""

    fake: str
    clauses: tuple[str, ...]
    """Those that the fake declares."""
    profile: str
    capable: bool
    program: Program
    observations: tuple[Observation, ...]
    clause: str
    found: frozenset[Breakage]
    """The checks that found something wrong with it."""

    def blamed(self) -> str:
        """Judge it again, and give the clause; empty if nothing is wrong with it."""
        judge = Judge(Model(PROFILES[self.profile]), CATALOGUE, State(capable=self.capable))
        failure = judge.judge_all(self.program, self.observations).failure
        return "" if failure is None else failure.clause


@cache
def kills() -> dict[str, list[Kill]]:
    """Give every kill of the last self-test, by the fake; fakes that are newer are run now."""
    rows = json.loads((DOCS / "selftest.json").read_text("utf-8"))["rows"]
    known = {f"{one['fake']['family']}/{one['fake']['name']}": one for one in rows}
    found: dict[str, list[Kill]] = {}
    for label, task in tasks().items():
        if task.fake.is_fault:
            row = known.get(label) or asdict(attempt(task, Settings(QUICK, jobs=1)))
            trials = (one for one in row["trials"] if one["killed"])
            found[label] = [_kill(label, row["fake"], one) for one in trials]
    selftest._judge_for.cache_clear()  # noqa: SLF001 - it remembers rules of which nothing is broken
    return found


def _kill(label: str, fake: dict[str, Any], trial: dict[str, Any]) -> Kill:
    observations = tuple(Observation.from_json(one) for one in trial["observations"])
    program = from_text(trial["program"])
    declared = tuple(fake["clauses"])
    kill = Kill(
        *(label, declared, fake["profile"], trial["capable"]),
        *(program, observations, trial["clause"], frozenset()),
    )
    FOUND.clear()
    assert kill.blamed() == kill.clause
    return evolve(kill, found=frozenset(FOUND))


@cache
def tasks() -> dict[str, Task]:
    """Give every fake, ready to be run."""
    fakes = listed(CATALOGUE)
    paths = build([one.name for one in fakes if one.family == "c"])
    made = (Task(one, paths[one.name] if one.family == "c" else one.target) for one in fakes)
    return {one.fake.label: one for one in made}


@frozen
class Told:
    """By what a breakage shows; nothing of it is there if it does not."""

    fake: str = ""
    complaint: str = ""

    def __bool__(self) -> bool:
        """Tell whether it shows."""
        return bool(self.complaint)


def check_told(breakage: Breakage) -> Told:
    """Break a check, or all of a clause, and look for what the self-test complains of."""
    if breakage.kind == "clause":
        breakages.weaken(breakage.what)
    else:
        ACTIVE.add(breakage)
    lost: dict[str, bool] = {}
    proven: set[str] = set()
    for label, its in kills().items():
        touched = breakage.kind == "clause" or any(breakage in one.found for one in its)
        blamed = [one.blamed() if touched else one.clause for one in its]
        proven.update(blamed)
        wrong = any(one and one not in its[0].clauses for one in blamed)
        if its and (wrong or not any(blamed)):
            lost[label] = wrong

    # The quickest first: what is told by a short program, and in Python.
    def place(label: str) -> tuple[bool, int, bool]:
        shortest = min(len(one.program) for one in kills()[label])
        return (not lost[label], shortest // 10, label.startswith("c/"))

    for label in sorted(lost, key=place):
        if told := _complaint(label):
            return told
    for clause in provable(CATALOGUE):
        if clause.id not in proven and (told := _without_proof(clause.id)):
            return told
    return Told()


def _complaint(label: str) -> Told:
    """Run a fake with every engine, and give the first complaint."""
    task, first = tasks()[label], None
    for engines in (QUICK, USUAL, ENGINES):
        row = attempt(task, Settings(engines, jobs=1))
        complaints = grade([row], [task.fake], CATALOGUE, Settings(engines), _COURSE).complaints
        if not complaints and row.trials:
            return Told()
        if not complaints:
            continue
        first = complaints[0]
        if not first.text.startswith("survives"):
            break  # more engines change nothing about it
    return Told(label, f"{first.clause}: {first.text}") if first else Told()


def _without_proof(clause: str) -> Told:
    """Run every fake that declares a clause; this shows if it is blamed on none of them."""
    declaring = [one for one in tasks().values() if clause in one.fake.clauses]
    for task in declaring:
        if not task.fake.is_fault:
            continue
        for engines in (QUICK, ENGINES):
            if any(one.clause == clause for one in attempt(task, Settings(engines, jobs=1)).kills):
                return Told()
    return Told(clause, f"declared by {len(declaring)} fakes, and none was told for it")


_COURSE: Final = Course(datetime.now(timezone.utc), 0.0, 0.0, "", whole=False)


@frozen
class Run:
    """A program of a fake that conforms, and what was answered."""

    fake: str
    capable: bool
    program: Program
    observations: tuple[Observation, ...]


@define
class _Open(Judge):
    """A judge for which an outcome that is broken is permitted still where it is the only one.

    Where memory is short there are others for every operation; that is a choice of its own.
    """

    broken: Breakage = field(kw_only=True)
    met: bool = field(default=False, init=False)
    """Whether something is not permitted that should be."""
    chosen: bool = field(default=False, init=False)
    """Whether something else was permitted where it is not."""

    def _outcomes(self, possible: Any, operation: Any) -> tuple[Outcome, ...]:  # noqa: ANN401
        return tuple(one for state in possible for one in self._of(state, operation))

    def _of(self, state: State, operation: Operation) -> tuple[Outcome, ...]:
        found = self.model.step(state, operation)
        with breakages.whole():
            every = self.model.step(state, operation)
        if state.memory is Memory.SHORT and self.broken.module != "rules_memory":
            return every
        if len(found) < len(every):
            self.met = True
            self.chosen = self.chosen or bool(found)
        return found or every


@cache
def conforming() -> list[Run]:
    """Run every variant, and keep what was answered."""
    kept: dict[Run, None] = {}

    def maker(label: str) -> Any:  # noqa: ANN401 - as selftest calls it
        def judge_for(profile: Any, catalogue: Any, capable: bool) -> Judge:  # noqa: ANN401, FBT001
            class Recording(Judge):
                def judge(self, program: Any, observations: Any) -> Any:  # noqa: ANN401
                    kept[Run(label, capable, program, tuple(observations))] = None
                    return Judge.judge(self, program, observations)

            return Recording(Model(profile), catalogue, State(capable=capable))

        return judge_for

    usual = selftest._judge_for  # noqa: SLF001 - where judges come from
    for label in track(_variants(), "Running variants", console=Console(stderr=True)):
        selftest._judge_for = maker(label)  # type: ignore[assignment]  # noqa: SLF001
        row = attempt(tasks()[label], Settings(QUICK, budget=0.2, jobs=1))
        assert not row.error, row.error
        assert not row.killed, row
    selftest._judge_for = usual  # noqa: SLF001
    return list(kept)


def _variants() -> list[str]:
    return [label for label, one in tasks().items() if one.fake.kind == "variant"]


def choice_told(breakage: Breakage) -> Told | None:
    """Forbid a permitted outcome, or ask for what is open, and look for a variant that fails.

    What was never permitted beside anything else is no choice: of that there is nothing to tell.
    """
    ACTIVE.add(breakage)
    model = Model(PROFILES["spec"])
    judges = {
        one: _Open(model, CATALOGUE, State(capable=one), broken=breakage) for one in (False, True)
    }
    for one in conforming():
        failure = judges[one.capable].judge_all(one.program, one.observations).failure
        if failure is not None:
            said = "; ".join(map(str, failure.program))
            return Told(one.fake, f"{failure.clause}: fails: {said}")
    if any(one.met for one in judges.values()) and not any(one.chosen for one in judges.values()):
        return None
    if breakage.function == "defined":  # other programs are made then
        for label in _variants():
            row = attempt(tasks()[label], Settings(_AT_LEAST, budget=0.2, jobs=1))
            if row.error or row.killed:
                said = row.error or f"{row.kills[0].clause}: fails: {row.kills[0].program}"
                return Told(label, said)
    return Told()


def all_breakages() -> list[Breakage]:
    """Give every check, every clause and every choice."""
    clauses = (Breakage("clause", "clauses", one.group, one.id, 1) for one in provable(CATALOGUE))
    return [*KNOWN, *clauses]


def told(breakage: Breakage) -> tuple[Breakage, Told | None]:
    """Break one thing, in a process of its own; give it again with what came of it."""
    with TemporaryDirectory() as folder:
        os.environ["WAITCTX_CACHE"] = folder  # graphs of a broken model are no use to others
        look = check_told if breakage.kind in ("check", "clause") else choice_told
        return breakage, look(breakage)


def explained(breakage: Breakage) -> str:
    """Give the reason why a breakage cannot be told; empty when nobody has given one."""
    known = tomllib.loads((HERE / "expectations.toml").read_text("utf-8"))
    return next((one["reason"] for one in known["breakage"] if one["where"] == str(breakage)), "")


def main(wanted: list[str]) -> int:
    """Break what is named, say what is not told, and keep the result; 1 if that is unexplained."""
    chosen = [one for one in all_breakages() if all(word in str(one) for word in wanted)]
    kills(), tasks()  # once, for all
    if any(one.kind in ("pinned", "outcome") for one in chosen):
        conforming()
    rows: list[dict[str, Any]] = []
    for breakage, one in _told_of(chosen):
        if one is None:
            continue
        reason = "" if one else explained(breakage)
        plain = {"where": str(breakage), "kind": breakage.kind, **asdict(one), "reason": reason}
        rows.append(plain)
        _keep([plain])  # it takes long, and may be ended at any time
    lost = [one["where"] for one in rows if not one["complaint"] and not one["reason"]]
    print(f"{sum(bool(one['complaint']) for one in rows)} of {len(rows)} told")  # noqa: T201
    for one in lost:
        print(f"not told: {one}")  # noqa: T201
    return 1 if lost else 0


def _told_of(chosen: Sequence[Breakage]) -> Iterator[tuple[Breakage, Told | None]]:
    """Break one after the other, each in a process of its own, with a bar."""
    context = multiprocessing.get_context("fork")
    console = Console(stderr=True)
    with context.Pool(len(os.sched_getaffinity(0)), maxtasksperchild=1) as pool:
        results = pool.imap_unordered(told, chosen, chunksize=1)
        yield from track(results, "Breaking", len(chosen), console=console)


def _keep(rows: Sequence[dict[str, Any]]) -> None:
    """Put these results in the place of earlier ones; what is there no more goes."""
    path = DOCS / "expectations.json"
    known = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else []
    found = {one["where"]: one for one in (*known, *rows)}
    kept = [found[str(one)] for one in all_breakages() if str(one) in found]
    lines = ",\n".join(json.dumps(one) for one in kept)
    path.with_suffix(".new").write_text(f'{{"rows": [\n{lines}\n]}}\n', encoding="utf-8")
    path.with_suffix(".new").replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
