"""Python objects in a worker: they may do anything, and it costs one program."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from waitctx.conformance.adapters.base import TargetError
from waitctx.conformance.adapters.in_process import InProcessAdapter
from waitctx.conformance.adapters.python import PythonAdapter
from waitctx.conformance.adapters.records import PythonRecords, encode_observation
from waitctx.conformance.adapters.words import (
    WordsError,
    decode_operation,
    decode_programs,
    encode,
    encode_operation,
)
from waitctx.conformance.adapters.worker import children
from waitctx.conformance.engines import random_programs
from waitctx.conformance.observations import Event, Observation
from waitctx.conformance.operations import OPERATIONS
from waitctx.conformance.outcomes import OPENSSL
from waitctx.conformance.programs import from_text

Open = Callable[..., PythonAdapter]

REFERENCE = "waitctx.reference:AsyncLibrary"
FINE = from_text("new c0; free c0")
DEADLY = from_text("new c0; set c0 k0 7 d0 f0; clear c0 k0; get c0 k0")

#: Does its worst when a key is cleared.
MODULE = """
import ctypes, os, signal, sys, time
from waitctx.reference import AsyncLibrary

class Mute(Exception):
    def __str__(self):
        raise ValueError

class Kind(type):
    @property
    def __name__(self):
        raise ValueError

class Nameless(BaseException, metaclass=Kind):
    pass

class Thing(AsyncLibrary):
    def ASYNC_WAIT_CTX_clear_fd(self, ctx, key):
        {deed}
        return super().ASYNC_WAIT_CTX_clear_fd(ctx, key)
