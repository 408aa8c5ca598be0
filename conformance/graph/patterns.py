"""Patterns: the answers that an outcome permits, as the words that the native driver writes.

A pattern is a whole result (see `adapters.words`) in which `ANYTHING` stands where any word will
do. What has too many forms to list, as a dozen fds in any order, is left out: a result that no
pattern fits is for the judge.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, combinations, permutations, product
from typing import TYPE_CHECKING, Final

from waitctx.conformance.adapters.pointers import DATA, KEYS
from waitctx.conformance.adapters.words import ABSENT, CLEANUP, CODES, UNTOUCHED_WORD, signed
from waitctx.conformance.expectations import Answers, Calls, Expectation, Listing
from waitctx.conformance.observations import UNTOUCHED, Event, Value
from waitctx.conformance.operations import OPERATIONS, Answer, index_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Stands for any word. No library can answer it: it is neither an int nor a pointer.
ANYTHING: Final = ABSENT + 1
#: Orders of more fds or calls than this are not listed.
_MOST_IN_ANY_ORDER: Final = 4

Words = tuple[int, ...]

_SPECIAL: Final = {"null": -1, "none": -1, "new": -2, "shared": -2, UNTOUCHED: UNTOUCHED_WORD}


@lru_cache(maxsize=50_000)
def patterns(word: str, expectations: tuple[Expectation, ...]) -> tuple[Words, ...]:
    """Give every result of an operation that agrees with all expectations."""
    kind = OPERATIONS[word]
    answers: dict[str, list[Words]] = {}
    pairs: list[tuple[str, str, list[tuple[Words, Words]]]] = []
    calls: list[Words] = [()]
    for one in expectations:
        if isinstance(one, Answers):
            answers[one.name] = [_word(kind.answers[one.name], value) for value in one.values]
        elif isinstance(one, Listing):
            pairs.append((one.count, one.array, list(_listings(one))))
        elif isinstance(one, Calls) and (one.required or one.optional):
            calls = list(_calls(one))
    found = []
    for listed in product(*(forms for _, _, forms in pairs)):
        chosen = dict(answers)
        for (count, array, _), (number, fds) in zip(pairs, listed, strict=True):
            chosen |= {count: [number], array: [fds]}
        absent = _absent(chosen)
        forms = [
            chosen.get(name) or [(ABSENT if name in absent else ANYTHING,)] for name in kind.answers
        ]
        for parts in product(*forms, calls):
            words = tuple(chain.from_iterable(parts))
            found.append((CODES[kind] << 32 | len(words), *words))
    return tuple(dict.fromkeys(found))


def unify(one: Words, other: Words) -> Words | None:
    """Give the pattern of the results that two patterns share; None if they share none."""
    if len(one) != len(other):
        return None
    both = []
    for a, b in zip(one, other, strict=True):
        if a != b and ANYTHING not in (a, b):
            return None
        both.append(b if a == ANYTHING else a)
    return tuple(both)


def covers(general: Words, special: Words) -> bool:
    """Tell whether each result of one pattern is one of another."""
    return len(general) == len(special) and all(
        a in (b, ANYTHING) for a, b in zip(general, special, strict=True)
    )


def fits(pattern: Words, result: Sequence[int]) -> bool:
    """Tell whether a result is one of a pattern."""
    return covers(pattern, tuple(result))


def _absent(asked: dict[str, list[Words]]) -> tuple[str, ...]:
    """Give the answers that the driver never has beside those that are asked for.

    They are those of an operation that changes sides: who is inside a job sees nothing of
    `ASYNC_start_job`, and a new argument block or the end of a pause; who is outside sees nothing
    of the job.
    """
    if "in" not in asked:
        return ()
    if asked["in"] != [(_SPECIAL["none"],)]:
        unseen = "block" if "pause_job" in asked else "pause_job"
        return ("start_job", "ret", "job", "stray", unseen)
    if "start_job" in asked:
        return ("pause_job", "block")
    return ("start_job", "ret", "job", "block", "stray")


def _word(kind: Answer, value: Value) -> Words:
    assert not isinstance(value, tuple)
    if isinstance(value, int):
        return (value,)
    if kind is Answer.POINTER and value != UNTOUCHED:
        return (signed(DATA.value(value)),)
    return (_SPECIAL.get(value, index_of(value) if value not in _SPECIAL else 0),)


def _listings(one: Listing) -> Iterator[tuple[Words, Words]]:
    count = (len(one.fds),)
    numbers = [fd for fd in one.fds if isinstance(fd, int)]  # a world has no real descriptors
    if not one.given:
        yield count, (-1,)
    elif one.ordered or len(one.fds) < 2:  # noqa: PLR2004 - fewer have one order
        yield count, (*count, *numbers)
    elif len(one.fds) <= _MOST_IN_ANY_ORDER:
        for fds in dict.fromkeys(permutations(numbers)):
            yield count, (*count, *fds)


def _calls(one: Calls) -> Iterator[Words]:
    """Give the words of the calls: those that are required, with any of those that may be."""
    for number in range(len(one.optional) + 1):
        for some in combinations(one.optional, number):
            made = (*one.required, *some)
            if one.ordered or len(made) < 2:  # noqa: PLR2004 - fewer have one order
                yield tuple(chain.from_iterable(map(_event, made)))
            elif len(made) <= _MOST_IN_ANY_ORDER:
                for order in dict.fromkeys(permutations(made)):
                    yield tuple(chain.from_iterable(map(_event, order)))


def _event(event: Event) -> Words:
    ctx, key, fd, data = event.arguments
    assert isinstance(fd, int)
    pointers = signed(KEYS.value(str(key))), signed(DATA.value(str(data)))
    return CLEANUP, index_of(event.routine), index_of(str(ctx)), pointers[0], fd, pointers[1]
