"""``waitctx check``."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waitctx import __version__
from waitctx.conformance.judge import Judge

if TYPE_CHECKING:
    from .conftest import Run, Start

#: A run that is short, and does not depend on the clock.
FEW = ("--engine", "scenarios", "--engine", "random")
QUICK = ("--programs", 0, *FEW)
#: The same up to the first failure, which is the one that is told then.
FIRST = (*QUICK, "-x")

NO_DATA = f"""\
Checked   faulty:NoData
          faulty.NoData
Kind      Python object
File      FOLDER/faulty.py
Offers    20 functions; jobs can run
Profile   openssl, seed 7, waitctx {__version__}

Engine     Programs  Operations  Seconds

F1  FD-GET-03  get gives the custom data

new c0; set c0 k0 1 d0 null; get c0 k0

    Operation            Permitted          Seen
    new c0               ctx=new            ctx=new
    set c0 k0 1 d0 null  rc=1               rc=1
>>  get c0 k0            rc=1 fd=1 data=d0  rc=1 fd=1 data=null

Wrong     data: d0 permitted, null seen
Found by  scenarios; happens again when run alone

Run again: waitctx check faulty:NoData --profile openssl --seed 7 --programs 0 ENGINES
Read more: waitctx explain FD-GET-03

faulty:NoData does not conform to profile openssl: FD-GET-03
"""


def constant(text: str, folder: Path) -> str:
    """Leave the figures out, which every new scenario changes; tests/reports has those."""
    text = text.replace(str(folder), "FOLDER").replace(" ".join(FEW), "ENGINES")
    text = re.sub(r"(?m)^\S+( +[\d,.-]+){3,5}\n", "", text)
    text = re.sub(r"(?m)^(Readings| {10})(?!faulty\.).*\n", "", text)
    return re.sub(r"(?ms)^(Group|Not passed) .*?\n\n", "", text)


def names(folder: Path) -> set[str]:
    """Give the names of everything in a folder."""
    return {path.name for path in folder.iterdir()}


def on_a_terminal(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command with a terminal for standard output and error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "waitctx", *arguments],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment},
    )
    os.close(theirs)
    text = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while some := terminal.read(1 << 16):
                text += some
        except OSError:  # how Linux says that nobody has the other end any more
            pass
    return process.wait(), text.decode()


@pytest.mark.usefixtures("folder")
class TestVerdicts:
    """What is found is told, and in the exit code."""

    def test_reference(self, run: Run) -> None:
        """What conforms ends with exit code 0, in both profiles."""
        for profile in ("spec", "openssl"):
            result = run("check", "reference", *QUICK, "--profile", profile)

            assert (0, "") == (result.exit_code, result.stderr)
            assert f"\nreference conforms to profile {profile}: " in result.stdout
            assert "\nF1 " not in result.stdout

    @pytest.mark.slow
    def test_faulty(self, run: Run, folder: Path) -> None:
        """What does not ends with 1, after the clause, a program and its steps."""
        result = run(*("check", "faulty:NoData", *QUICK, "--seed", 7, "--profile", "openssl"))

        assert (1, "") == (result.exit_code, result.stderr)
        assert NO_DATA == constant(result.stdout, folder)

    def test_fits_80_columns(self, run: Run) -> None:
        """No line is longer but a command to copy and the last sentence; none is cut off."""
        result = run("check", "faulty:Release11", *QUICK)

        lines = result.stdout.splitlines()[:-1]
        assert 80 >= max(len(line) for line in lines if not line.startswith("Run again: "))
        assert "…" not in result.stdout

    def test_little_is_offered(self, run: Run) -> None:
        """An implementation is held only to what it offers."""
        result = run("check", "faulty:Release11", *QUICK)

        assert 0 == result.exit_code
        assert "Offers    16 functions, but not ASYNC_WAIT_CTX_set_callback," in result.stdout
        assert re.search(
            r"(?m)^CB-SET-01 +not applicable  set_callback returns 1:\n"
            r" +ASYNC_WAIT_CTX_set_callback not offered$",
            result.stdout,
        )

    def test_quiet(self, run: Run) -> None:
        """With -q there is a line for each failure, and the conclusion."""
        result = run("check", "faulty:NoData", *FIRST, "-q")

        assert (
            "FD-GET-03: new c0; set c0 k0 1 d0 null; get c0 k0\n"
            "faulty:NoData does not conform to profile spec: FD-GET-03\n"
        ) == result.stdout

    def test_stop_first(self, run: Run, folder: Path) -> None:
        """With -x the first failure is the last."""
        result = run("check", "faulty:NoData", *FEW, "-x", "-q", "--report", "r.json")
        random = json.loads((folder / "r.json").read_text())["engines"][1]

        assert 1 == result.exit_code
        assert 0 == random["programs"]

    def test_hostile(self, run: Run) -> None:
        """What an implementation says cannot steer the terminal."""
        result = run("check", "faulty:Hostile", *FIRST)

        assert 1 == result.exit_code
        assert "\nEnded by  raised ValueError: [bold]no\\x1b[31m key\n" in result.stdout
        assert "          [red]1.0\\x1b[2J\n" in result.stdout
        assert result.stdout.replace("\n", "").isprintable()


class TestLibcrypto:
    """The real thing."""

    def test_default(self, start: Start, libcrypto: str) -> None:
        """Without a target the libcrypto of this machine's Python is checked."""
        result = start("check", "--engine", "scenarios")

        assert (0, "") == (result.returncode, result.stderr)
        assert result.stdout.startswith("Checked   openssl\n          OpenSSL ")
        assert f"\nFile      {libcrypto}\n" in result.stdout

    @pytest.mark.slow
    def test_any_path(self, start: Start, libcrypto: str, tmp_path: Path) -> None:
        """A path may have blanks and letters of any language in it."""
        path = tmp_path / "ein Ordner é" / "lib ñ.so"
        path.parent.mkdir()
        shutil.copy(libcrypto, path)
        result = start("check", path, "--engine", "scenarios", "-q")

        assert (0, "") == (result.returncode, result.stderr)
        assert result.stdout.startswith(f"{path} conforms to profile spec: ")


