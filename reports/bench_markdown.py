"""The figures of ``waitctx bench`` as Markdown tables, for a page of documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bench_terminal import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .bench import Bench, Series


def about(bench: Bench) -> str:
    """Say on what they were measured."""
    began, ended = bench.load
    rows = [
        ("Target", f"{bench.target}, {bench.version or bench.kind}"),
        ("Machine", f"{bench.machine}, {bench.cores} cores"),
        ("Load", f"{began:.1f} when it began, {ended:.1f} when it ended"),
        ("Begun", bench.started),
        ("waitctx", f"{bench.waitctx}, Python {bench.python}, profile {bench.profile}"),
    ]
    return _table(("Measured on", ""), rows)


def contenders(bench: Bench) -> str:
    """Give the rates, and what they are of the limit's."""
    rows = []
    for one in bench.contenders:
        if one.rates:
            figures = f"{one.rate:,.0f}", f"{1e9 / one.rate:,.1f}", share(bench, one)
            rows.append((one.name, *figures, f"{one.memory / 2**20:,.0f}"))
        else:
            rows.append((one.name, one.reason, "", "", ""))
    return _table(("Contender", "Operations a second", "ns each", "Of the limit", "MiB"), rows)


def worlds(bench: Bench) -> str:
    """Give the limit and the walker in each world."""
    rows = [
        (one.name, f"{one.states:,}", f"{one.limit:.1f}", f"{one.walker:.1f}", f"{one.ratio:.2f}")
        for one in bench.worlds
    ]
    return _table(("World", "States", "Plain loop, ns", "Walker, ns", "Of the limit"), rows)


def growth(bench: Bench) -> str:
    """Give every series, one after the other."""
    return "\n\n".join(f"**{one.title}.** {one.says}\n{_series(one)}" for one in bench.growth)


def _series(series: Series) -> str:
    rows = [(f"{one.at:,.0f}", f"{one.value:,.4g}", one.note) for one in series.points]
    return _table((series.across.capitalize(), series.up.capitalize(), ""), rows)


def kills(bench: Bench) -> str:
    """Give the seconds until each fake was found out."""
    engines = list(dict.fromkeys(one.engine for one in bench.kills))
    told = {
        (one.fake, one.engine): f"{one.seconds:.2f}" if one.found else "not found"
        for one in bench.kills
    }
    fakes = dict.fromkeys(one.fake for one in bench.kills)
    rows = [(fake, *(told.get((fake, engine), "") for engine in engines)) for fake in fakes]
    return _table(("Fake", *engines), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = " | ".join(["---"] + ["---:"] * (len(head) - 1))
    lines = (" | ".join(one.replace("|", "\\|") for one in row) for row in rows)
    return "\n".join(
        ["", f"| {' | '.join(head)} |", f"| {rule} |", *(f"| {one} |" for one in lines)]
    )
