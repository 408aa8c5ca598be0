"""The native adapter on libraries that misbehave: it sees what they do, and outlives it."""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.adapters import connection
from waitctx.conformance.adapters.native import NativeAdapter
from waitctx.conformance.adapters.worker import children
from waitctx.conformance.programs import from_text

if TYPE_CHECKING:
    from waitctx.conformance.observations import Observation

Build = Callable[..., str]
Open = Callable[..., NativeAdapter]

# All of it happens in C, in one build for every Python.
pytestmark = pytest.mark.slow

FDS = "new c0; set c0 k0 5 d0 f0; set c0 k1 6 d1 f1; "
FINE = from_text("new c0; free c0")
DEADLY = from_text("new c0; clear c0 k0; get c0 k0")


def alive(process: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def last(adapter: NativeAdapter, text: str) -> Observation:
    """Give the answer to the last operation of a program."""
    (observations,) = adapter.run([from_text(text)])
    return observations[-1]


@pytest.mark.parametrize(
    ("fault", "text", "expected"),
    [
        ("NOTHING", FDS + "all c0 array", "rc=1 count=2 fds=[5 6] stray=0"),
        ("SHORT", FDS + "all c0 array", "rc=1 count=3 fds=[5 6] stray=0"),
        ("GAP", FDS + "all c0 array", "rc=1 count=2 fds=[untouched 6] stray=0"),
        ("BEFORE", FDS + "all c0 array", "rc=1 count=2 fds=[5 6] stray=1"),
        ("FAR", FDS + "all c0 array", "rc=1 count=2 fds=[5 6] stray=1"),
        ("NOTHING", FDS + "get c0 k1", "rc=1 fd=6 data=d1 stray=0"),
        ("WIDE", FDS + "get c0 k1", "rc=1 fd=6 data=d1 stray=1"),
        ("SILENT", FDS + "get c0 k1", "rc=1 fd=untouched data=untouched stray=0"),
        ("MIXED_UP", FDS + "get c0 k1", "rc=1 fd=6 data=0x1000 stray=0"),
        ("NOTHING", "new c0; start j0 c0 a4", "in=j0 block=a4"),
        ("NOTHING", "new c0; start j0 c0 a4; pause", "in=j0 pause_job=1"),
        ("SHARED", "new c0; start j0 c0 a4", "in=j0 block=shared"),
        ("NOISE", "new c0", "ctx=new"),
    ],
)
def test_faults_are_seen(faulty: Open, fault: str, text: str, expected: str) -> None:
    """What a library writes, leaves or writes beside is told."""
    assert expected == str(last(faulty(fault), text))


def test_callbacks_are_seen(faulty: Open) -> None:
    """A callback that the library calls is told, with its argument."""
    seen = last(faulty("CALLS"), "new c0; set_callback c0 b2 d1; set_status c0 1")

    assert "rc=1 | b2(d1)" == str(seen)


def test_events_are_bounded(faulty: Open) -> None:
    """A library that calls without end fills no more than the log."""
    assert 1_000 == len(last(faulty("SWARM"), FDS + "free c0").events)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("CRASH", "SIGSEGV at 0x10"),
        ("ABORT", "SIGABRT"),
        ("EXIT", "exit 0"),
        ("HANG", "hang"),
        ("HALT", "stopped by SIGSTOP"),
        ("GROUP", "SIGKILL"),
        ("MURDER", "SIGKILL, and the process that watches it too"),
    ],
)
def test_death_costs_one_program(faulty: Open, fault: str, cause: str) -> None:
    """A library that dies is told by its cause at the operation, and serves the next run."""
    adapter = faulty(fault, deadline=0.2 if cause == "hang" else 10.0)

    for _ in range(2):
        fine, dead = adapter.run([FINE, DEADLY, FINE])
        assert "ctx=new -" == " ".join(map(str, fine))
        assert ["ctx=new", f"died={cause}"] == list(map(str, dead))
        assert 2 == len(adapter.run([FINE])[0])


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("CRASH", "SIGSEGV at 0x10"),
        ("ABORT", "SIGABRT"),
        ("EXIT", "exit 0"),
        ("HANG", "hang"),
        ("CLOSE", "closed a descriptor that is not its own"),
        ("MURDER", "SIGKILL, and the process that watches it too"),
    ],
)
def test_death_ends_a_session(faulty: Open, fault: str, cause: str) -> None:
    """In a session too; what follows is not tried, and the next session is fine."""
    adapter = faulty(fault, deadline=0.2 if cause == "hang" else 10.0)

    with adapter.session() as session:
        seen = [str(session.perform(one)) for one in DEADLY]
    assert ["ctx=new", f"died={cause}", "died=the program cannot go on here"] == seen
    with adapter.session() as session:
        assert ["ctx=new", "-"] == [str(session.perform(one)) for one in FINE]


