"""The worker: a process that loads the library under test, so that nothing else has to.

It is started as a script, with nothing but the standard library, and speaks with `connection` over
a socket, one message for one message; words are apart by blanks:

    load PATH -> loaded HIDDEN VERSION (a line break) FUNCTIONS | refused REASON | did DEED
    run WORDS DEADLINE UNTIL CARE -> done | full | late | died CAUSE
    session (and a socket) ->  PID
    walk TABLE TOLD DEADLINE -> done | full | died CAUSE
    limit TABLE DEADLINE   ->  done | full | died CAUSE
    end PID GRACE          ->  done | died CAUSE

What goes wrong in the worker itself is answered by ``failed REASON``.
Programs and results of `run`, and what `walk` walks along, stand in memory that both sides map.
Each run, walk and session is a process forked from this one, which never calls the library: they
all begin in its pristine state. Between both stands a third that does nothing (watch.c), so that
whoever kills its parent or that one's group harms nobody; another stands between this one and the
harness.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Container

#: The memory that is shared with `native` and `walking`: the board, programs, results, the table,
#: how far the walk has come.
BOARD_SIZE = 4096
PROGRAMS_SIZE = 64 << 20
RESULTS_SIZE = 192 << 20
TABLE_SIZE = 64 << 20
WALK_SIZE = 64 << 20
TABLE_AT = BOARD_SIZE + PROGRAMS_SIZE + RESULTS_SIZE
WALK_AT = TABLE_AT + TABLE_SIZE
MAP_SIZE = WALK_AT + WALK_SIZE

MESSAGE_SIZE = 1 << 16

#: What is looked at after each operation; driver.h's enum care.
CARELESS, CAREFUL, SPARING, ABRUPT = range(4)
#: What a program may do to the process that it runs in; the others would meet it there.
CHILDREN_LEFT = 4
CUT_OFF = 3
DESCRIPTORS_LEFT = 17
THREADS_LEFT = 22
MEMORY_LEFT = 23
#: These only of Python objects.
BROKEN = 19
CHANGED = 20
MISCONDUCT = {
    CUT_OFF: "closed a descriptor that is not its own",
    CHILDREN_LEFT: "left a process behind",
    5: "left signals blocked",
    6: "left another working directory",
    7: "replaced a descriptor that is not its own",
    8: "left another signal handler",
    9: "left a timer running",
    10: "left another root directory",
    11: "left another file mode mask",
    12: "left another environment",
    13: "left other limits or another priority",
    DESCRIPTORS_LEFT: "left many descriptors open",
    THREADS_LEFT: "left many threads running",
    MEMORY_LEFT: "left gigabytes of memory in use",
    BROKEN: "left Python unable to go on",
    CHANGED: "changed a module that is not its own",
}
#: Of these, what may come about little by little.
PILES_UP = {MISCONDUCT[one] for one in (DESCRIPTORS_LEFT, THREADS_LEFT, MEMORY_LEFT)}
LATE = 14
TOO_MUCH = 18
#: Only of Python objects.
ENDLESS = 21
#: How a process may end of its own accord; driver.h's enum ending.
_ENDINGS = {
    1: "done",
    2: "full",
    LATE: "late",
    15: "failed no process can be forked",
    16: "failed no thread can be made",
    TOO_MUCH: "died asked for far too much memory",
    ENDLESS: "died answered without end",
    **{one: f"died {what}" for one, what in MISCONDUCT.items()},
}
#: So much memory may be used beyond what there is when the library is loaded.
_MEMORY = 5 << 30
#: No file grows larger, and no process has more of them open.
_FILE_SIZE = 16 << 20
_OPEN_FILES = 1024
#: What a library may not lower when it is loaded.
_LIMITS = (
    *("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC"),
    "RLIMIT_STACK",
)
_MOST = 1 << 64
_SLICE = 0.1
#: A process that has not had a processor for a quarter of its time gets that so often.
_EXTENSIONS = 4
#: Of <sys/prctl.h>.
_SUBREAPER = 36
_NO_NEW_PRIVILEGES = 38
#: Of <sys/wait.h>: children too that were cloned so that nobody is told of their end.
_WALL = 0x40000000
_NEAR_NULL = 1 << 16

#: Who ended last as the process ended that it waited for; driver.h's enum mirror.
WATCHER, GUARD = 1, 2
#: How a death is told that the process between was not spared.
TOO = ", and the process that watches it too"

#: The board's words, in their order.
_NUMBERS = (
    *("ending", "programs", "progress", "cleaning", "signal", "address", "denied"),
    *("process", "mirrored"),
)


class Board(ctypes.Structure):
    """What a process says about itself; driver.c's struct board."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in _NUMBERS),
        ("message", ctypes.c_char * 128),
    ]


