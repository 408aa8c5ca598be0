"""``waitctx replay`` and ``waitctx reproduce``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.programs import from_text, to_text
from waitctx.conformance.replay import assert_permitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Run

pytestmark = pytest.mark.usefixtures("folder")

#: A run that is short, and does not depend on the clock.
QUICK = ("--programs", 0, "--engine", "scenarios")
#: The same up to the first failure.
FIRST = (*QUICK, "-x")


@pytest.fixture
def report(checked: Callable[..., bytes], folder: Path) -> Path:
    """Give a report about an implementation that forgets the data."""
    path = folder / "r#1.json"
    path.write_bytes(checked("faulty:NoData", *FIRST))
    return path


class TestReplay:
    """What has become of a failure."""

    def test_still_failing(self, run: Run, report: Path) -> None:
        """An implementation as it was fails in the same way: exit code 1."""
        result = run("replay", report)

        assert (1, "F1 FD-GET-03: still failing in the same way\n") == (
            result.exit_code,
            result.stdout,
        )

    def test_hostile_cause(self, run: Run, folder: Path) -> None:
        """A cause that the report could not hold as it is, is known again all the same."""
        source = (folder / "faulty.py").read_text()
        (folder / "long.py").write_text(source.replace("no\\x1b[31m key", "\\0" + "x" * 9_999))
        run("check", "long:Hostile", *FIRST, "--report", folder / "r.json")
        result = run("replay", folder / "r.json")

        assert 1 == result.exit_code
        assert result.stdout.endswith(": still failing in the same way\n")

    def test_fixed(self, run: Run, report: Path) -> None:
        """One that conforms has it fixed: exit code 0."""
        result = run("replay", f"{report}#f1", "reference")

        assert (0, "F1 FD-GET-03: fixed\n") == (result.exit_code, result.stdout)

    def test_otherwise(self, run: Run, report: Path, folder: Path) -> None:
        """One that fails in another way is told so, with what was and what is: exit code 1."""
        source = (folder / "faulty.py").read_text().replace("data.value = None", "fd.value = 99")
        (folder / "other.py").write_text(source)
        result = run("replay", report, "other:NoData")

        assert 1 == result.exit_code
        assert (
            "F1 FD-GET-03: failing otherwise\n"
            "   before: FD-GET-03: data: d0 permitted, null seen\n"
            "   now:    FD-GET-02: fd: 1 permitted, 99 seen (after "
            "new c0; set c0 k0 1 d0 null; get c0 k0)\n"
        ) == result.stdout

    def test_cannot_run(self, run: Run, report: Path, folder: Path) -> None:
        """One without the functions cannot be asked: exit code 2."""
        source = (folder / "faulty.py").read_text()
        source += "\n\nclass Blind(AsyncLibrary):\n    ASYNC_WAIT_CTX_get_fd = None\n"
        (folder / "blind.py").write_text(source)
        result = run("replay", report, "blind:Blind")

        assert 2 == result.exit_code
        assert (
            "F1 FD-GET-03: cannot be run: ASYNC_WAIT_CTX_get_fd not supported by the target\n"
        ) == result.stdout

    @pytest.mark.parametrize(
        ("name", "complaint"),
        [
            ("{}#F2", "has no failure F2; its failures: F1."),
            ("none.json", "none.json cannot be read: No such file or directory"),
            ("faulty.py#F1", "faulty.py is no report: it is no JSON"),
        ],
    )
    def test_refused(self, run: Run, report: Path, name: str, complaint: str) -> None:
        """What is not there is named, with exit code 2."""
        result = run("replay", name.format(report))

        assert 2 == result.exit_code
        assert complaint in result.stderr

    def test_nothing_failed(self, run: Run, folder: Path, checked: Callable[..., bytes]) -> None:
        """A report without failures has nothing to replay."""
        (folder / "r.json").write_bytes(checked("reference", *QUICK))
        result = run("replay", folder / "r.json")

        assert (2, "waitctx: r.json has no failures: there is nothing to replay.\n") == (
            result.exit_code,
            result.stderr.replace(f"{folder}/", ""),
        )


class TestReproduce:
    """A failure as something to run."""

    def test_text(self, run: Run, report: Path) -> None:
        """Text shows the program and its steps."""
        result = run("reproduce", report)

        assert 0 == result.exit_code
        assert (
            "faulty:NoData (faulty.NoData), profile spec\n"
            "F1 FD-GET-03: get gives the custom data\n"
            "Program: new c0; set c0 k0 1 d0 null; get c0 k0\n"
            "   new c0\n"
            "      permitted: ctx=new\n"
            "      seen:      ctx=new\n"
            "   set c0 k0 1 d0 null\n"
            "      permitted: rc=1\n"
            "      seen:      rc=1\n"
            ">> get c0 k0\n"
            "      permitted: rc=1 fd=1 data=d0\n"
            "      seen:      rc=1 fd=1 data=null\n"
            "Wrong: data: d0 permitted, null seen\n"
        ) == result.stdout

    def test_json(self, run: Run, report: Path) -> None:
        """JSON has program and trace."""
        plain = json.loads(run("reproduce", report, "--as", "json").stdout)

        assert "new c0; set c0 k0 1 d0 null; get c0 k0" == plain["program"]
        assert {"op": "get", "ctx": "c0", "key": "k0"} == plain["steps"][2]["do"]
        assert {"rc": 1, "fd": 1, "data": "null", "stray": 0} == plain["steps"][2]["saw"]

    @pytest.mark.slow
    @pytest.mark.parametrize(("target", "code"), [("faulty:NoData", 1), ("reference", 0)])
    def test_pytest(self, run: Run, report: Path, folder: Path, target: str, code: int) -> None:
        """The pytest function runs as it stands, and fails exactly where the fault is."""
        (folder / "test_f1.py").write_text(run("reproduce", report, "--as", "pytest").stdout)
        environment = {**os.environ, "WAITCTX_TARGET": target}
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # quicker, and none is needed
        environment["PYTHONPATH"] = f"{folder}:{environment.get('PYTHONPATH', '')}"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_f1.py"]
        result = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env=environment
        )

        assert code == result.returncode, result.stdout
        if code:
            assert "FD-GET-03: data: d0 permitted, null seen" in result.stdout

    def test_one_only(self, run: Run, folder: Path, checked: Callable[..., bytes]) -> None:
        """Without an ID there has to be just one failure."""
        (folder / "r.json").write_bytes(checked("reference", *QUICK))
        result = run("reproduce", folder / "r.json")

        assert 2 == result.exit_code
        assert "name one failure" in result.stderr


GCC = shutil.which("gcc") or ""


def fake(name: str) -> Path:
    """Give the path of a compiled fake."""
    command = [sys.executable, "-m", "waitctx.fakes", "build", name]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


@pytest.mark.slow
@pytest.mark.skipif(not GCC, reason="there is no gcc")
@pytest.mark.skipif(
    not Path("/usr/include/openssl/async.h").exists(),
    reason="OpenSSL's headers are not there (Debian: libssl-dev)",
)
class TestC:
    """The C program."""

    @pytest.mark.parametrize(
        "fault",
        [
            "callback-gone-before-cleanups",
            "all-count-one-more",
            "cleanup-key-for-data",
            "job-args-zeroed-at-resume",
            "block-stays-for-next-job",
            "free-null-cleans-again",
        ],
    )
    def test_faulty_and_real(self, run: Run, folder: Path, fault: str) -> None:
        """It compiles without a warning, and ends with 1 on the fault, with 0 on OpenSSL."""
        library = fake(fault)
        profile = ("--profile", "openssl")
        run("check", library, *profile, *FIRST, "--report", "r.json", "-q")
        (folder / "f.c").write_text(run("reproduce", "r.json", "--as", "c").stdout)
        runs = []
        for linked in (f"-Wl,-rpath,{library.parent}", library), ("-lcrypto",):
            command = [GCC, "-Wall", "-Wextra", "-Werror", "f.c", "-o", "f", *map(str, linked)]
            subprocess.run(command, check=True)
            runs.append(subprocess.run("./f", capture_output=True, text=True, check=False))

        assert [1, 0] == [one.returncode for one in runs]
        assert "NOT PERMITTED. Expected: " in runs[0].stdout
        assert runs[1].stdout.endswith("Every answer is permitted.\n")

    def test_memory(self, run: Run, folder: Path) -> None:
        """A failure of memory happens again as pytest, where it is watched as when it was found."""
        library = fake("leak-at-clear")
        check = ("check", library, "--engine", "memory", "--budget", 1, "-x", "-q")
        run(*check, "--report", folder / "r.json")
        text = run("reproduce", folder / "r.json", "--as", "pytest").stdout
        program = from_text(text.partition('"""\\\n')[2].partition('"""')[0])

        assert 'engine="memory"' in text.replace("'", '"')
        assert_permitted(to_text(program), "openssl", engine="memory")
        with pytest.raises(AssertionError, match=r"^MEM-LEAK-02: "):
            assert_permitted(to_text(program), str(library), engine="memory")

    def test_includes(self, run: Run, report: Path) -> None:
        """It includes OpenSSL's one header and the C library's."""
        source = run("reproduce", report, "--as", "c").stdout
        lines = [line for line in source.splitlines() if line.startswith("#include")]

        assert "#include <openssl/async.h>" == lines[0]
        assert {"signal", "stdarg", "stdint", "stdio", "stdlib", "string", "unistd"} == {
            line.removeprefix("#include <").removesuffix(".h>") for line in lines[1:]
        }

    def test_hostile_names(self, run: Run, folder: Path) -> None:
        """What an implementation calls itself ends no comment and no string."""
        run("check", "faulty:Hostile", *FIRST, "--report", folder / "r.json")
        for name, *arguments in (("f.c", "c"), ("f.py", "pytest")):
            text = run("reproduce", f"{folder / 'r.json'}#F1", "--as", *arguments).stdout
            (folder / name).write_text(text)

        assert (folder / "f.c").read_text().isascii()
        subprocess.run([GCC, "-Wall", "-Wextra", "-Werror", "-c", "f.c"], check=True)
        compile((folder / "f.py").read_text(), "f.py", "exec")

    def test_changed_file(self, run: Run, folder: Path) -> None:
        """A target that is no longer the file that was checked is pointed out by replay."""
        shutil.copy(fake("all-count-one-more"), folder / "lib.so")
        run("check", "./lib.so", *FIRST, "--report", "r.json")
        (folder / "lib.so").unlink()
        shutil.copy(fake("data-low-bit-lost"), folder / "lib.so")
        result = run("replay", "r.json")

        assert (0, "Note: the file is another than when the report was written.") == (
            result.exit_code,
            result.stdout.splitlines()[0],
        )