def test_every_verdict_once(faulty: Open) -> None:
    """Of ten thousand programs, one in a hundred deadly, each is answered once, in its place."""
    adapter = faulty("ABORT")
    number = 10_000
    programs = [DEADLY if place % 100 == 50 else FINE for place in range(number)]
    seen: list[tuple[Observation, ...]] = []
    while len(seen) < number:
        seen += adapter.run(programs[len(seen) : len(seen) + 200])

    told = [" ".join(map(str, one)) for one in seen]
    dead, fine = "ctx=new died=SIGABRT", "ctx=new -"
    assert [dead if place % 100 == 50 else fine for place in range(number)] == told


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("CLOSE", "closed a descriptor that is not its own"),
        ("STEAL", "replaced a descriptor that is not its own"),
        ("DAEMON", "left a process behind"),
        ("CLONE", "left a process behind"),
        ("HANDLER", "left another signal handler"),
        ("TIMER", "left a timer running"),
        ("ENVIRON", "left another environment"),
        ("RENAME", "left another environment"),
        ("UMASK", "left another file mode mask"),
        ("LIMITS", "left other limits or another priority"),
        ("HOARD", "left many descriptors open"),
        ("THRONG", "left many threads running"),
        ("GORGE", "left gigabytes of memory in use"),
        ("SIBLING", "left a process behind"),
        ("SCRIBBLE", "wrote over the memory of the harness"),
        ("STOP", "stopped, and the process that watches it too"),
    ],
)
def test_misconduct_is_told_where_it_was(faulty: Open, fault: str, cause: str) -> None:
    """What a library does to the process is told of the operation, whatever ran before or after."""
    adapter = faulty(fault)

    *fine, dead = adapter.run([FINE, FINE, DEADLY, FINE])
    assert [["ctx=new", "-"]] * 2 == [list(map(str, one)) for one in fine]
    assert ["ctx=new", f"died={cause}"] == list(map(str, dead))
    assert 2 == len(adapter.run([FINE])[0])
    (worker,) = children(adapter._connection._process.pid)
    assert [] == children(worker)


@pytest.mark.parametrize("fault", ["HOARD", "THRONG", "GORGE"])
def test_no_thread_can_be_made(faulty: Open, fault: str) -> None:
    """Where that is the library's doing, the operation that did it is the end."""
    wants_thread = from_text("new c0; clear c0 k0; thread t1; new c1")

    fine, dead = faulty(fault).run([FINE, wants_thread])
    assert ["ctx=new", "-"] == list(map(str, fine))
    assert ["ctx", "died"] == [name for one in dead for name, _ in one.answers]


def test_orphans_are_found(faulty: Open) -> None:
    """A process that outlives the one that would have cleaned up behind it is found, too."""
    seen = last(faulty("ORPHAN"), "new c0; clear c0 k0")

    assert "died=SIGKILL, and the process that watches it too" == str(seen)
    assert b"sleep\x0086398\x00" not in commands()


def test_time_of_a_batch(faulty: Open) -> None:
    """No program is begun after the time of its batch, but the first."""
    adapter = faulty("LAZY")

    assert 1 == len(adapter.run([DEADLY] * 50, 0.0))
    assert 1 < len(adapter.run([DEADLY] * 1_000, 1.0)) < 1_000
    assert 5 == len(adapter.run([DEADLY] * 5))


def test_job_left_running(faulty: Open) -> None:
    """Who dies as a job finishes that was left does not die of what was answered before."""
    adapter = faulty("FINISH")
    left, returned = "new c0; start j0 c0 null", "new c0; start j0 c0 null; return 1"

    assert "died=SIGABRT while what the program left was freed" == str(last(adapter, left))
    assert "died=SIGABRT" == str(last(adapter, returned))


@pytest.mark.parametrize(
    ("options", "capable"),
    [
        ("-DFAULT=INCAPABLE", False),
        ("-DFAULT=UNASKED", True),
        ("-DASYNC_is_capable=another", True),
        ("-DASYNC_start_job=another", False),
    ],
)
def test_capable(build: Build, adapters: Open, options: str, *, capable: bool) -> None:
    """Jobs cannot run where they cannot be started, or the library says so; not where it dies."""
    assert capable == adapters(build(options)).ics.capable


def test_far_elsewhere(faulty: Open) -> None:
    """What takes milliseconds in other libraries is not told to hang because it is interrupted."""
    text = "interrupt 399; thread t1; new c1; free c1; thread t0; new c0; free c0"
    program = from_text(text)

    (seen,) = faulty("ELSEWHERE").run([program])
    assert len(program) == len(seen)
    assert not [one for one in seen if one.get("died")]


def test_hangs_after_the_first_are_told_sooner(faulty: Open) -> None:
    """What has hung once is given less time, and is told all the same."""
    adapter = faulty("HANG", deadline=2.0)
    adapter.run([DEADLY])

    began = time.monotonic()
    (seen,) = adapter.run([DEADLY])
    assert ["ctx=new", "died=hang"] == list(map(str, seen))
    assert time.monotonic() - began < 1.9