class TestOutput:
    """Where the output goes."""

    def test_terminal(self) -> None:
        """On a terminal there are colours, and progress that is gone at the end."""
        code, text = on_a_terminal("check", "reference", *map(str, QUICK))

        assert 0 == code
        assert re.search(r"\x1b\[2K\w+: [\d,]+ programs, [\d,]+ operations, no failure", text)
        assert "\x1b[32mconforms\x1b[0m to profile spec" in text

    @pytest.mark.slow
    def test_no_color(self) -> None:
        """NO_COLOR leaves the colours out."""
        code, text = on_a_terminal("check", "reference", *map(str, QUICK), NO_COLOR="1")

        assert 0 == code
        assert not re.search(r"\x1b\[(\d+;)*[349]\d", text)

    @pytest.mark.slow
    def test_quiet_terminal(self) -> None:
        """With -q there is no progress."""
        _, text = on_a_terminal("check", "reference", *map(str, QUICK), "-q", NO_COLOR="1")

        assert text.startswith("reference conforms to profile spec: ")

    @pytest.mark.slow
    def test_reader_gone(self) -> None:
        """A reader that has enough of the output is no verdict on the implementation."""
        command = [sys.executable, "-m", "waitctx", "check", "reference", *map(str, QUICK)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        _, complaints = process.communicate()

        assert (2, b"") == (process.returncode, complaints)

    @pytest.mark.slow
    def test_narrow_encoding(self, tmp_path: Path, libcrypto: str) -> None:
        """Where a letter cannot be encoded it is escaped."""
        path = tmp_path / "Ω.so"
        path.symlink_to(libcrypto)
        command = [
            sys.executable,
            "-m",
            "waitctx",
            "check",
            str(path),
            "--engine",
            "scenarios",
            "-q",
        ]
        environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
        result = subprocess.run(command, capture_output=True, check=False, env=environment)

        assert (0, b"") == (result.returncode, result.stderr)
        assert b"/\\u03a9.so conforms" in result.stdout


@pytest.mark.usefixtures("folder")
class TestFiles:
    """Reports and traces."""

    def test_both(self, run: Run, folder: Path) -> None:
        """A run writes as many reports as asked for, and a trace that gives the same verdict."""
        files = ["--report", "a b.json", "--report", "ü.JSON", "--trace", "t.jsonl"]
        checked = run("check", "faulty:NoData", *FIRST, "-q", *files)
        judged = run("judge", "t.jsonl")
        one, other = (json.loads((folder / name).read_text()) for name in ("a b.json", "ü.JSON"))

        assert (1, 1) == (checked.exit_code, judged.exit_code)
        assert ("does not conform", ["FD-GET-03"]) == (
            one["conclusion"],
            [failure["clause"] for failure in one["failures"]],
        )
        assert one == other

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--report", "none/r.json"], "none/r.json cannot be written: No such file or"),
            (["--report", "d.json"], "d.json cannot be written: it is a directory"),
            (["--trace", "none/t"], "none/t cannot be written: No such file or directory"),
            (["--report", "ok.json", "--trace", "d.json"], "d.json cannot be written: it is"),
        ],
    )
    def test_unwritable(self, run: Run, folder: Path, arguments: list[str], message: str) -> None:
        """What cannot be written is known before the check, and nothing is left behind."""
        (folder / "d.json").mkdir()
        result = run("check", "reference", *arguments)

        assert (2, "", 1) == (result.exit_code, result.stdout, result.stderr.count("\n"))
        assert result.stderr.startswith(f"waitctx: {message}")
        assert {"faulty.py", "d.json"} == names(folder)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    def test_disk_full(self, run: Run) -> None:
        """A trace that outgrows the disk ends the check with exit code 2."""
        result = run("check", "reference", *QUICK, "--trace", "/dev/full")

        assert (2, "") == (result.exit_code, result.stdout)
        assert result.stderr.startswith("waitctx: /dev/full cannot be written: No space left")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--report", "r.txt"], "r.txt does not tell its kind: let the name end in one of .j"),
            (["--report", "r.json", "--trace", "r.json"], "r.json cannot be both the report and"),
            (["--budget", "nan"], "it is a number of seconds, not below 0"),
            (["--budget", "inf"], "it is a number of seconds, not below 0"),
            (["--budget", "-1"], "it is a number of seconds, not below 0"),
            (["--seed", "x"], "'x' is not a valid integer"),
            (["--profile", "x"], "'x' is not one of 'spec', 'openssl'"),
        ],
    )
    def test_bad_options(self, run: Run, folder: Path, arguments: list[str], message: str) -> None:
        """A bad option is refused before anything is done."""
        result = run("check", "reference", *arguments)

        assert 2 == result.exit_code
        assert message in result.stderr
        assert {"faulty.py"} == names(folder)


