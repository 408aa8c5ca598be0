"""Where the fakes come from: a command of their own, of which nothing is imported here.

``python -m waitctx.fakes list`` prints the catalogue as a JSON list of objects with the fields of
`Fake`; ``python -m waitctx.fakes build NAME...`` compiles those in C, and prints the path of each,
in the order of the names, as soon as it is there. Any module that does the same may be given.
"""

from __future__ import annotations

import json
import subprocess
import sys
from difflib import get_close_matches
from fnmatch import fnmatchcase
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from attrs import fields

from waitctx.reports.kill_matrix import MODULE, Fake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .clauses import Catalogue


class FakesError(Exception):
    """The fakes cannot be had.

    Attributes:
        hint: one sentence that says what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def listed(catalogue: Catalogue, module: str = MODULE) -> tuple[Fake, ...]:
    """Give every fake that a module has.

    Raises:
        FakesError: it has no catalogue, or one that is not sound.
    """
    command = _command(module, "list")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        hint = f"Run `python -m {module} list` to see what it says."
        raise FakesError(f"{module} cannot list its fakes: {_last_line(done.stderr)}", hint)
    try:
        fakes = tuple(_fake(one) for one in json.loads(done.stdout))
    except (TypeError, ValueError) as error:
        hint = f"See {__name__} for what is expected."
        raise FakesError(f"the catalogue of {module} is not sound: {error}", hint) from error
    _check(fakes, catalogue, module)
    return fakes


def _fake(plain: dict[str, Any]) -> Fake:
    known = {one.name for one in fields(Fake)}
    values = {name: value for name, value in plain.items() if name in known}
    return Fake(**{**values, "clauses": tuple(plain.get("clauses", ()))})


def _check(fakes: Sequence[Fake], catalogue: Catalogue, module: str) -> None:
    hint = f"Put it right in {module}."
    seen: set[str] = set()
    for fake in fakes:
        if fake.label in seen:
            raise FakesError(f"{fake.label} is there twice", hint)
        seen.add(fake.label)
        for name in fake.clauses:
            if name not in catalogue.clauses:
                raise FakesError(f"{fake.label} violates {name}, which is no clause", hint)
        if fake.is_fault and not fake.clauses:
            raise FakesError(f"{fake.label} does not say which clause it violates", hint)


def build(
    names: Sequence[str], module: str = MODULE, listen: Callable[[int], object] = lambda _: None
) -> dict[str, str]:
    """Compile fakes in C; give the path of each.

    Raises:
        FakesError: they cannot be compiled.
    """
    if not names:
        return {}
    with TemporaryFile("w+") as complaints:
        command = _command(module, "build", *names)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as process:
            paths = _read(process, listen)
        complaints.seek(0)
        said = _last_line(complaints.read())
    if process.returncode or len(paths) != len(names):
        hint = "Leave them out with --family python."
        raise FakesError(f"the fakes in C cannot be compiled: {said}", hint)
    return dict(zip(names, paths, strict=True))


def _read(process: subprocess.Popen[str], listen: Callable[[int], object]) -> list[str]:
    paths: list[str] = []
    output: IO[str] | None = process.stdout
    try:
        for line in output or ():
            paths.append(line.rstrip("\n"))
            listen(len(paths))
    except BaseException:
        process.kill()
        raise
    return paths


def select(
    fakes: Iterable[Fake], patterns: Sequence[str] = (), family: str = ""
) -> tuple[Fake, ...]:
    """Give the fakes of a family that any of the patterns names; all when there is none.

    A pattern is a name or a clause that is violated, and may have ``*`` and ``?`` in it;
    ``c/`` or ``python/`` before a name keeps to that family.

    Raises:
        FakesError: a pattern names none.
    """
    some = tuple(one for one in fakes if family in ("", one.family))
    for pattern in patterns:
        if not any(_matches(one, pattern) for one in some):
            raise FakesError(
                f"no fake is called {pattern}, and none violates it", _hint(some, pattern)
            )
    return tuple(one for one in some if not patterns or any(_matches(one, p) for p in patterns))


def _hint(fakes: Iterable[Fake], pattern: str) -> str:
    names = {name for one in fakes for name in (one.name, one.label, *one.clauses)}
    nearest = get_close_matches(pattern, sorted(names))
    return f"Did you mean {', '.join(nearest)}?" if nearest else "Name a fake or a clause."


def _matches(fake: Fake, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in (fake.name, fake.label, *fake.clauses))


def _command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it gives no reason"])[-1].removeprefix("Error: ")
