"""A catalogue with one fake of every sort that a self-test has something to say about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from waitctx.reference import AsyncLibrary

SOURCE = Path(__file__).with_name("adapters") / "library.c"


class Conforming(AsyncLibrary):
    """Does what the page says."""


class NoData(AsyncLibrary):
    """Looks up the fd and forgets the data."""

    def ASYNC_WAIT_CTX_get_fd(self, ctx, key, fd, data):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201, D102, N802
        found = super().ASYNC_WAIT_CTX_get_fd(ctx, key, fd, data)
        if found:
            data.value = None
        return found


class Unborn(AsyncLibrary):
    """Cannot even be made."""

    def __init__(self) -> None:
        raise RuntimeError("not today")


class Fatal(AsyncLibrary):
    """Takes the process along."""

    def __init__(self) -> None:
        os._exit(3)


class Stopping(AsyncLibrary):
    """Conforms until somebody sends a signal to the process that waits for the results."""

    sent = False

    def __init__(self) -> None:
        super().__init__()
        if not Stopping.sent:
            Stopping.sent = True
            os.kill(os.getppid(), int(os.environ["TINY_SIGNAL"]))


def fake(name: str, kind: str, target: object, *clauses: str, family: str = "python") -> object:
    """Give a fake as the catalogue has it."""
    named = f"tiny_fakes:{target.__name__}" if isinstance(target, type) else target
    says = f"is {name.replace('-', ' ')}"
    return {
        "name": name,
        "family": family,
        "kind": kind,
        "says": says,
        "clauses": clauses,
        "target": named,
        "reason": "no call shows it" if kind == "equivalent" else "",
    }


FAKES = [
    fake("found", "fault", NoData, "FD-GET-03"),
    fake("missed", "fault", Conforming, "FD-GET-03"),
    fake("mislabelled", "fault", NoData, "FD-GET-02"),
    fake("passing", "variant", Conforming),
    fake("failing", "variant", NoData),
    fake("the-same", "equivalent", Conforming, "FD-GET-03"),
    fake("another", "equivalent", NoData, "FD-GET-03"),
    fake("immortal", "crash", NoData, "FD-GET-03"),
    fake("unborn", "fault", Unborn, "FD-GET-03"),
    fake("hanging", "hang", "HANG", "FD-CLEAR-04", family="c"),
    fake("crashing", "crash", "CRASH", "FD-CLEAR-04", family="c"),
]
if "TINY_SIGNAL" in os.environ:
    FAKES.append(fake("stopping", "variant", Stopping))


def build(name: str) -> Path:
    """Compile the small library with the fault of that name."""
    path = Path(tempfile.gettempdir()) / f"waitctx-tiny-{name}.so"
    fault = {"hanging": "HANG", "crashing": "CRASH"}[name]
    command = ["cc", "-shared", "-fPIC", "-w", f"-DFAULT={fault}", str(SOURCE), "-o", str(path)]
    subprocess.run(command, check=True)
    return path


if __name__ == "__main__":
    if sys.argv[1] == "list":
        print(json.dumps(FAKES))  # noqa: T201 - the answer
    else:
        for one in sys.argv[2:]:
            print(build(one))  # noqa: T201 - the answer
