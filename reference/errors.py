"""The one exception of the reference implementation."""

from __future__ import annotations


class UndefinedBehaviourError(Exception):
    """The caller did what the API leaves undefined, where C would crash or corrupt memory.

    It is raised for a NULL context or out-parameter, an array that is too short, a context used
    after its end, a nested start, a stale job handle, and a job resumed on a foreign thread.
    Nothing may be concluded from it about an implementation: undefined behaviour binds nobody.
    Apart from out-parameters already written, the call that raised it changed nothing.
    """

    def __init__(self, what: str, source: str) -> None:
        """Say in words what was done, and which entry of the semantics ledger leaves it open."""
        super().__init__(f"{what} ({source})")
        self.source = source
