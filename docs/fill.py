"""Fills the tables of pages from the results beside them, so that no figure there is typed.

    waitctx selftest --report docs/selftest.json
    tox -e mutation
    tox -e expectations
    waitctx bench --report docs/bench.json
    python docs/fill.py

A table stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``, where NAME is one of
those that `tables` gives.
"""
# ruff: noqa: INP001 - it is run, nobody imports it

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from waitctx.reports import bench, bench_markdown
from waitctx.reports import kill_matrix_markdown as markdown
from waitctx.reports.kill_matrix import from_plain

HERE = Path(__file__).parent
PLACE = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Give every table by its name."""
    matrix = from_plain(_read("selftest.json"))
    mutation = _read("mutation.json")
    measured = bench.from_plain(_read("bench.json"))
    return {
        "bench_about": bench_markdown.about(measured),
        "bench_contenders": bench_markdown.contenders(measured),
        "bench_worlds": bench_markdown.worlds(measured),
        "bench_growth": bench_markdown.growth(measured),
        "bench_kills": bench_markdown.kills(measured),
        "figures": markdown.figures(matrix),
        "groups": markdown.groups(matrix),
        "clauses": markdown.clauses(matrix),
        "variants": markdown.others(matrix.of_kind("variant")),
        "equivalents": markdown.others(matrix.of_kind("equivalent")),
        "mutation": mutants(mutation["modules"]),
        "survivors": survivors(mutation["survivors"]),
        "breakages": breakages(_read("expectations.json")["rows"]),
    }


def _read(name: str) -> Any:  # noqa: ANN401 - as JSON has it
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def mutants(modules: dict[str, dict[str, int]]) -> str:
    """Give the score of each module, and of all."""
    words = ("mutants", "killed", "explained")
    whole = {word: sum(one[word] for one in modules.values()) for word in words}
    rows = [*modules.items(), ("all", whole)]
    head = "| Module | Mutants | Killed | Explained | Score |\n| --- | ---: | ---: | ---: | ---: |"
    return "\n".join(
        ["", head]
        + [
            f"| {name} | {one['mutants']} | {one['killed']} | {one['explained']} "
            f"| {100 * one['killed'] / one['mutants']:.1f} % |"
            for name, one in rows
        ]
    )


def survivors(mutants: list[dict[str, str]]) -> str:
    """Give how many survivors there are for each reason."""
    reasons: dict[str, int] = {}
    for one in mutants:
        reasons[one["reason"]] = reasons.get(one["reason"], 0) + 1
    rows = [f"| {count} | {reason} |" for reason, count in sorted(reasons.items())]
    return "\n".join(["", "| Survivors | Why |", "| ---: | --- |", *rows])


#: What each kind of breakage takes away; see mutation/expectations.py.
BROKEN = {
    "check": "A check",
    "clause": "Every check of a clause",
    "pinned": "A choice, made as OpenSSL makes it",
    "outcome": "A permitted outcome",
}


def breakages(rows: list[dict[str, str]]) -> str:
    """Give for each kind and module how many breakages make the self-test complain."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for kind, said in BROKEN.items():
        for one in rows:
            if one["kind"] == kind:
                groups.setdefault((said, one["where"].partition(".")[0]), []).append(one)
    head = (
        "| Broken | Where | Times | Told | Explained | Not told |\n"
        "| --- | --- | ---: | ---: | ---: | ---: |"
    )
    lines = []
    for (said, where), some in (*groups.items(), (("all", ""), rows)):
        told = sum(bool(one["complaint"]) for one in some)
        explained = sum(bool(one["reason"]) for one in some)
        left = len(some) - told - explained
        lines.append(f"| {said} | {where} | {len(some)} | {told} | {explained} | {left} |")
    return "\n".join(["", head, *lines])


#: The pages with tables.
PAGES = ("testing.md", "benchmarks.md")


def filled(name: str = PAGES[0]) -> str:
    """Give a page with its tables.

    Raises:
        KeyError: the page asks for a table that there is not.
    """
    known, page = tables(), (HERE / name).read_text(encoding="utf-8")
    return PLACE.sub(lambda one: f"{one[1]}{known[one[2]]}\n\n{one[3]}", page)


if __name__ == "__main__":
    for page in PAGES:
        (HERE / page).write_text(filled(page), encoding="utf-8")
