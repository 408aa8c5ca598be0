"""Ctrl-C, where it may not come between two halves of something."""

from __future__ import annotations

import math
import signal
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, final

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A job that is cancelled gets the second one; it should leave its report just the same.
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
#: Whoever presses Ctrl-C again within so many seconds wants nothing else: a report is on its way.
_AGAIN: Final = 2.0


@final
@define
class Interrupts:
    """Lets SIGINT and SIGTERM raise `KeyboardInterrupt`, but hold until a piece of work is done.

    What follows the first one at once is the same wish, and is left alone.
    """

    _holding: bool = field(default=False, init=False)
    _pending: bool = field(default=False, init=False)
    _last: float = field(default=-math.inf, init=False)
    """When one was heeded."""
    _before: dict[signal.Signals, Any] = field(factory=dict, init=False)

    def __enter__(self) -> Interrupts:
        for one in _SIGNALS:
            # What is ignored, as in a job in the background, stays so.
            if signal.getsignal(one) is not signal.SIG_IGN:
                self._before[one] = signal.signal(one, self._arrived)
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _arrived(self, _: int, __: object) -> None:
        self._pending = True
        if not self._holding:
            self._heed()

    def _heed(self) -> None:
        self._pending = False
        if monotonic() - self._last >= _AGAIN:
            self._last = monotonic()
            raise KeyboardInterrupt

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the block end first."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._pending:
            self._heed()