"""


@pytest.fixture
def doing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open an implementation that does something when a key is cleared."""
    opened: list[PythonAdapter] = []

    def open_doing(deed: str, cause: str = "") -> PythonAdapter:
        (tmp_path / "hostile_thing.py").write_text(MODULE.format(deed=deed), encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        deadline = {"hang": 0.3, "stopped by SIGSTOP": 2.0}.get(cause, 10.0)
        opened.append(PythonAdapter.open("hostile_thing:Thing", deadline=deadline))
        return opened[-1]

    yield open_doing
    for adapter in opened:
        adapter.close()


DEATHS = pytest.mark.parametrize(
    ("deed", "cause"),
    [
        ("ctypes.string_at(16)", "SIGSEGV at 0x10"),
        ("os.abort()", "SIGABRT"),
        ("os._exit(3)", "exit 3"),
        ("os._exit(0)", "exit 0"),
        ("while True: pass", "hang"),
        ("time.sleep(100)", "hang"),
        ("os.kill(os.getpid(), signal.SIGSTOP)", "stopped by SIGSTOP"),
        ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        ("while True: os.write(1, bytes(1 << 20))", "wrote without end"),
        ("sys.exit(4)", "raised SystemExit: 4"),
        ("raise Mute", "raised Mute"),
        ("raise Nameless", "raised Nameless"),
        ("os.kill(0, signal.SIGKILL)", "SIGKILL"),
        (
            "os.kill(os.getppid(), signal.SIGKILL); time.sleep(100)",
            "SIGKILL, and the process that watches it too",
        ),
        (
            "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(100)",
            "hang",
        ),
    ],
)

#: From 3.12 on it is the object that first goes too deep, before that what looks after it.
SHALLOW = "raised RecursionError" if sys.version_info >= (3, 12) else "left Python unable to go on"

#: It survives them, and the next programs would meet what it did.
MISDEEDS = pytest.mark.parametrize(
    ("deed", "cause"),
    [
        ("os.fork() or time.sleep(100)", "left a process behind"),
        (
            "os.fork() or (os.setsid(), os.fork() or time.sleep(100), os._exit(0))",
            "left a process behind",
        ),
        ("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))", "left signals blocked"),
        ("os.closerange(0, 1000)", "closed a descriptor that is not its own"),
        ("os.chdir('/')", "left another working directory"),
        ("os.environ['WAITCTX_LEFT_BEHIND'] = '1'", "left another environment"),
        ("signal.signal(signal.SIGUSR1, lambda *_: None)", "left another signal handler"),
        ("signal.alarm(1000)", "left a timer running"),
        ("os.umask(0o777)", "left another file mode mask"),
        ("os.dup2(0, 1)", "replaced a descriptor that is not its own"),
        ("os.nice(1)", "left other limits or another priority"),
        ("import builtins; builtins.len = None", "left Python unable to go on"),
        ("import builtins; del builtins.vars", "left Python unable to go on"),
        ("sys.modules.clear()", "left Python unable to go on"),
        ("del sys.modules['json']", "changed a module that is not its own"),
        ("time.monotonic = time.time", "changed a module that is not its own"),
        ("del os.getcwd", "changed a module that is not its own"),
        (
            "from waitctx.conformance.adapters import threads; threads.Interpreter = None",
            "changed a module that is not its own",
        ),
        ("os.write = os.read = None", "changed a module that is not its own"),
        (
            "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))",
            "left other limits or another priority",
        ),
        ("os._exit = os.getpid = None", "changed a module that is not its own"),
        ("sys.setrecursionlimit(20)", SHALLOW),
        ("bytearray(100 << 30)", "raised MemoryError"),
        (
            "self.ASYNC_WAIT_CTX_clear_fd(ctx, key)",
            "raised RecursionError: maximum recursion depth exceeded",
        ),
    ],
)


@MISDEEDS
def test_misdeeds(doing: Open, deed: str, cause: str) -> None:
    """What a program leaves behind in the process is its failure; nothing of it lives on."""
    adapter = doing(deed, cause)

    fine, dead = adapter.run([FINE, DEADLY])
    assert ["ctx=new", "-"] == list(map(str, fine))
    assert str(dead[-1]).startswith(f"died={cause}")
    assert 2 == len(adapter.run([FINE])[0])
    (worker,) = children(adapter._connection._process.pid)
    assert [] == children(worker)


@DEATHS
def test_death_in_a_run(doing: Open, deed: str, cause: str) -> None:
    """What kills the process is told at its operation, and the next run is served."""
    adapter = doing(deed, cause)

    fine, dead = adapter.run([FINE, DEADLY])
    assert ["ctx=new", "-"] == list(map(str, fine))
    assert ["ctx=new", "rc=1", f"died={cause}"] == list(map(str, dead))
    assert 2 == len(adapter.run([FINE])[0])


@DEATHS
def test_death_in_a_session(doing: Open, deed: str, cause: str) -> None:
    """In a session too, and the next session is fine."""
    adapter = doing(deed, cause)

    with adapter.session() as session:
        seen = [str(session.perform(one)) for one in DEADLY]
    assert ["ctx=new", "rc=1", f"died={cause}", "died=the program cannot go on here"] == seen
    with adapter.session() as session:
        assert ["ctx=new", "-"] == [str(session.perform(one)) for one in FINE]


@pytest.mark.parametrize("number", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_signal_from_another_thread(doing: Open, number: str) -> None:
    """A signal that another thread sends to the process ends the operation that sent it."""
    adapter = doing(f"os.kill(os.getpid(), signal.{number})", number)
    program = from_text("thread t1; new c0; clear c0 k0; get_status c0; thread t0; new c1")

    for _ in range(20):
        (seen,) = adapter.run([program])
        assert ["-", "ctx=new", f"died={number}"] == list(map(str, seen))


@pytest.mark.parametrize(
    ("calls", "answered"),
    [(20_000, range(3, 4)), pytest.param(5_000, range(20, 60), marks=pytest.mark.slow)],
)
def test_answers_without_end(doing: Open, calls: int, answered: range) -> None:
    """An object that calls a cleanup routine without end dies of that, also in small portions."""
    calling = "[one.cleanup(ctx, *['x' * 30] * 3) for one in ctx.entries for _ in range({})]"
    adapter = doing(calling.format(calls))
    program = from_text("new c0; set c0 k0 7 null f0; " + "clear c0 k9; " * 60 + "get_status c0")

    (seen,) = adapter.run([program])
    assert len(seen) in answered
    assert "died=answered without end" == str(seen[-1])
    with adapter.session() as session:
        told = [str(session.perform(one)) for one in program[:3]]
    assert (calls == 20_000) == (told[-1] == "died=answered without end")


@pytest.mark.parametrize("kind", ["GeneratorExit", "KeyboardInterrupt", "SystemExit"])
def test_end_of_what_is_interrupted(doing: Open, kind: str) -> None:
    """What ends an operation that is to be interrupted ends that one alone, whatever it is."""
    adapter = doing(f"raise {kind}")
    program = from_text(
        "new c0; thread t1; thread t0; interrupt 999; thread t1; thread t0; clear c0 k0; free c0"
    )

    (seen,) = adapter.run([program])
    assert ["ctx=new", *["-"] * 5, f"died=raised {kind}"] == list(map(str, seen))


@pytest.mark.parametrize("kind", ["Mute", "Nameless"])
def test_exception_that_cannot_be_told(doing: Open, kind: str) -> None:
    """An exception that fails to say what it is ends no more than one that does, in any thread."""
    adapter = doing(f"raise {kind}")
    program = from_text("thread t1; new c0; clear c0 k0; get_status c0; thread t0; new c1")

    (seen,) = adapter.run([program])
    assert ["-", "ctx=new", f"died=raised {kind}"] == list(map(str, seen))


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ("'x' * 10**8", "rc='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."),
        ("[7] * 10**7", "rc=[7, 7, 7, 7, 7, 7, ...]"),
        ("type('Mute', (), {'__repr__': lambda _: None})()", "rc=<Mute instance>"),
        (
            "type('Liar', (int,), {'bit_length': lambda _: 0})(1 << 9999)",
            "rc=a number of 10000 bits",
        ),
    ],
)
def test_answer_of_another_kind(doing: Open, answer: str, seen: str) -> None:
    """An answer that is no number is told in short, also one that is large or cannot be told."""
    adapter = doing(f"return {answer}")

    assert str(adapter.run([from_text("new c0; clear c0 k0")])[0][-1]).startswith(seen)


