"""The model's graph as a picture."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

import html5lib
from attrs import evolve

from waitctx.reports import html_report
from waitctx.reports.graph_picture import PITCH, picture
from waitctx.reports.report import WorldCoverage

if TYPE_CHECKING:
    from waitctx.reports.report import Report

SVG = "{http://www.w3.org/2000/svg}"
WORLD = WorldCoverage(
    "keys", "1 context", 2, 5, 43, 9, 99, layers=("3", "332", "2" * 40, "1100", "")
)


def squares(path: str) -> int:
    """Count the squares of a path."""
    return sum(int(length) for length in re.findall(r"v(\d+)", path)) // PITCH


def test_a_square_for_each_state() -> None:
    """Each state has its square, in the block of its distance."""
    drawn = picture(WORLD)

    assert {"done": 3, "some": 41, "near": 2, "beyond": 2} == drawn.counts
    assert drawn.counts == {kind: squares(path) for kind, path in drawn.lines.items()}
    assert [0, 1, 2, 3, 4] == [one.distance for one in drawn.blocks]
    assert [1, 1, 2, 1, 0] == [one.width // PITCH for one in drawn.blocks]
    assert all(
        before.x + before.width < after.x
        for before, after in zip(drawn.blocks, drawn.blocks[1:], strict=False)
    )
    assert drawn.width >= drawn.blocks[-1].x


def test_on_the_page(report: Report) -> None:
    """The page has the picture, with what it shows in words, and the depth."""
    file = StringIO()
    html_report.write(evolve(report, worlds=(WORLD,)), file)
    tree = html5lib.parse(file.getvalue(), namespaceHTMLElements=False)
    (svg,) = (one for one in tree.iter(f"{SVG}svg") if one.get("class") == "graph")
    whole = [one.text for one in svg.iter(f"{SVG}text") if one.get("class") == "whole"]

    assert (
        "3 states: every operation tried; 41 states: some tried; 2 states: in reach, not seen; "
        "2 states: of readings that it does not take"
    ) == svg.get("aria-label")
    assert ["0", "1", "2"] == whole
