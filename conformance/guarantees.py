"""What the systematic engines guarantee, world by world, in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .engines.walks import World


def guarantees(worlds: Iterable[World]) -> tuple[str, ...]:
    """Say for each world what cannot be wrong in it without having shown.

    A guarantee by states rests on Petrenko, Yevtushenko and Bochmann (1993): see
    `engines.identify`.
    """
    return tuple(sentence for world in worlds for sentence in _of(world))


def _of(world: World) -> Iterator[str]:
    bounds = world.graph.bounds
    where = f"World {bounds.name} ({bounds})"
    if world.depth:
        yield (
            f"{where}: whatever shows within {_number(world.depth, 'operation')} has shown, by a "
            f"program as short as can be; all {_number(world.complete, 'program')} were run, up to "
            "the names of symbols."
        )
    if world.extra is not None:
        yield (
            f"{where}: whatever is wrong has shown if the implementation has at most "
            f"{_number(world.states + world.extra, 'state')} there; the model's "
            f"{_number(world.states, 'state')} were told apart after each operation."
        )


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
