"""Blame: which clause a failing program has shown to be broken."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from .operations import Resume, Start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .clauses import Catalogue, Clause
    from .operations import Operation
    from .programs import Program

#: The clauses about operations without answers, for those that die of them.
NO_ANSWERS: Final = {
    "block": ("BLOCK-01",),
    "unblock": ("BLOCK-03",),
    "cleanup_thread": ("POOL-05",),
    "thread": ("THREAD-POOL-01",),
}


def blame(catalogue: Catalogue, candidates: Sequence[str], program: Program) -> tuple[str, ...]:
    """Give the ids of the clauses that a program may have shown broken, the likeliest first.

    The program ends with the operation that failed. Candidates stand from special to general. Those
    are blamed whose operations stand in the program in their order; when there is none all of them,
    the most general first. In a shrunk program every operation matters, so the most special clause
    that fits is the one.

    A clause about one context has to find its operations among those on the context that failed.

    Raises:
        UnknownClauseError: a candidate is no clause.
    """
    own = [one for one in program if _concerns(one, program[-1])]
    clauses = [catalogue[name] for name in candidates]
    fitting = [
        clause
        for clause in clauses
        if stands_in(clause, program if clause.needs.get("new", 0) > 1 else own)
    ]
    return tuple(clause.id for clause in fitting or reversed(clauses))


def _concerns(one: Operation, failing: Operation) -> bool:
    """Tell whether an operation is about the context that failed, or about jobs."""
    ctx = getattr(one, "ctx", "")
    return isinstance(one, Start | Resume) or ctx in ("", getattr(failing, "ctx", ctx))


def stands_in(clause: Clause, program: Sequence[Operation]) -> bool:
    """Tell whether the clause's operations stand in a program in order, on keys as it says."""
    if clause.window:
        resumes = [place for place, one in enumerate(program) if isinstance(one, Resume)]
        program = program[resumes[-1] + 1 :] if resumes else program
    rest = iter(program)
    if not all(any(one.word == word for one in rest) for word in clause.operations):
        return False
    if not clause.keys or not clause.operations:
        return bool(clause.operations)
    times = Counter(_key(one) for one in program)
    return any(_found(clause.operations, one, program, {}, times) for one in clause.keys)


def _key(operation: Operation) -> str:
    return str(getattr(operation, "key", ""))


def _found(
    words: Sequence[str],
    letters: str,
    program: Sequence[Operation],
    known: Mapping[str, str],
    times: Mapping[str, int],
) -> bool:
    """Look for words in a program, under letters that stand for one key each, "." for any.

    Of the keys few come up as many times as a letter does. If each was tried, a program that sets a
    hundred would be searched for every two of them.
    """
    if not words:
        return True
    letter = letters[0]
    for place, one in enumerate(program):
        if one.word != words[0]:
            continue
        key = _key(one)
        if letter == ".":
            after = known
        elif known.get(letter) == key or (letter not in known and key not in known.values()):
            if times[key] < letters.count(letter):
                continue
            after = {**known, letter: key}
        else:
            continue
        if _found(words[1:], letters[1:], program[place + 1 :], after, times):
            return True
    return False
