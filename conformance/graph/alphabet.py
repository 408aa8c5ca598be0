"""The operations over the symbols of a bounded world, and how its symbols can be renamed."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from waitctx.conformance.operations import ASKING, OPERATIONS, Operation, index_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .bounds import Bounds

_Arguments = tuple[str | int, ...]


def symbols(letter: str, number: int) -> tuple[str, ...]:
    """Give the first symbols of a kind."""
    return tuple(f"{letter}{index}" for index in range(number))


def alphabet(bounds: Bounds) -> tuple[Operation, ...]:
    """Give every operation, in the order of the vocabulary, the simplest arguments first."""
    return tuple(
        OPERATIONS[word](*arguments)
        for word in OPERATIONS
        if word in bounds.words
        for arguments in _arguments(word, bounds)
    )


def _arguments(word: str, bounds: Bounds) -> Iterator[_Arguments]:
    contexts = symbols("c", bounds.contexts)
    keys = symbols("k", bounds.keys)
    jobs = symbols("j", bounds.jobs)
    arrays = bounds.arrays
    match word:
        case "set":
            for ctx, key, variant in product(*map(range, _shape(bounds))):
                yield contexts[ctx], keys[key], *_values(bounds, ctx, key, variant)
        case "set_callback":
            yield from ((ctx, *one) for ctx, one in product(contexts, bounds.callbacks))
        case "return":
            yield from ((one,) for one in bounds.returns)
        case "init_thread":
            yield from bounds.pools
        case _:
            kinds: dict[str, tuple[str | int, ...]] = {
                "ctx": contexts,
                "key": keys,
                "job": jobs,
                "fds": arrays,
                "added": arrays,
                "deleted": arrays,
                "status": bounds.statuses,
                "block": bounds.arguments,
            }
            names = [one.name for one in OPERATIONS[word].__attrs_attrs__]
            yield from product(*(kinds[name] for name in names))


def _shape(bounds: Bounds) -> tuple[int, int, int]:
    return bounds.contexts, bounds.keys, bounds.variants


def _values(bounds: Bounds, ctx: int, key: int, variant: int) -> tuple[int, str, str]:
    """Give fd, data and routine: others for each context, key and variant, so mix-ups show."""
    place = (ctx * bounds.keys + key) * bounds.variants + variant
    last = index_of(ASKING) - 1
    # Of several variants the last has neither data nor routine.
    bare = variant > 0 and variant == bounds.variants - 1
    return place + 1, "null" if bare else f"d{place}", "null" if bare else f"f{min(place, last)}"


# -- renaming ------------------------------------------------------------------------------------


@frozen
class Renaming:
    """Other names for a world's symbols, which leave the model's answers as they are otherwise."""

    names: dict[str, str]
    """Of contexts, keys and jobs."""
    values: dict[tuple[int, str, str], tuple[int, str, str]]
    """Of fd, data and routine, which go with context and key."""

    def operation(self, operation: Operation) -> Operation:
        """Give the same operation on the renamed symbols."""
        changes: dict[str, str | int] = {
            name: self.names[value]
            for name, _, value in operation.arguments
            if name in _NAMED and isinstance(value, str)
        }
        if operation.word == "set":
            fields = ("fd", "data", "cleanup")
            fd, data, cleanup = self.values[_triple(operation)]
            changes |= dict(zip(fields, (fd, data, cleanup), strict=True))
        return evolve(operation, **changes)


_NAMED: Final = ("ctx", "key", "job")


def _triple(operation: Operation) -> tuple[int, str, str]:
    values = {name: value for name, _, value in operation.arguments}
    return int(values["fd"]), str(values["data"]), str(values["cleanup"])


def renamings(bounds: Bounds) -> tuple[Renaming, ...]:
    """Give every renaming of a world, that which changes nothing first."""
    kinds = (bounds.contexts, bounds.keys, bounds.jobs)
    found = []
    for contexts, keys, jobs in product(*(permutations(range(number)) for number in kinds)):
        moved = (("c", contexts), ("k", keys), ("j", jobs))
        names = {f"{one}{at}": f"{one}{to}" for one, order in moved for at, to in enumerate(order)}
        values = {
            _values(bounds, ctx, key, one): _values(bounds, contexts[ctx], keys[key], one)
            for ctx, key, one in product(*map(range, _shape(bounds)))
        }
        found.append(Renaming(names, values))
    return tuple(found)


def first_use(operation: Operation) -> tuple[int, int, int]:
    """Give how many contexts, keys and jobs a world has at least that this operation is of.

    Programs that use symbols in this order, each first the one with the lowest number that was not
    used yet, are all programs up to renaming.
    """
    found = {
        name: index_of(str(value)) + 1 for name, _, value in operation.arguments if name in _NAMED
    }
    return found.get("ctx", 0), found.get("key", 0), found.get("job", 0)
