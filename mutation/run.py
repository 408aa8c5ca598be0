"""Mutates the model, the judge and the reference, and tells which mutants the tests let live.

    tox -e mutation                     # all of it: half an hour or so
    tox -e mutation -- rules_jobs.py    # some modules

Cosmic Ray changes one operator, number or condition at a time, and the tests of these parts are run
against a copy of the package that reads so. A mutant that survives is explained in
``explained.toml``, or is a test that is missing: then this ends with 1. What became of the mutants
of these modules goes to ``docs/mutation.json``, from which ``docs/fill.py`` takes its figures.
"""

from __future__ import annotations

import ast
import json
import multiprocessing
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from difflib import unified_diff
from itertools import count
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import trial
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from rich.console import Console
from rich.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = trial.HERE.parent
MODULES = (
    *(f"conformance/{name}.py" for name in ("model", "outcomes", "state", "expectations")),
    *(f"conformance/rules_{name}.py" for name in ("contexts", "fds", "jobs", "memory")),
    *(f"conformance/{name}.py" for name in ("judge", "blame")),
    *(f"reference/{name}.py" for name in ("cells", "context", "jobs", "job_calls", "wait_calls")),
)
#: The quickest first, for the first that fails is the last that is run.
TESTS = (
    *(f"tests/conformance/test_{name}.py" for name in ("kills", "expectations", "state")),
    *(f"tests/conformance/test_{name}.py" for name in ("rules_memory", "model", "judge", "blame")),
    "tests/conformance/engines/test_scenarios.py",
)
OF_REFERENCE = ("tests/reference", *TESTS)
#: A type such as ``int | str`` is never evaluated, nor is what is imported for types alone used.
_NO_MUTANTS = re.compile(r"core/(ReplaceBinaryOperator_BitOr_|Variable)")
_FOR_TYPES = "TYPE_CHECKING:"


def mutants(module: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Give every mutant of a module: what it is, and how the module then reads."""
    source = (ROOT / module).read_text("utf-8")
    for name in operator_names():
        operator = get_operator(name)
        if _NO_MUTANTS.match(name) or operator.arguments():
            continue
        for occurrence in count():
            mutated = mutate_code(source, operator(), occurrence)
            if mutated is None:
                break
            changed = _changed(source, mutated)
            if not changed["was"].endswith(_FOR_TYPES):
                operator_name = name.removeprefix("core/")
                yield {"module": module, "operator": operator_name, **changed}, mutated


def _changed(source: str, mutated: str) -> dict[str, str]:
    """Give what a mutant changes: the lines before and after, and the function they stand in."""
    before, after = source.splitlines(), mutated.splitlines()
    lines = list(unified_diff(before, after, n=0))[2:]  # without the names of the files
    was, now = (" ".join(one[1:].strip() for one in lines if one[0] == sign) for sign in "-+")
    pairs = enumerate(zip(before, after, strict=False), start=1)
    line = next(number for number, (one, other) in pairs if one != other)
    functions = (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef))
    around = [one.name for one in functions if one.lineno <= line <= (one.end_lineno or 0)]
    return {"definition": around[-1] if around else "", "was": was, "now": now}


def explained(mutant: dict[str, Any]) -> str:
    """Give the reason why a survivor cannot be told apart; empty when nobody has given one."""
    for one in tomllib.loads((trial.HERE / "explained.toml").read_text("utf-8"))["survivor"]:
        operator = mutant["operator"].startswith(one.get("operator", ""))
        parts = all(one.get(part, "") in mutant[part] for part in ("module", "was", "now"))
        if operator and parts:
            return str(one["reason"])
    return ""


def survivors(made: list[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
    """Try every mutant, as many at a time as there are cores; give those that live."""
    jobs = len(os.sched_getaffinity(0))
    context = multiprocessing.get_context("spawn")
    with (
        TemporaryDirectory() as folder,
        ProcessPoolExecutor(jobs, context, trial.prepare, (folder, TESTS)) as pool,
    ):
        trials = {}
        for mutant, mutated in made:
            tests = OF_REFERENCE if mutant["module"].startswith("reference/") else TESTS
            trials[pool.submit(trial.attempt, mutant["module"], mutated, tests)] = mutant
        console = Console(stderr=True)
        ended = track(as_completed(trials), "Mutating", len(trials), console=console)
        return [trials[one] for one in ended if one.result()]


def main(wanted: list[str]) -> int:
    """Mutate the modules, say what survived, and keep it; 1 if a survivor is unexplained."""
    modules = [one for one in MODULES if not wanted or one.endswith(tuple(wanted))]
    made = [one for module in modules for one in mutants(module)]
    alive = [{**one, "reason": explained(one)} for one in survivors(made)]
    alive.sort(key=lambda one: (MODULES.index(one["module"]), one["was"], one["now"]))
    counts = {module: _counts(module, (one for one, _ in made), alive) for module in modules}
    for module, one in counts.items():
        print(f"{module:35} {one['killed']:5} of {one['mutants']:5} killed")  # noqa: T201
    unexplained = [one for one in alive if not one["reason"]]
    for one in unexplained:
        where = f"{one['module']}, {one['definition']}, {one['operator']}"
        print(f"{where}\n  was {one['was']}\n  now {one['now']}")  # noqa: T201
    _keep(counts, alive)
    return 1 if unexplained else 0


def _counts(
    module: str, made: Iterable[dict[str, Any]], alive: list[dict[str, Any]]
) -> dict[str, int]:
    mutants = sum(one["module"] == module for one in made)
    survived = [one for one in alive if one["module"] == module]
    return {
        "mutants": mutants,
        "killed": mutants - len(survived),
        "explained": sum(bool(one["reason"]) for one in survived),
    }


def _keep(counts: dict[str, dict[str, int]], alive: list[dict[str, Any]]) -> None:
    """Put the figures of these modules in the place of earlier ones."""
    path = ROOT / "docs" / "mutation.json"
    known = json.loads(path.read_text("utf-8"))
    modules = {**known["modules"], **counts}
    others = [one for one in known["survivors"] if one["module"] not in counts]
    kept = [one for one in others if one["module"] in MODULES] + alive
    kept.sort(key=lambda one: MODULES.index(one["module"]))
    result = {
        "modules": {module: modules[module] for module in MODULES if module in modules},
        "survivors": kept,
    }
    text = json.dumps(result, indent=1)
    path.with_suffix(".new").write_text(f"{text}\n", encoding="utf-8")
    path.with_suffix(".new").replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