def test_closed_descriptors(faulty: Open) -> None:
    """A run needs no descriptor that the library could close, but tells that it did."""
    (seen,) = faulty("CLOSE").run([from_text("new c0; clear c0 k0; get c0 k0")])

    assert ["ctx=new", "died=closed a descriptor that is not its own"] == list(map(str, seen))


def test_stopped_worker_is_replaced(faulty: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that stops the process which watches it is told, and another one takes over."""
    monkeypatch.setattr(connection, "_PATIENCE", 0.2)
    adapter = faulty("STOP", deadline=0.1)

    seen = last(adapter, "new c0; clear c0 k0")
    assert "died=stopped, and the process that watches it too" == str(seen)
    assert 2 == len(adapter.run([FINE])[0])


def test_death_after_the_program(faulty: Open) -> None:
    """A crash while what the program left is freed takes the place of its last answer."""
    expected = "died=SIGSEGV at 0x20 while what the program left was freed"

    assert expected == str(last(faulty("CRASH_FREE"), "new c0; get c0 k0"))


@pytest.mark.parametrize(
    ("program", "answers"),
    [
        ("new c0; get c0 k0", ["ctx=new", "died={} while what the program left was freed"]),
        ("new c0; free c0; new c1", ["ctx=new", "died={}"]),
    ],
)
def test_death_in_free_with_the_watcher(faulty: Open, program: str, answers: list[str]) -> None:
    """So does one that takes the process that watches along; in a free, it is told there."""
    (seen,) = faulty("PACK_FREE").run([from_text(program)])
    cause = "SIGKILL, and the process that watches it too"

    assert [one.format(cause) for one in answers] == list(map(str, seen))


def test_deadline_is_for_each_step(faulty: Open) -> None:
    """A hang is noticed soon after the deadline, however much came before it."""
    adapter = faulty("HANG", deadline=0.1)

    began = time.monotonic()
    adapter.run([FINE] * 1_000 + [DEADLY])
    assert 0.1 <= time.monotonic() - began < 50  # where 0.1 for each program would be 100


def test_sessions_side_by_side(faulty: Open) -> None:
    """Sessions are separate processes: one may die while another goes on."""
    adapter = faulty("CRASH")

    with adapter.session() as one, adapter.session() as other:
        assert ["ctx=new", "died=SIGSEGV at 0x10"] == [str(one.perform(op)) for op in DEADLY[:2]]
        assert 2 == len(adapter.run([FINE])[0])
        assert ["ctx=new", "-"] == [str(other.perform(op)) for op in FINE]


def test_session_left_early(faulty: Open) -> None:
    """A session can be left in the middle of a job, and its process is gone."""
    adapter = faulty("NOTHING")

    with adapter.session() as session:
        for one in from_text("new c0; start j0 c0 null"):
            session.perform(one)
        process = int(session._process)
    assert not alive(process)


def test_worker_ends_with_its_parent(
    build: Callable[..., str], wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """When the harness is killed, the worker and what it started end as well."""
    script = f"""if True:
        from waitctx.conformance.adapters.native import NativeAdapter
        from waitctx.conformance.programs import from_text
        adapter = NativeAdapter.open({build("-DFAULT=HANG")!r}, "target", deadline=60)
        print(adapter._connection._process.pid, flush=True)
        adapter.run([from_text("new c0; clear c0 k0")])
    """
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        worker = int(harness.stdout.readline())
        time.sleep(0.1)
        harness.kill()

    wait_until(lambda: not alive(worker))


def test_what_the_c_library_said(faulty: Open) -> None:
    """A heap that the C library finds damaged is told in its words."""
    seen = str(last(faulty("TWICE"), "new c0; clear c0 k0"))

    assert seen.startswith("died=SIGABRT")
    if platform.libc_ver()[0] == "glibc":
        assert "free" in seen


def test_fork_answers_once(faulty: Open) -> None:
    """A library that forks in a call goes on twice; one of the two answers, the other is found."""
    program = from_text("new c0; clear c0 k0; clear c0 k0; get c0 k0; free c0")
    adapter = faulty("FORK")

    for _ in range(20):
        (seen,) = adapter.run([program] * 20)
        assert ["ctx=new", "died=left a process behind"] == list(map(str, seen))


def test_no_process_is_left_behind(faulty: Open) -> None:
    """A process that a library leaves behind fails and ends, wherever it has hidden."""
    assert "died=left a process behind" == str(last(faulty("DAEMON"), "new c0; clear c0 k0"))
    assert b"sleep\x0086399\x00" not in commands()


def commands() -> list[bytes]:
    """Give the command lines of all processes that there are."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            found.append(path.read_bytes())
    return found


def test_closed_while_loaded(faulty: Open) -> None:
    """No program answers for standard descriptors that were closed when the library was loaded."""
    assert "ctx=new" == str(last(faulty("LOAD_MUTE"), "new c0"))
