"""How much memory the harness and its workers have in use, looked at from beside them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from attrs import define, field

from waitctx.conformance.adapters.worker import children

if TYPE_CHECKING:
    from collections.abc import Iterator

_PERIOD: Final = 0.05
_KIB: Final = 1024


@define
class Peak:
    """The most that was seen."""

    size: int = 0
    """Bytes; 0 where the system does not tell."""
    _stop: Event = field(factory=Event, init=False)

    def watch(self) -> None:
        """Look again and again, until told to stop."""
        while not self._stop.wait(_PERIOD):
            self.size = max(self.size, in_use(os.getpid()))

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()


@contextmanager
def watched() -> Iterator[Peak]:
    """Watch while the block runs."""
    peak = Peak(in_use(os.getpid()))
    thread = Thread(target=peak.watch, name="waitctx bench memory", daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        peak.stop()
        thread.join()


def in_use(pid: int) -> int:
    """Give how many bytes a process and those that it has started have in use.

    Memory that several have in common counts once: each has its share of it (PSS).
    """
    return _own(pid) + sum(map(in_use, children(pid)))


def _own(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it has ended, or the kernel has no such file
        return 0
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * _KIB
    return 0
