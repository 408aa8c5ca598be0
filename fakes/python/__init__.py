"""Verified fakes in Python: small variations of the reference, each in one way.

A fake is a class: its docstring is the one sentence that tells how it differs, `base.Fake` what its
attributes mean, and its few lines how such a fault comes about. The modules are the families.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module

from .base import Fake

__all__ = ["Fake", "fakes"]


def fakes() -> tuple[type[Fake], ...]:
    """Give every fake, by module, and within one in the order in which it is written."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names if name != "base"]
    return tuple(
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Fake) and one.__module__ == module.__name__
        # A helper of others violates nothing by itself.
        if one.clauses or one.kind != "fault"
    )
