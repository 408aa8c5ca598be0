"""Fills the tables of testing.md from selftest.json, so that no figure there is typed.

    waitctx selftest --report docs/selftest.json
    python docs/fill.py

A table stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``, where NAME is one of
`TABLES`.
"""
# ruff: noqa: INP001 - it is run, nobody imports it

from __future__ import annotations

import json
import re
from pathlib import Path

from waitctx.reports import kill_matrix_markdown as markdown
from waitctx.reports.kill_matrix import from_plain

HERE = Path(__file__).parent
TABLES = {
    "figures": markdown.figures,
    "groups": markdown.groups,
    "clauses": markdown.clauses,
    "variants": lambda matrix: markdown.others(matrix.of_kind("variant")),
    "equivalents": lambda matrix: markdown.others(matrix.of_kind("equivalent")),
}
PLACE = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)


def filled(page: str, result: str) -> str:
    """Give a page with its tables made from a self-test's JSON.

    Raises:
        KeyError: the page asks for a table that there is not.
    """
    matrix = from_plain(json.loads(result))
    return PLACE.sub(lambda one: f"{one[1]}\n{TABLES[one[2]](matrix)}\n\n{one[3]}", page)


if __name__ == "__main__":
    target = HERE / "testing.md"
    result = (HERE / "selftest.json").read_text(encoding="utf-8")
    target.write_text(filled(target.read_text(encoding="utf-8"), result), encoding="utf-8")
