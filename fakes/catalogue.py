"""The catalogue of the fakes of both families, as data."""

from __future__ import annotations

import re
import sys
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from attrs import asdict, field, frozen
from attrs import validators as check

from .python import fakes as python_fakes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS: Final = ("fault", "variant", "crash", "hang", "equivalent")


@frozen
class Fake:
    """An implementation that conforms in every way but the one that it states."""

    name: str = field(validator=check.matches_re(r"[a-z0-9]+(-[a-z0-9]+)*"))
    """Unique in its family; where both families have the same fault, they share it."""
    family: str = field(validator=check.in_(("python", "c")))
    kind: str = field(validator=check.in_(KINDS))
    """``fault``, ``crash`` and ``hang`` have to be found; a ``variant`` conforms, and an
    ``equivalent`` one cannot be told apart."""
    says: str = field(validator=check.min_len(1))
    """The way in which it does not conform, or the choice that it takes, in one sentence."""
    clauses: tuple[str, ...]
    """The ids of the clauses that it violates."""
    profile: str = field(validator=check.in_(("spec", "openssl")))
    """The weakest profile under which a fault has to be found."""
    target: str
    """What its family knows it by: a Python target, or the name of a build."""
    group: str
    """What it is about: the module it stands in, or the family of builds."""
    reason: str = ""
    """Why an equivalent one cannot be told apart."""
    macros: tuple[str, ...] = ()
    """What the compiler is told, for a fake in C."""

    def to_json(self) -> dict[str, Any]:
        """Give it as a plain object."""
        return asdict(self)


def load() -> tuple[Fake, ...]:
    """Give every fake, those in Python first."""
    return (*_in_python(), *in_c().values())


def _in_python() -> Iterator[Fake]:
    for one in python_fakes():
        says, _, _ = (one.__doc__ or "").partition("\n")
        yield Fake(
            name=_kebab(one.__name__),
            family="python",
            kind=one.kind,
            says=says,
            clauses=one.clauses,
            profile=one.profile,
            target=f"{one.__module__}:{one.__name__}",
            group=one.__module__.rpartition(".")[2],
            reason=one.reason,
        )


def _kebab(name: str) -> str:
    """Give the name that both families share: ``Many9thLost`` is ``many-9th-lost``."""
    return re.sub(r"(?<=.)(?=[A-Z])|(?<=[a-z])(?=[0-9])", "-", name).lower()


def in_c() -> dict[str, Fake]:
    """Give every fake in C by its name."""
    text = resources.files("waitctx.fakes.c").joinpath("catalogue.toml").read_text("utf-8")
    return {name: _build(name, raw) for name, raw in tomllib.loads(text).items()}


def _build(name: str, raw: Mapping[str, Any]) -> Fake:
    macros = [f"-D{key}={value}" for key, value in sorted(raw.get("define", {}).items())]
    if raw["kind"] != "variant":
        macros.append(f"-DFAULT={constant(name)}")
    return Fake(
        name=name,
        family="c",
        kind=raw["kind"],
        says=raw["says"],
        clauses=tuple(raw.get("clauses", ())),
        profile=raw.get("profile", "spec"),
        target=name,
        group=raw["family"],
        reason=raw.get("reason", ""),
        macros=tuple(macros),
    )


def constant(name: str) -> str:
    """Give the name of a fault in C."""
    return f"fault_{name.replace('-', '_')}"
