"""Mutates the model, the judge and the reference, and tells which mutants the tests let live.

    tox -e mutation                     # all of it
    tox -e mutation -- rules_jobs.py    # some modules
    tox -e mutation -- --again          # what survived the last time, and is not explained

Cosmic Ray changes one operator, number or condition at a time, and the tests of these parts are run
against a copy of the package that reads so. A mutant that survives is explained in
``explained.toml``, or is a test that is missing: then this ends with 1. One that is explained is
not tried again, for it would change nothing if it died. What became of the mutants of these modules
goes to ``docs/mutation.json``, from which ``docs/fill.py`` takes its figures.
"""

from __future__ import annotations

import ast
import json
import multiprocessing
import re
import sys
from difflib import unified_diff
from functools import cache
from multiprocessing.connection import wait
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import trial
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = trial.HERE.parent
RESULT = ROOT / "docs" / "mutation.json"
MODULES = (
    *(f"conformance/{name}.py" for name in ("model", "outcomes", "state", "expectations")),
    *(f"conformance/rules_{name}.py" for name in ("contexts", "fds", "jobs", "memory")),
    *(f"conformance/rules_{name}.py" for name in ("threads", "files")),
    *(f"conformance/{name}.py" for name in ("judge", "blame")),
    *(f"reference/{name}.py" for name in ("cells", "context", "jobs", "job_calls", "wait_calls")),
)
TESTS = (
    *(f"tests/conformance/test_{name}.py" for name in ("kills", "expectations", "state")),
    *(f"tests/conformance/test_rules_{name}.py" for name in ("memory", "threads", "files")),
    *(f"tests/conformance/test_{name}.py" for name in ("model", "judge", "blame")),
    "tests/conformance/engines/test_scenarios.py",
    "tests/reference",
)
#: As many as is kind to others who use this machine.
PROCESSES = 2
#: The number of a mutant that changes nothing: if it dies, the tests fail anyway.
_NONE = -1
#: A type such as ``int | str`` is never evaluated, nor is what is imported for types alone used.
_NO_MUTANTS = re.compile(r"core/(ReplaceBinaryOperator_BitOr_|Variable)")
_FOR_TYPES = "TYPE_CHECKING:"


def mutants(module: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Give every mutant of a module: what it is, and how the module then reads."""
    source = (ROOT / module).read_text("utf-8")
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        operator = get_operator(name)
        if _NO_MUTANTS.match(name) or operator.arguments():
            continue
        places = sum(len(list(operator().mutation_positions(node))) for node in nodes)
        for occurrence in range(places):
            mutated = mutate_code(source, operator(), occurrence)
            changed = _changed(source, mutated)
            if _is_python(mutated) and not changed["was"].endswith(_FOR_TYPES):
                operator_name = name.removeprefix("core/")
                yield {"module": module, "operator": operator_name, **changed}, mutated


def _is_python(mutated: str) -> bool:
    """Tell whether it can be read at all: of ``{**one}`` a mutant is ``{-one}``."""
    try:
        ast.parse(mutated)
    except SyntaxError:
        return False
    return True


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
    for one in _explanations():
        operator = mutant["operator"].startswith(one.get("operator", ""))
        parts = all(one.get(part, "") in mutant[part] for part in ("module", "was", "now"))
        if operator and parts:
            return one["reason"]
    return ""


@cache
def _explanations() -> list[dict[str, str]]:
    text = (trial.HERE / "explained.toml").read_text("utf-8")
    return cast("list[dict[str, str]]", tomllib.loads(text)["survivor"])


def survivors(made: list[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
    """Try every mutant, and give those that live.

    Raises:
        SystemExit: the tests fail where nothing is mutated.
    """
    context = multiprocessing.get_context("spawn")
    module = MODULES[0]
    numbered = [trial.Mutant(_NONE, module, (ROOT / module).read_text("utf-8"))]
    numbered += [trial.Mutant(at, one["module"], text) for at, (one, text) in enumerate(made)]
    alive: dict[int, bool] = {}
    with TemporaryDirectory() as folder, Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Mutating", total=len(made))
        running = {}
        for part in range(PROCESSES):
            reading, writing = context.Pipe(duplex=False)
            arguments = (folder, numbered[part::PROCESSES], TESTS, writing)
            running[reading] = context.Process(target=trial.run, args=arguments)
            running[reading].start()
            writing.close()
        while running:
            for one in wait(list(running)):
                try:
                    number, alive[number] = one.recv()
                    progress.advance(task)
                    if alive[number] and number != _NONE:
                        mutant, _ = made[number]
                        line = f"{len(alive)}: {mutant['module']} {mutant['now']}"
                        progress.console.print(line, markup=False, highlight=False)
                except EOFError:
                    running.pop(one).join()
    if not alive.pop(_NONE, False) or len(alive) < len(made):
        sys.exit("the tests fail where nothing is mutated")
    return [one for at, (one, _) in enumerate(made) if alive[at]]


def main(wanted: list[str]) -> int:
    """Mutate the modules, say what survived, and keep it; 1 if a survivor is unexplained."""
    lately = json.loads(RESULT.read_text("utf-8"))["survivors"]
    left = {_key(one) for one in lately if not one["reason"]}
    again = wanted == ["--again"]
    named = tuple(module for module, *_ in left) if again else tuple(wanted)
    modules = [one for one in MODULES if one.endswith(named)] if again or named else [*MODULES]
    made = [one for module in modules for one in mutants(module)]
    alive = [{**one, "reason": explained(one)} for one, _ in made if explained(one)]
    tried = [pair for pair in made if not explained(pair[0])]
    if again:
        tried = [pair for pair in tried if _key(pair[0]) in left]
    alive += [{**one, "reason": ""} for one in survivors(tried)]
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


def _key(mutant: dict[str, str]) -> tuple[str, ...]:
    return tuple(mutant[part] for part in ("module", "definition", "operator", "was", "now"))


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
    known = json.loads(RESULT.read_text("utf-8"))
    modules = {**known["modules"], **counts}
    others = [one for one in known["survivors"] if one["module"] not in counts]
    kept = [one for one in others if one["module"] in MODULES] + alive
    kept.sort(key=lambda one: MODULES.index(one["module"]))
    result = {
        "modules": {module: modules[module] for module in MODULES if module in modules},
        "survivors": kept,
    }
    text = json.dumps(result, indent=1)
    RESULT.with_suffix(".new").write_text(f"{text}\n", encoding="utf-8")
    RESULT.with_suffix(".new").replace(RESULT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