class Worker:
    """Serves one library."""

    def __init__(self, driver: str, control: socket.socket, memory: mmap.mmap) -> None:
        """Open the driver; the library comes later."""
        self.driver = ctypes.CDLL(driver)
        self.driver.waitctx_load.restype = ctypes.c_char_p
        self.driver.waitctx_function.restype = ctypes.c_char_p
        self.driver.waitctx_version.restype = ctypes.c_char_p
        self.control = control
        self.memory = memory
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        self.boards: dict[int, Board] = {}
        self.parent = os.getppid()
        self.pid = os.getpid()

    def serve(self) -> None:
        """Answer until the other side is gone."""
        while True:
            message, files, _, _ = socket.recv_fds(self.control, MESSAGE_SIZE, 1)
            if not message:
                sweep(())  # sessions too
                return
            try:
                reply = self.answer(message, files)
            except Exception as error:  # noqa: BLE001 - the other side has the means to tell it
                reply = f"failed {error!r}"
            if os.getpid() != self.pid:  # the same, where that was no reply
                os._exit(0)
            try:
                self.control.send(reply.encode()[:MESSAGE_SIZE])
            except OSError:
                Board.from_buffer(self.memory).ending = CUT_OFF  # for who asks how this one ended
                raise

    def answer(self, message: bytes, files: list[int]) -> str:
        """Answer one message."""
        word, _, rest = message.partition(b" ")
        if word == b"load":
            limit_memory()
            before = limits()
            reply = self.load(rest)
            return self._done_by_load(before) or reply
        if word == b"session":
            return self.session(files[0])
        if word == b"walk":
            table, told, seconds = rest.split()
            return self.walk(int(table), int(told), float(seconds))
        if word == b"limit":
            table, seconds = rest.split()
            return self.limit(int(table), float(seconds))
        if word == b"run":
            words, seconds, until, care = rest.split()
            return self.run(int(words), float(seconds), float(until), int(care))
        process, seconds = rest.split()
        return self.end(int(process), float(seconds))

    def load(self, path: bytes) -> str:
        """Load the library and tell what it is."""
        error = self.driver.waitctx_load(path)
        if error is not None:
            return f"refused {error.decode(errors='replace')}"
        version = " ".join(self.driver.waitctx_version().decode(errors="replace").split())
        names = iter(map(self.driver.waitctx_function, range(1 << 10)))
        found = [name.decode() for name in iter(lambda: next(names), None)]
        return f"loaded {self.driver.waitctx_hidden()} {version}\n{' '.join(filter(None, found))}"

    def _done_by_load(self, before: list[tuple[int, int]]) -> str:
        """Go on as before, whatever the library did to this process when it was loaded.

        Gives what cannot be taken back, or would be told of programs that have no part in it.
        """
        if os.getpid() != self.pid:  # it forked, and came back here as two
            os._exit(0)
        await_children()
        if sweep(()):
            return f"did {MISCONDUCT[CHILDREN_LEFT]}"
        if name := lowered(before):
            return f"did lowered the limit {name}"
        signal.setitimer(signal.ITIMER_REAL, 0)
        limit_memory()
        for number in range(3):
            try:
                os.fstat(number)
            except OSError:  # programs do not have to answer for it
                os.open(os.devnull, os.O_RDWR)
        return ""

    def run(self, words: int, deadline: float, until: float, care: int) -> str:
        """Carry out programs in a process of their own; the deadline is for each step.

        No program but the first is begun when the clock (`monotonic`) says so. If careful, what was
        done to the process is told of the operation that did it; else of the last program.
        """
        programs = self.address + BOARD_SIZE
        pid = self.driver.waitctx_batch(
            ctypes.c_void_p(self.address),
            ctypes.c_void_p(programs),
            ctypes.c_size_t(words),
            ctypes.c_void_p(programs + PROGRAMS_SIZE),
            ctypes.c_size_t(RESULTS_SIZE // 8),
            self.control.fileno(),
            ctypes.c_double(until),
            care,
        )
        return self._wait_for(pid, deadline)

    def walk(self, table: int, told: int, deadline: float) -> str:
        """Walk along a table of so many bytes, for as long as the struct walk beside it says."""
        told_words, control = ctypes.c_size_t(told), self.control.fileno()
        pid = self.driver.waitctx_walk(*self._ground(table), told_words, control)
        return self._wait_for(pid, deadline)

    def limit(self, table: int, deadline: float) -> str:
        """Let a plain loop and the walker take turns, as the struct limit says (see `walk`)."""
        pid = self.driver.waitctx_limit(*self._ground(table), self.control.fileno())
        return self._wait_for(pid, deadline)

    def _ground(self, table: int) -> tuple[ctypes.c_void_p | ctypes.c_size_t, ...]:
        """Give the places that a walk needs: as waitctx_walk has them, up to the script."""
        programs = self.address + BOARD_SIZE
        return (
            ctypes.c_void_p(self.address),
            ctypes.c_void_p(self.address + TABLE_AT),
            ctypes.c_size_t(table),
            ctypes.c_void_p(self.address + WALK_AT),
            ctypes.c_void_p(programs + PROGRAMS_SIZE),
            ctypes.c_size_t(RESULTS_SIZE // 8),
            ctypes.c_void_p(programs),
        )

    def _wait_for(self, pid: int, deadline: float) -> str:
        self.boards[check_fork(pid)] = Board.from_buffer(self.memory)
        return self.end(pid, deadline)

    def session(self, connection: int) -> str:
        """Begin a session in a process of its own."""
        page = mmap.mmap(-1, BOARD_SIZE)
        board = Board.from_buffer(page)
        pid = self.driver.waitctx_session(ctypes.byref(board), connection, self.control.fileno())
        os.close(connection)
        self.boards[pid] = board
        return str(check_fork(pid))

    def end(self, pid: int, grace: float) -> str:
        """Wait for a process while it makes progress, then kill it; tell how it ended."""
        board = self.boards.pop(pid, None)
        if board is None:  # a session that began in an earlier worker, which is lost
            return "died with the process that watched it"
        told, left = "", 0
        try:
            told = self.watch(pid, board, grace)
        finally:
            left = sweep(self.boards)
        # Found here are those that have us for a parent, and not the process that made them.
        if left and told in {"done", "full", "late"}:
            return f"died {MISCONDUCT[CHILDREN_LEFT]}"
        return told

    def deserted(self) -> bool:
        """Tell whether nobody waits for an answer any more."""
        if os.getppid() != self.parent:
            return True
        try:
            return not self.control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False

    def watch(self, pid: int, board: Board, grace: float) -> str:
        """Wait for a process, and tell how it ended."""
        status = self._wait(pid, board, grace)
        if status is None or os.WIFSTOPPED(status):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        if status is None:
            return f"died hang{_where(board)}"
        if not os.WIFEXITED(status) and board.mirrored != WATCHER:
            return f"died {how_ended(status)}{TOO}"
        if os.WIFSTOPPED(status):
            return f"died stopped by {_name(os.WSTOPSIG(status))}{_where(board)}"
        if status == 0 and board.ending in _ENDINGS:
            # Only what ends in the middle of something ends while cleaning.
            where = _where(board) if board.ending == TOO_MUCH else ""
            return _ENDINGS[board.ending] + where
        return f"died {_cause(status, board)}{_where(board)}"

    def _wait(self, pid: int, board: Board, grace: float) -> int | None:
        """Wait until a process ends or stops; None if it makes no progress."""
        progress, spent, extensions = board.progress, 0.0, 0
        until = time.monotonic() + grace
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if ended:
                return status
            left = until - time.monotonic()
            if left <= 0:
                due = spent + grace / 4
                if extensions == _EXTENSIONS or not _is_starved(board.process, due):
                    return None
                extensions += 1
                until += grace
                continue
            signal.sigtimedwait([signal.SIGCHLD], min(left, grace / 4, _SLICE))
            if board.progress != progress:
                progress, extensions = board.progress, 0
                spent = _state(board.process)[1]
                until = time.monotonic() + grace
            if self.deserted():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                self.boards.clear()  # nobody asks for the sessions any more either
                sys.exit()


def _state(pid: int) -> tuple[str, float]:
    """Give the state of a process, a letter, and how long it has had a processor, in seconds."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib takes long to load
            after = file.read().rpartition(b")")[2].split()
    except OSError:  # it has ended, or its id was overwritten
        return "X", 0.0
    ticks = int(after[11]) + int(after[12])
    return after[0].decode(), ticks / os.sysconf("SC_CLK_TCK")


def _is_starved(pid: int, due: float) -> bool:
    """Tell whether a process would run, but has not had a processor for as long as is due."""
    state, spent = _state(pid)
    return state == "R" and spent < due


def sweep(spared: Container[int]) -> int:
    """Kill every process that others left behind, and give how many there were.

    As a subreaper this one has become their parent. With each its group goes, at once: one that
    forks and ends, over and over, would be gone before it was found.
    """
    found = 0
    while strangers := [one for one in _own_children() if one not in spared]:
        for pid in strangers:
            group = os.getpgid(pid)
            if group != os.getpgrp() and group not in spared:
                os.killpg(group, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, _WALL)
        found += len(strangers)
    return found


def _own_children() -> list[int]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT | _WALL)
    except ChildProcessError:  # the common case, told without a look at every process there is
        return []
    return children(os.getpid())


def children(parent: int) -> list[int]:
    """Give the children of a process, ended ones too."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            with open(f"{entry.path}/stat", "rb") as file:  # noqa: PTH123 - quick to load
                stat = file.read()
        except OSError:  # it has ended meanwhile
            continue
        if int(stat.rpartition(b")")[2].split()[1]) == parent:
            found.append(int(entry.name))
    return found


def limit_memory() -> None:
    """Bound the memory of all processes forked from now on.

    Where memory is watched heap.c reserves 1 GiB of this; what is not used costs nothing.
    """
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - quick to start
        present = int(file.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > present + _MEMORY:
        resource.setrlimit(resource.RLIMIT_AS, (present + _MEMORY, hard))


def lowered(before: list[tuple[int, int]]) -> str:
    """Name a limit that is lower than before; empty if there is none."""
    for name, *both in zip(_LIMITS, before, limits(), strict=True):
        if any(new < old for old, new in zip(*both, strict=True)):
            return name
    return ""


def limits() -> list[tuple[int, int]]:
    """Give the limits that bind, those without end as the largest numbers."""
    found = (resource.getrlimit(getattr(resource, name)) for name in _LIMITS)
    return [(soft % _MOST, hard % _MOST) for soft, hard in found]


def check_fork(pid: int) -> int:
    """Give the id of a new process.

    Raises:
        OSError: there is none.
    """
    if pid < 0:
        raise OSError("no process can be forked")
    return pid


def _cause(status: int, board: Board) -> str:
    if os.WIFEXITED(status):
        return f"exit {os.WEXITSTATUS(status)}"
    number = os.WTERMSIG(status)
    if number == signal.SIGXFSZ:
        return "wrote without end"
    name = _name(number)
    # Of addresses, those beside NULL tell something, and are the same in each process.
    if board.signal == number and 0 <= board.address < _NEAR_NULL:
        name += f" at {board.address:#x}"
    said = " ".join(board.message.decode("ascii", "replace").split())
    return f"{name}: {said}" if board.signal == number and said else name


def how_ended(status: int) -> str:
    """Say how a process ended, or that it stopped."""
    if os.WIFSTOPPED(status):
        return "stopped"
    return _name(os.WTERMSIG(status)) if os.WIFSIGNALED(status) else f"exit {status >> 8}"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _where(board: Board) -> str:
    return " while what the program left was freed" if board.cleaning else ""


def main(kind: type[Worker] = Worker) -> NoReturn:
    """Serve on inherited descriptors: the driver's path, the socket's and the memory's numbers."""
    driver, control, memory = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ.pop("LD_PRELOAD", None)  # what the library starts is not ours to watch
    notes = os.environ.pop("WAITCTX_NOTES", "")
    if notes:
        ctypes.CDLL(driver).waitctx_note_to(int(notes))
    shared = mmap.mmap(memory, MAP_SIZE)
    os.close(memory)
    go_on_apart(driver, Board.from_buffer(shared), control)
    prctl = ctypes.CDLL(None).prctl
    prctl(_SUBREAPER, 1, 0, 0, 0)
    prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)  # what may become root could not be killed
    # No core file, and with 1 byte no core through a pipe either: see core(5).
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = _FILE_SIZE if most == resource.RLIM_INFINITY else min(_FILE_SIZE, most)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    with contextlib.suppress(ValueError):  # valgrind has a limit of its own, and keeps it
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))
    # Where all memory is used up, this is what has to go.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C does not get here
    await_children()
    try:
        kind(driver, socket.socket(fileno=control), shared).serve()
    finally:
        os._exit(0)  # what the library would do at its end is nobody's program


def go_on_apart(driver: str, board: Board, control: int) -> None:
    """Go on in a process whose parent is not the harness: who kills that one kills but a guard."""
    library = ctypes.CDLL(driver)
    harness, guard = os.getppid(), os.getpid()
    child = os.fork()
    if child:
        library.waitctx_guard(ctypes.byref(board), child, harness, control)
    library.waitctx_stand_between(guard)


def await_children() -> None:
    """Let children be waited for, and their ends be told when they are asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGCHLD])


if __name__ == "__main__":
    main()
