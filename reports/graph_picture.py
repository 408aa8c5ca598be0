"""How much of the model's graph was walked, laid out for drawing: a square for each state.

States stand in blocks by their distance from the start, the start at the left. A run of squares in
one colour is one dashed line, so that thousands of them stay a few kilobytes.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import WorldCoverage

#: Pixels from square to square, from block to block, and above the squares.
PITCH: Final = 5
_GAP: Final = 9
_TOP: Final = 4
#: So many squares stand on one another.
_HIGH: Final = 32
#: What the digits of a layer mean, in the order of the legend.
KINDS: Final = {
    "3": ("done", "every operation tried"),
    "2": ("some", "some tried"),
    "1": ("near", "in reach, not seen"),
    "0": ("beyond", "of readings that it does not take"),
}


@frozen
class Block:
    """The states at one distance."""

    distance: int
    x: int
    width: int

    @property
    def middle(self) -> float:
        """Where its number stands."""
        return self.x + self.width / 2


@frozen
class Picture:
    """All that is to be drawn."""

    blocks: tuple[Block, ...]
    lines: dict[str, str]
    """The path of each kind of square."""
    counts: dict[str, int]
    width: int
    height: int
    """Of the squares; the numbers stand below."""


def picture(world: WorldCoverage) -> Picture:
    """Lay out a world."""
    blocks, lines, x = [], dict.fromkeys(KINDS, ""), 0
    for distance, layer in enumerate(world.layers):
        width = PITCH * -(-len(layer) // _HIGH)
        blocks.append(Block(distance, x, width))
        for kind, part in _runs(layer, x):
            lines[kind] += part
        x += width + _GAP
    highest = min(_HIGH, max(map(len, world.layers), default=0))
    told = {KINDS[kind][0]: path for kind, path in lines.items() if path}
    counts = {
        name: sum(one.count(kind) for one in world.layers) for kind, (name, _) in KINDS.items()
    }
    return Picture(tuple(blocks), told, counts, x, _TOP + PITCH * highest)


def _runs(layer: str, x: int) -> Iterator[tuple[str, str]]:
    """Give the lines of a layer, column by column."""
    for column in range(0, len(layer), _HIGH):
        at = x + PITCH * (column // _HIGH) + PITCH // 2
        y = _TOP
        for kind, some in groupby(layer[column : column + _HIGH]):
            length = PITCH * len(list(some))
            yield kind, f"M{at} {y}v{length}"
            y += length