def test_answers_as_in_process() -> None:
    """A worker answers exactly as the object does in this process, in one piece as step by step."""
    made = random_programs.programs(OPENSSL, list(OPERATIONS), 5, capable=True)
    programs = list(islice(made, 60))
    expected = InProcessAdapter.open(REFERENCE)
    adapter = PythonAdapter.open(REFERENCE)
    try:
        assert (expected.identity, expected.ics) == (adapter.identity, adapter.ics)
        answers = expected.run(programs)
        assert answers == adapter.run(programs)
        for program, seen in zip(programs[:10], answers, strict=False):
            with adapter.session() as session:
                assert seen == tuple(map(session.perform, program))
    finally:
        adapter.close()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no_such_module:thing", "there is no module no_such_module"),
        ("waitctx.reference:Nothing", "waitctx.reference has no Nothing"),
        ("collections:OrderedDict", "it has no ASYNC_WAIT_CTX_new"),
    ],
)
def test_refused(target: str, message: str) -> None:
    """What cannot be opened is refused with the reason."""
    with pytest.raises(TargetError, match=message) as caught:
        PythonAdapter.open(target)
    assert caught.value.hint.endswith(".")


def test_import_that_exits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that ends the process when it is imported is refused, and not met here."""
    (tmp_path / "leaving.py").write_text("import os; os._exit(5)", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(TargetError, match="leaving does not survive being imported: exit 5"):
        PythonAdapter.open("leaving")
    assert "leaving" not in sys.modules


def test_import_that_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that raises KeyboardInterrupt is refused: nobody has pressed Ctrl-C."""
    (tmp_path / "interrupted.py").write_text("raise KeyboardInterrupt", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(TargetError, match="interrupted cannot be opened: KeyboardInterrupt"):
        PythonAdapter.open("interrupted")


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        ("os.fork()", "left a process behind when it was imported"),
        (
            "resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))",
            "lowered the limit RLIMIT_AS when it was imported",
        ),
        (
            "os.kill(os.getppid(), signal.SIGKILL); time.sleep(100)",
            "does not survive being imported: SIGKILL, and the process that watches it too",
        ),
        (
            "os.killpg(os.getpgid(os.getppid()), signal.SIGTERM); time.sleep(100)",
            "does not survive being imported: SIGTERM, and the process that watches it too",
        ),
    ],
)
def test_deed_at_import(
    deed: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module is refused by what it does when it is imported, and harms nobody."""
    text = f"import os, resource, signal, time; {deed}; from waitctx.reference import AsyncLibrary"
    (tmp_path / "doing.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(TargetError, match=f"doing:AsyncLibrary {told}"):
        PythonAdapter.open("doing:AsyncLibrary")


def test_import_that_breaks_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that takes away what Python rests on is refused: it is no fault of the harness."""
    text = "import builtins; builtins.len = builtins.getattr = builtins.dict = None"
    (tmp_path / "breaking.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(TargetError, match="breaking leaves Python unable to go on"):
        PythonAdapter.open("breaking")


@pytest.mark.parametrize("kind", [PythonAdapter, InProcessAdapter])
def test_no_bytecode_is_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[PythonAdapter | InProcessAdapter],
) -> None:
    """The folder of a module stays as it was, also when it imports more."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # as it is unless somebody says so
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    name = f"tidy_{kind.__name__}"
    (tmp_path / f"{name}.py").write_text(f"from {name}_more import Thing", encoding="utf-8")
    more = "from waitctx.reference import AsyncLibrary as Thing"
    (tmp_path / f"{name}_more.py").write_text(more, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    adapter = kind.open(f"{name}:Thing")
    answers = adapter.run([FINE])
    adapter.close()

    assert 2 == len(answers[0])
    assert {f"{name}.py", f"{name}_more.py"} == {one.name for one in tmp_path.iterdir()}
    assert not sys.dont_write_bytecode


def test_words_read_back() -> None:
    """Programs cross as words, and are the same at the other end."""
    made = random_programs.programs(OPENSSL, list(OPERATIONS), 3, capable=True)
    programs = [(), *islice(made, 100)]

    assert programs == decode_programs(memoryview(b"".join(map(encode, programs))))
    for operation in programs[1]:
        assert operation == decode_operation(encode_operation(operation))


def test_records_read_back() -> None:
    """An observation crosses as JSON, whatever it holds."""
    seen = Observation(
        (("rc", 1), ("fds", (1, "untouched")), ("x", "é\n\x00")), (Event("f0", ("c0",)),)
    )

    assert seen == PythonRecords()[encode_observation(seen)]


@pytest.mark.parametrize("text", [b"[[],[]", b"[1,2]", b'[[["a",1.5]],[]]', b"[" * 80_000, b"\xff"])
def test_damaged_records(text: bytes) -> None:
    """What no worker writes is refused."""
    with pytest.raises(WordsError):
        PythonRecords()[bytes(8) + text]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_end_of_the_harness(tmp_path: Path, how: signal.Signals) -> None:
    """Whoever ends the harness, no process is left; Ctrl-C leaves a report as well."""
    mark = f"sleep {1000 + os.getpid()}.{int(how)}"
    deed = f"open('begun', 'w').close(); subprocess.Popen('{mark}'.split(), start_new_session=True)"
    module = MODULE.replace("import ctypes", "import subprocess, ctypes")
    text = module.format(deed=f"{deed}; time.sleep(100)")
    name = f"hostile_{os.getpid()}_{int(how)}"
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "waitctx", "check", f"{name}:Thing"]
    with subprocess.Popen(
        [*command, "--report", "r.json"], cwd=tmp_path, stdout=subprocess.DEVNULL
    ) as harness:
        assert wait_until((tmp_path / "begun").exists)
        assert wait_until(lambda: running(mark))
        harness.send_signal(how)
        harness.wait(60)

    assert wait_until(lambda: not running(mark) and not running(name))
    if how == signal.SIGINT:
        assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["interrupted"]
        assert 2 >= harness.returncode > 0
    else:
        assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_verdict_once(doing: Open, number: int) -> None:
    """Where one program in a hundred is deadly every other one is answered, and none twice."""
    adapter = doing("os.abort()")
    programs = [DEADLY if place % 100 == 50 else FINE for place in range(number)]
    seen: list[tuple[Observation, ...]] = []
    while len(seen) < number:
        seen += adapter.run(programs[len(seen) : len(seen) + 200])

    deaths = [place for place, one in enumerate(seen) if "died=SIGABRT" in map(str, one)]
    assert number == len(seen)
    assert list(range(50, number, 100)) == deaths
    assert all(2 == len(one) for place, one in enumerate(seen) if place not in deaths)


def wait_until(come: Callable[[], bool], seconds: float = 60) -> bool:
    """Wait for something; tell whether it came."""
    until = time.monotonic() + seconds
    while not come() and time.monotonic() < until:
        time.sleep(0.02)
    return come()


def running(words: str) -> bool:
    """Tell whether a process has these words in its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if words in path.read_bytes().replace(b"\0", b" ").decode(errors="replace"):
                return True
    return False
