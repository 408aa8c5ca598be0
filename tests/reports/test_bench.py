"""The figures of ``waitctx bench`` as values, as JSON and as a page."""

from __future__ import annotations

import json
import runpy
from io import StringIO
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest
from attrs import evolve

from waitctx.reports import bench_html
from waitctx.reports.bench import (
    Bench,
    BenchError,
    Contender,
    Kill,
    Point,
    Series,
    World,
    from_plain,
    to_plain,
    write_json,
)
from waitctx.reports.bench_html import plot
from waitctx.reports.bench_terminal import share

BENCH = Bench(
    target="./libmine.so",
    kind="shared library",
    version="Mine <script>alert(1)</script> 1.0",
    sha256="0" * 64,
    profile="openssl",
    seed=3,
    waitctx="0.1",
    python="3.11.0",
    machine="a processor",
    cores=2,
    started="2030-01-01T00:00:00+00:00",
    seconds=12.0,
    load=(0.5, 0.75),
    contenders=(
        Contender("plain loop", "The limit.", (40e6, 20e6, 30e6), judged=False),
        Contender("walker", "Judges.", (20e6, 12e6, 15e6), memory=1 << 20),
        Contender("hypothesis", "Slow.", (3e3, 3e3, 3e3)),
        Contender("ctypes", "Calls.", reason="the implementation hung"),
    ),
    worlds=(World("keys", "1 context", 516, 20.0, 40.0),),
    growth=(Series("depth", "Depth", "operations", "seconds", (Point(1, 0.5), Point(2, 5.0))),),
    kills=(Kill("get-other", "random", 0.25, 12, found=True),),
)


def test_a_rate_is_the_median_of_the_rounds() -> None:
    """One slow round does not change what is told."""
    assert 30e6 == BENCH.contenders[0].rate


def test_a_ratio_is_taken_round_by_round() -> None:
    """What slows a round down slows the limit of that round down too."""
    assert [1.0, 0.5] == [BENCH.ratio(one) for one in BENCH.contenders[:2]]


def test_small_ratios_are_told_as_fractions() -> None:
    """Nobody reads 0.0001."""
    assert ["0.50", "1/10,000"] == [share(BENCH, one) for one in BENCH.contenders[1:3]]


def test_what_was_not_measured_has_no_ratio() -> None:
    """It has a reason instead."""
    assert BENCH.ratio(BENCH.contenders[3]) is None


def test_it_reads_back() -> None:
    """The JSON form holds everything."""
    file = StringIO()
    write_json(BENCH, file)
    assert BENCH == from_plain(json.loads(file.getvalue()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "other"}, "it is no object with the format waitctx-bench"),
        ({"format_version": "2.0"}, "it has format version 2.0, and this waitctx reads 1"),
        ({"cores": "two"}, "cores: 'two' is not of type 'integer'"),
    ],
)
def test_other_figures_are_refused(change: dict[str, object], reason: str) -> None:
    """The reason is told."""
    with pytest.raises(BenchError) as caught:
        from_plain({**to_plain(BENCH), **change})
    assert reason == str(caught.value)


def test_later_minor_versions_are_read() -> None:
    """What they have besides is left alone."""
    assert BENCH == from_plain({**to_plain(BENCH), "format_version": "1.7", "weather": "fair"})


def page_of(bench: Bench) -> str:
    """Write the page."""
    file = StringIO()
    bench_html.write(bench, file)
    return file.getvalue()


def test_the_page_is_sound_and_asks_for_nothing() -> None:
    """It has no script and nothing that is fetched."""
    page = page_of(BENCH)
    html5lib.HTMLParser(strict=True).parse(page)
    assert [] == [one for one in ("<script", "http://", "https://", " src=", "url(") if one in page]


def test_what_a_library_says_is_shown_and_not_obeyed() -> None:
    """Its version is text."""
    assert "Mine &lt;script&gt;alert(1)&lt;/script&gt; 1.0" in page_of(BENCH)


def test_a_page_without_any_figure_is_sound() -> None:
    """Nothing that is drawn needs a measurement."""
    rows = tuple(evolve(one, rates=()) for one in BENCH.contenders)
    bare = evolve(BENCH, contenders=rows, worlds=(), growth=(evolve(BENCH.growth[0], points=()),))
    html5lib.HTMLParser(strict=True).parse(page_of(bare))


def test_points_lie_where_their_values_are() -> None:
    """The last point across stands as far right as its scale says; higher values stand higher."""
    (_, low, _), (_, high, _) = plot(BENCH.growth[0]).dots
    assert high < low


def test_a_steep_series_has_powers_of_ten() -> None:
    """Otherwise all but the last of its points lay on the ground."""
    steep = evolve(BENCH.growth[0], points=tuple(Point(n, 10.0**n) for n in range(6)))
    heights = [y for _, y, _ in plot(steep).dots]
    gaps = [round(one - other, 6) for one, other in pairwise(heights)]
    assert [gaps[0]] * 5 == gaps


class TestThePage:
    """``docs/benchmarks.md``."""

    DOCS = Path(__file__).parents[2] / "docs"

    def test_its_figures_are_those_of_the_file_beside_it(self) -> None:
        """Nobody has typed one."""
        filled = runpy.run_path(str(self.DOCS / "fill.py"))["filled"]
        assert filled("benchmarks.md") == (self.DOCS / "benchmarks.md").read_text("utf-8")
