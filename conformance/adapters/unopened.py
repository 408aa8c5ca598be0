"""Stands for an implementation that was not opened, because Ctrl-C came meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NoReturn

from attrs import define, field

from .base import Ics, Identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from waitctx.conformance.programs import Program

#: What is told of each clause.
UNOPENED = "Ctrl-C came before the implementation was opened"


@define(eq=False)
class Unopened:
    """Knows the target's name and nothing else; whoever asks it meets the same Ctrl-C."""

    target: str
    identity: Identity = field(init=False)
    ics: Ics = field(factory=lambda: Ics(frozenset(), capable=False), init=False)

    def __attrs_post_init__(self) -> None:
        self.identity = Identity(self.target, "not opened", "")

    def run(self, _programs: Sequence[Program], _seconds: float = math.inf) -> NoReturn:
        """Refuse.

        Raises:
            KeyboardInterrupt: always.
        """
        raise KeyboardInterrupt

    def session(self) -> NoReturn:
        """Refuse.

        Raises:
            KeyboardInterrupt: always.
        """
        raise KeyboardInterrupt

    def watched(self) -> NoReturn:
        """Refuse.

        Raises:
            KeyboardInterrupt: always.
        """
        raise KeyboardInterrupt

    def under(self, _tool: str) -> NoReturn:
        """Refuse.

        Raises:
            KeyboardInterrupt: always.
        """
        raise KeyboardInterrupt

    def close(self) -> None:
        """Do nothing: there is nothing to end."""