@pytest.mark.usefixtures("folder")
class TestInterrupted:
    """Ctrl-C and SIGTERM."""

    FILES = ("--report", "r.json", "--trace", "t.jsonl")

    @pytest.mark.slow
    def test_no_failure_so_far(self, run: Run, folder: Path) -> None:
        """It was not checked to the end: exit code 2, and files as good as any."""
        options = ("--programs", 1_000, *FEW, *self.FILES)
        result = run("check", "--in-process", "faulty:Stopped", *options)
        report = json.loads((folder / "r.json").read_text())

        assert 2 == result.exit_code
        assert "\nfaulty:Stopped was not checked to the end: so far " in result.stdout
        assert report["interrupted"]
        assert 0 == run("judge", "t.jsonl").exit_code
        assert {"faulty.py", "r.json", "t.jsonl"} == names(folder)

    def test_failure_seen(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """A failure stays one, though it could not be shrunk any more: exit code 1."""

        def shrink(*_: object, **__: object) -> None:
            signal.raise_signal(signal.SIGTERM)

        monkeypatch.setattr("waitctx.conformance.witnesses.shrink", shrink)
        result = run("check", "faulty:NoData", *FIRST, *self.FILES)

        assert 1 == result.exit_code
        assert "\nFound by  scenarios; happens again when run alone\n" in result.stdout
        assert "\nfaulty:NoData does not conform to profile spec: FD-" in result.stdout
        assert 1 == run("judge", "t.jsonl").exit_code


@pytest.mark.usefixtures("folder")
class TestOurFault:
    """What nobody has foreseen."""

    @pytest.fixture(autouse=True)
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the check itself fail when it has begun."""

        def judge_all(*_: object) -> None:
            raise GeneratorExit("a fault\nof ours")

        monkeypatch.setattr(Judge, "judge_all", judge_all)

    def test_one_line(self, run: Run, folder: Path) -> None:
        """It ends with exit code 2 and one line, and leaves no files."""
        result = run("check", "reference", *TestInterrupted.FILES)

        assert (
            "waitctx: GeneratorExit: a fault of ours. This is a fault in waitctx: "
            "set WAITCTX_DEBUG=1 and report what it says.\n"
        ) == result.stderr
        assert (2, "", {"faulty.py"}) == (result.exit_code, result.stdout, names(folder))

    def test_traceback(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        """WAITCTX_DEBUG=1 shows where it came from."""
        monkeypatch.setenv("WAITCTX_DEBUG", "1")
        result = run("check", "reference")

        assert 2 == result.exit_code
        assert "Traceback (most recent call last):\n" in result.stderr


def test_help_teaches(run: Run) -> None:
    """The help shows commands to copy, in 80 columns, and says what the exit codes mean."""
    text = run("check", "--help").stdout

    assert "waitctx check ./libmine.so --budget 60 --report r.json --trace" in text
    assert "The exit code is 0 if it conforms, 1 if it does not, 2 if it could not" in text
    assert 80 >= max(map(len, text.splitlines()))


def test_group(run: Run) -> None:
    """The command itself tells its version and lists what it can do."""
    assert f"waitctx, version {__version__}\n" == run("--version").stdout
    assert "0 conforms, 1 does not conform, 2 could not be" in run("--help").stdout
    assert 2 == run("nothing").exit_code


@pytest.mark.slow
def test_terminal_is_left_as_it_was(tmp_path: Path) -> None:
    """An implementation that finds the terminal and changes it has no lasting effect."""
    (tmp_path / "rude.py").write_text(
        "import os, termios\n"
        "from waitctx.reference import AsyncLibrary\n"
        "def Library():\n"
        "    terminal = os.open(os.environ['TERMINAL'], os.O_RDWR | os.O_NOCTTY)\n"
        "    settings = termios.tcgetattr(terminal)\n"
        "    settings[3] &= ~termios.ECHO\n"
        "    termios.tcsetattr(terminal, termios.TCSANOW, settings)\n"
        "    os.close(terminal)\n"
        "    open('changed', 'w').close()\n"
        "    return AsyncLibrary()\n",
        encoding="utf-8",
    )
    main, terminal = os.openpty()
    before = termios.tcgetattr(terminal)
    command = [sys.executable, "-m", "waitctx", "check", "rude:Library", "--quiet"]
    done = subprocess.run(
        [*command, "--engine", "scenarios", "--budget", "5"],
        cwd=tmp_path,
        env={**os.environ, "TERMINAL": os.ttyname(terminal)},
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )

    assert 0 == done.returncode
    assert (tmp_path / "changed").exists()
    assert before == termios.tcgetattr(terminal)
    os.close(main)
    os.close(terminal)
