"""Mutates the model, the judge and the reference, and tells which mutants the tests let live.

    tox -e mutation                     # all of it: an hour or two
    tox -e mutation -- rules_jobs.py    # some modules

Cosmic Ray changes one operator, number or condition at a time in a copy of the installed package,
and runs the tests of these parts against it. A mutant that survives is explained in
``explained.toml``, or is a test that is missing: then this ends with 1. The result of a whole run
goes to ``docs/mutation.json``, from which ``docs/fill.py`` takes its figures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import TestOutcome
from rich.console import Console
from rich.progress import track

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
MODULES = (
    *(f"conformance/{name}.py" for name in ("model", "rules_contexts", "rules_fds", "rules_jobs")),
    *(f"conformance/{name}.py" for name in ("judge", "blame", "expectations", "outcomes", "state")),
    *(f"reference/{name}.py" for name in ("cells", "context", "jobs", "job_calls", "wait_calls")),
)
TESTS = (
    *(f"tests/conformance/test_{name}.py" for name in ("kills", "model", "judge", "blame")),
    *(f"tests/conformance/test_{name}.py" for name in ("expectations", "state", "rules_memory")),
    "tests/conformance/engines/test_scenarios.py",
    "tests/reference",
)
#: A type such as ``int | str`` is never evaluated: mutants of it are no mutants.
CONFIG = """
[cosmic-ray]
module-path = [{module!r}]
timeout = 60.0
excluded-modules = []
test-command = {command!r}

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_BitOr_.*", "core/Variable.*"]
"""


def mutate(module: str, copy: Path) -> list[dict[str, Any]]:
    """Run every mutant of a module in a copy of package and tests; give what became of each.

    Raises:
        CalledProcessError: the tests fail where nothing is mutated, or Cosmic Ray does.
    """
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    options = "-x -q -p no:cacheprovider -p no:randomly"
    command = f"{sys.executable} -m pytest {options} {' '.join(TESTS)}"
    config, session = copy / "cosmic-ray.toml", copy / "session.sqlite"
    config.write_text(CONFIG.format(module=f"waitctx/{module}", command=command), encoding="utf-8")
    session.unlink(missing_ok=True)
    for words in (
        # Where the tests fail as it is, every mutant would count as killed.
        ("cosmic-ray", "baseline", config.name),
        ("cosmic-ray", "init", config.name, session.name),
        ("cr-filter-operators", session.name, config.name),
        ("cosmic-ray", "exec", config.name, session.name),
    ):
        program = Path(sys.executable).with_name(words[0])
        line = [str(program), *words[1:]]
        subprocess.run(line, check=True, cwd=copy, env=environment, stdout=subprocess.DEVNULL)
    with use_db(session) as database:
        return [
            {
                "module": module,
                "definition": item.mutations[0].definition_name or "",
                "operator": item.mutations[0].operator_name.removeprefix("core/"),
                "killed": result.test_outcome != TestOutcome.SURVIVED,
                **_lines(result.diff or ""),
            }
            for item, result in database.completed_work_items
            if result.test_outcome is not None
        ]


def _lines(diff: str) -> dict[str, str]:
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in _HEADS]
    was, now = ([line[1:].strip() for line in changed if line[0] == sign] for sign in "-+")
    return {"was": " ".join(was), "now": " ".join(now)}


_HEADS = ("+++", "---")


def explained(mutant: dict[str, Any]) -> str:
    """Give the reason why a survivor cannot be told apart; empty when nobody has given one."""
    for one in tomllib.loads((HERE / "explained.toml").read_text("utf-8")).get("survivor", ()):
        operator = mutant["operator"].startswith(one.get("operator", ""))
        parts = all(one.get(part, "") in mutant[part] for part in ("module", "was", "now"))
        if operator and parts:
            return str(one["reason"])
    return ""


def main(wanted: list[str]) -> int:
    """Mutate the modules, as many at a time as there are cores."""
    modules = [one for one in MODULES if not wanted or one.endswith(tuple(wanted))]
    package = Path(find_spec("waitctx").origin or "").parent  # type: ignore[union-attr]
    jobs = len(os.sched_getaffinity(0))
    with TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies = []
        for number in range(len(modules)):
            copy = Path(folder, str(number))
            shutil.copytree(package, copy / "waitctx", ignore=shutil.ignore_patterns(".*", "tests"))
            shutil.copytree(HERE.parent / "tests", copy / "tests")
            shutil.copytree(HERE.parent / "docs", copy / "docs")
            copies.append(copy)
        done = track(
            pool.map(mutate, modules, copies),
            "Mutating",
            len(modules),
            console=Console(stderr=True),
        )
        mutants = [one for some in done for one in some]
    return report(mutants, whole=not wanted)


def report(mutants: list[dict[str, Any]], *, whole: bool) -> int:
    """Say what survived, and keep it if it is of everything; 1 if a survivor is unexplained."""
    counts = {
        module: {
            "mutants": len(some),
            "killed": sum(one["killed"] for one in some),
            "explained": sum(bool(not one["killed"] and explained(one)) for one in some),
        }
        for module in Counter(one["module"] for one in mutants)
        for some in [[one for one in mutants if one["module"] == module]]
    }
    alive = [one for one in mutants if not one["killed"]]
    survivors = [{**one, "reason": explained(one)} for one in alive]
    for module, one in counts.items():
        print(f"{module:35} {one['killed']:5} of {one['mutants']:5} killed")  # noqa: T201
    unexplained = [one for one in survivors if not one["reason"]]
    for one in unexplained:
        where = f"{one['module']}, {one['definition']}, {one['operator']}"
        print(f"{where}\n  was {one['was']}\n  now {one['now']}")  # noqa: T201
    if whole:
        text = json.dumps({"modules": counts, "survivors": survivors}, indent=1)
        (HERE.parent / "docs" / "mutation.json").write_text(f"{text}\n", encoding="utf-8")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
