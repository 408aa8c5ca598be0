"""The figures of ``waitctx bench`` for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table

from .terminal import Line, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from .bench import Bench, Contender, Series

_GAP: Final = (0, 2, 0, 0)


def full(bench: Bench) -> Iterator[RenderableType]:
    """Give everything."""
    began, ended = bench.load
    yield facts(
        {
            "Target": [bench.target, bench.version or bench.kind],
            "Machine": [bench.machine, f"{bench.cores} cores"],
            "Load": [f"{began:.1f} when it began, {ended:.1f} when it ended"],
            "Took": [f"{bench.seconds:.0f} s, seed {bench.seed}, profile {bench.profile}"],
        }
    )
    yield ""
    yield _contenders(bench)
    for one in bench.contenders:
        if not one.rates:
            yield Line(f"{one.name}: {one.reason or 'not measured'}")
    if bench.worlds:
        yield ""
        yield _worlds(bench)
    for series in bench.growth:
        yield ""
        yield _series(series)
    if bench.kills:
        yield ""
        yield _kills(bench)
    yield ""
    for note in bench.notes:
        yield Line(note)
    if bench.failed:
        yield Line(f"An answer was not as the page permits: {bench.failed}")
        yield Line("See waitctx check.")
    if bench.interrupted:
        yield Line("It was interrupted before its end.")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=_GAP, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", no_wrap=not place)
    return table


def _contenders(bench: Bench) -> Table:
    table = _table("Contender", "operations/s", "ns each", "of the limit", "peak MiB")
    for one in bench.contenders:
        if not one.rates:
            continue
        table.add_row(
            one.name,
            f"{one.rate:,.0f}",
            f"{1e9 / one.rate:,.1f}",
            share(bench, one),
            f"{one.memory / 2**20:,.0f}",
        )
    return table


def share(bench: Bench, one: Contender) -> str:
    """Say how quick a contender is beside the limit."""
    ratio = bench.ratio(one)
    if ratio is None:
        return ""
    return f"{ratio:.2f}" if ratio >= 0.01 else f"1/{1 / ratio:,.0f}"  # noqa: PLR2004


def _worlds(bench: Bench) -> Table:
    table = _table("World", "states", "loop ns", "walker ns", "of the limit", "holds")
    for one in bench.worlds:
        figures = (f"{one.states:,}", f"{one.limit:.1f}", f"{one.walker:.1f}", f"{one.ratio:.2f}")
        table.add_row(one.name, *figures, one.holds)
    return table


def _series(series: Series) -> Table:
    table = _table(series.title, series.up, "")
    for one in series.points:
        value = f"{one.value:,.0f}" if one.value >= 1000 else f"{one.value:,.3g}"  # noqa: PLR2004
        table.add_row(f"{one.at:,.0f}", value, one.note)
    return table


def _kills(bench: Bench) -> Table:
    engines = list(dict.fromkeys(one.engine for one in bench.kills))
    table = _table("Seconds to the first failure", *engines)
    told = {(one.fake, one.engine): one for one in bench.kills}
    for fake in dict.fromkeys(one.fake for one in bench.kills):
        cells = []
        for engine in engines:
            one = told.get((fake, engine))
            cells.append("" if one is None else f"{one.seconds:.2f}" if one.found else "not found")
        table.add_row(fake, *cells)
    return table
