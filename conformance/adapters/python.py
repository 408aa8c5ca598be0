"""The adapter for Python objects: they run in processes forked from a worker that imported them.

What is expected of an object says `in_process`.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Final

from attrs import define

from .base import Ics, Identity, TargetError, no_tool, unwatchable
from .connection import Connection, DriverError, WorkerLostError
from .in_process import COUNTED
from .native import LOADING, NativeAdapter
from .records import PYTHON_RECORDS

#: The worker sees the modules that we see, and nothing of the target is imported here.
_SCRIPT: Final = """
import json, sys
sys.dont_write_bytecode = True  # what the target imports later leaves none either
sys.path[:] = json.loads(sys.argv.pop(1))
from waitctx.conformance.adapters.python_worker import serve
serve()
"""


@define(eq=False)
class PythonAdapter(NativeAdapter):
    """Runs programs on a Python object, a fresh one for each program if a factory makes it.

    Each request is a process of its own, as with shared libraries.
    """

    @classmethod
    def open(
        cls, path: str, target: str = "", deadline: float = 2.0, *, watched: bool = False
    ) -> PythonAdapter:
        """Open ``package.module:factory``, or ``package.module`` if the module is the thing itself.

        An operation that takes longer than the deadline hangs.

        Raises:
            TargetError: the module cannot be imported, what it gives is no implementation, or its
                memory is to be watched.
            DriverError: the native driver is not built.
        """
        if watched:
            raise unwatchable(target or path)
        command = (sys.executable, "-c", _SCRIPT, json.dumps(sys.path))
        connection = Connection(command)
        try:
            facts = _load(connection, path)
        except BaseException:
            connection.close()
            raise
        ics = Ics(frozenset(facts.pop("functions")), facts.pop("capable"), counted=COUNTED)
        identity = Identity(**{**facts, "target": target or path})
        return cls(identity, ics, path, deadline, connection, PYTHON_RECORDS)

    def under(self, _: str) -> PythonAdapter:
        """Refuse: an object's code is Python's.

        Raises:
            MissingToolError: always.
        """
        raise no_tool(self.identity.target)

    def _reload(self) -> None:
        self._connection.restart()
        _load(self._connection, self._path)


def _load(connection: Connection, target: str) -> dict[str, Any]:
    """Let the worker import the target; give what it says about it.

    Raises:
        TargetError: it cannot be imported, or is no implementation.
    """
    try:
        reply = connection.ask(b"load " + os.fsencode(target), LOADING)
    except WorkerLostError as error:
        message = f"{target} does not survive being imported: {error}"
        raise TargetError(message, "Import it in Python to see where it ends.") from None
    except DriverError as error:
        message = f"{target} leaves Python unable to go on once it is imported: {error}"
        raise TargetError(message, "See what it changes in builtins and other modules.") from None
    word, _, rest = reply.partition(" ")
    if word == "did":
        message = f"{target} {rest} when it was imported"
        raise TargetError(message, "See what it does when it is imported.")
    found = json.loads(rest)
    if word == "refused":
        raise TargetError(*found)
    return dict(found)
