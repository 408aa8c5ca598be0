"""The figures of ``waitctx bench`` as one HTML page that needs nothing else: no scripts at all.

The plots are drawn here as SVG; every figure in them stands in a table too.
"""

from __future__ import annotations

import math
from base64 import b64encode
from hashlib import sha256
from importlib import resources
from typing import IO, TYPE_CHECKING, Final

from attrs import frozen
from markupsafe import Markup

from .bench_terminal import share
from .templating import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .bench import Bench, Series

#: Of a plot, without its margins.
_WIDTH: Final = 520
_HEIGHT: Final = 180
_LEFT: Final = 70
_TOP: Final = 12


@frozen
class Bar:
    """One bar of a chart of rates."""

    name: str
    y: int
    width: float
    text: str
    limit: bool


@frozen
class Mark:
    """One line of a scale, and what stands beside it."""

    at: float
    text: str


@frozen
class Plot:
    """A line through points, in the units of the picture."""

    dots: tuple[tuple[float, float, str], ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]

    @property
    def line(self) -> str:
        """The points as SVG wants them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.dots)


def write(bench: Bench, file: IO[str]) -> None:
    """Write the page; whatever a text holds, it is shown and never obeyed."""
    folder = resources.files(__package__).joinpath("templates")
    style = folder.joinpath("bench.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    measured, scale = bars(bench)
    page = (
        environment()
        .get_template("bench.html")
        .render(
            bench=bench,
            bars=measured,
            scale=scale,
            plots=[(one, plot(one)) for one in bench.growth],
            engines=list(dict.fromkeys(one.engine for one in bench.kills)),
            kills={(one.fake, one.engine): one for one in bench.kills},
            fakes=list(dict.fromkeys(one.fake for one in bench.kills)),
            share=lambda one: share(bench, one),
            width=_WIDTH,
            height=_HEIGHT,
            left=_LEFT,
            top=_TOP,
            style=Markup(style),  # noqa: S704 - ours
            policy=f"default-src 'none'; style-src 'sha256-{digest}'",
        )
    )
    file.write(page + "\n")


def bars(bench: Bench) -> tuple[list[Bar], list[Mark]]:
    """Give a bar for each contender on a scale of powers of ten."""
    rates = [one.rate for one in bench.contenders if one.rates]
    if not rates:
        return [], []
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    span = max(high - low, 1)

    def place(rate: float) -> float:
        return (math.log10(rate) - low) / span * _WIDTH

    found = [
        Bar(one.name, 30 * at, max(place(one.rate), 1.0), f"{one.rate:,.0f}", limit=at == 0)
        for at, one in enumerate(one for one in bench.contenders if one.rates)
    ]
    powers = range(low, low + span + 1)
    return found, [Mark(place(10.0**one), _short(10.0**one)) for one in powers]


def plot(series: Series) -> Plot:
    """Put the points of a series into a picture; what grows a thousandfold gets powers of ten."""
    ats, values = [one.at for one in series.points], [one.value for one in series.points]
    steep = bool(values) and min(values) > 0 and max(values) / min(values) > 1000  # noqa: PLR2004
    across, right = _scale(ats)
    up, above = _scale([math.log10(one) for one in values] if steep else values)
    low = up[0] if steep else 0.0
    span = max(above - low, 1e-9)

    def x(at: float) -> float:
        return at / right * _WIDTH

    def y(value: float) -> float:
        return _HEIGHT - ((math.log10(value) if steep else value) - low) / span * _HEIGHT

    return Plot(
        tuple(
            (
                x(one.at),
                y(one.value),
                f"{one.at:,.0f} {series.across}: {one.value:,.4g} {series.up}",
            )
            for one in series.points
        ),
        tuple(Mark(x(one), _short(one)) for one in across),
        tuple(
            Mark(_HEIGHT - (one - low) / span * _HEIGHT, _short(10**one if steep else one))
            for one in up
        ),
    )


def _scale(values: Sequence[float]) -> tuple[list[float], float]:
    """Give some round numbers over which the values lie, and the last of them."""
    most, least = max(values, default=1.0), min(0.0, *values, 0.0)
    size = max(most - least, 1e-9) / 4
    step = 10 ** math.floor(math.log10(size))
    step = next(step * one for one in (1, 2, 5, 10) if step * one >= size)
    first = math.floor(least / step)
    last = math.ceil(most / step)
    return [one * step for one in range(first, last + 1)], last * step


def _short(value: float) -> str:
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.3g}"
