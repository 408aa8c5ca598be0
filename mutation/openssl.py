"""Mutates OpenSSL's own code for wait contexts and jobs, and tells which mutants a check lets pass.

    tox -e openssl-mutants -- SOURCES                  # hours: some 3,000 mutants
    tox -e openssl-mutants -- SOURCES async_wait.c     # the wait contexts alone

SOURCES is a tree of OpenSSL's sources of yours, from 1.1.1 on, in which libcrypto was built:
``./Configure no-tests && make libcrypto.a``. Only the one file is compiled anew for each mutant; it
is linked with the rest into a library that stands in a temporary folder, and checked as
``waitctx check --profile openssl`` does, up to the first failure. A mutant that does not compile,
or compiles to what another one does, is none.

A mutant that passes and is not explained in ``equivalents.toml`` is a hole in the checks: then this
ends with 1. It ends with 2 if nothing could be tried.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click
from attrs import asdict, define, field, frozen
from c_mutants import Mutant, members, mutants
from rich.console import Console
from rich.progress import track

from waitctx.conformance.check import Check
from waitctx.conformance.clauses import load
from waitctx.conformance.outcomes import PROFILES
from waitctx.conformance.plan import Plan
from waitctx.conformance.programs import to_text
from waitctx.conformance.targets import open_target
from waitctx.fakes.build import find_compiler

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
#: Stands for an engine where a change does not compile, or makes what another one does.
NONE: Final = "none"
SOURCES: Final = ("async_wait.c", "async.c", "arch/async_posix.c")
#: Code that mixes up types is noticed by whoever compiles it.
_STRICT: Final = ("int-conversion", "incompatible-pointer-types", "implicit-function-declaration")
_COMPILE: Final = ("-O2", "-fPIC", "-pthread", *(f"-Werror={one}" for one in _STRICT))
#: Seconds for making a failing program short; a mutant is killed all the same if it stays long.
_SHRINKING: Final = 1.0


class TreeError(Exception):
    """The sources are not as they have to be; the text says what to do."""


@define
class Tree:
    """OpenSSL's sources, and a folder for what is made of them."""

    root: Path
    folder: Path
    _compiler: str = field(factory=find_compiler, init=False)
    _known: dict[str, str] = field(factory=dict, init=False)
    """The digests of the objects that there were, and whose they are."""

    def __attrs_post_init__(self) -> None:
        self.root = self.root.resolve()
        if not (self.code / SOURCES[0]).is_file():
            raise TreeError(f"{self.root} has no crypto/async: name a tree of OpenSSL's sources")
        if not (self.root / "libcrypto.a").is_file():
            hint = "run ./Configure no-tests && make libcrypto.a there"
            raise TreeError(f"{self.root} has no libcrypto.a: {hint}")
        self._link_rest()

    @property
    def code(self) -> Path:
        """Give where the code under trial stands."""
        return self.root / "crypto" / "async"

    def mutants(self, source: str) -> list[Mutant]:
        """Give what can be changed in a source."""
        names = members("".join(one.read_text("utf-8") for one in self.code.glob("async_loc*.h")))
        return list(mutants((self.code / source).read_text("utf-8"), names))

    def library(self, source: str, text: str) -> Path | None:
        """Make the library with another text of a source; None if that is no mutant."""
        made = self._object(source, text)
        if made is None:
            return None
        digest = sha256(made.read_bytes()).hexdigest()
        if digest in self._known:
            return None
        self._known[digest] = source
        rest = [str(self._object(one) or "") for one in SOURCES if one != source]
        return self._linked("mutant.so", [str(made), *rest, "-L.", "-Wl,-rpath,$ORIGIN", "-lrest"])

    def _link_rest(self) -> None:
        """Make a library of all of libcrypto that is not under trial: it is linked once."""
        archive = self.folder / "rest.a"
        shutil.copy(self.root / "libcrypto.a", archive)
        names = [f"{Path(one).stem}.o" for one in SOURCES]
        listed = [f"{prefix}{one}" for prefix in ("", "libcrypto-lib-") for one in names]
        # It says nothing of those that are not there, and 1.1.1 names them in another way than 3.0.
        subprocess.run((shutil.which("ar") or "ar", "d", archive, *listed), check=True)
        everything = ["-Wl,--whole-archive", archive.name, "-Wl,--no-whole-archive", "-ldl"]
        self._linked("librest.so", everything)

    def _linked(self, name: str, parts: list[str]) -> Path:
        made = self.folder / name
        made.unlink(missing_ok=True)  # a process that has it loaded keeps the file that it was
        line = ["-shared", "-pthread", "-Wl,-Bsymbolic", *parts, "-o", name]
        done = self._run(line)
        if done.returncode:
            raise TreeError(f"{name} does not link: {done.stderr.strip().splitlines()[-1]}")
        return made

    def _object(self, source: str, text: str | None = None) -> Path | None:
        """Compile a source as it is, or with another text; None if that cannot be compiled."""
        name = Path(source).name
        made = self.folder / ("mutant.o" if text is not None else f"{name}.o")
        if text is None and made.exists():
            return made
        # The name of the file is in the object, so it is the same for all.
        (self.folder / name).write_text(text or (self.code / source).read_text("utf-8"), "utf-8")
        places = ("", "include", "crypto/include", "crypto/async", "crypto/async/arch")
        folders = [f"-I{self.root / one}" for one in places]
        done = self._run([*_COMPILE, *folders, "-c", name, "-o", str(made)])
        return None if done.returncode else made

    def _run(self, line: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._compiler, *line],
            cwd=self.folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )


@frozen
class Result:
    """What became of a mutant."""

    source: str
    function: str
    operator: str
    line: int
    was: str
    now: str
    key: str
    engine: str = ""
    """The first engine that told it; empty if none did."""
    clause: str = ""
    cause: str = ""
    program: str = ""
    seconds: float = 0.0
    error: str = ""
    """What went wrong with the check itself, if anything did."""


def check(library: Path, budget: float) -> dict[str, Any]:
    """Check a library up to the first failure; give what was found."""
    plan = Plan(PROFILES["openssl"], budget, stop_first=True, shrinking=_SHRINKING)
    begun = monotonic()
    try:
        with closing(open_target(str(library))) as adapter:
            findings = Check(adapter, plan, load()).run()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault of the harness
        return {"error": f"{type(error).__name__}: {error}"}
    if findings.interrupted:
        raise KeyboardInterrupt
    seconds = round(monotonic() - begun, 2)
    for found in findings.found.values():
        failure = found.failure
        return {
            "engine": found.engine,
            "clause": failure.clause,
            "cause": failure.cause,
            "program": to_text(failure.program),
            "seconds": seconds,
        }
    return {"seconds": seconds}


def trial(
    tree: Tree, source: str, wanted: str, budget: float, done: Container[str]
) -> Iterator[Result]:
    """Check every mutant of a source that is wanted, and not done.

    Wanted is a text in the function's name, or a key. The order is none, so that one can tell early
    what the whole will be like.
    """
    original = (tree.code / source).read_text("utf-8")
    library = tree.library(source, original)
    if library is None:
        raise TreeError(f"{source} does not compile as it is: configure and build the tree first")
    if found := check(library, budget).get("program", ""):
        raise TreeError(f"it fails as it is: {found}")
    chosen = [one for one in tree.mutants(source) if wanted in one.function or wanted == one.key]
    chosen = sorted((one for one in chosen if one.key not in done), key=lambda one: one.key)
    for one in track(chosen, source, console=Console(stderr=True)):
        library = tree.library(source, one.text)
        about = (one.function, one.operator, one.line, one.was, one.now, one.key)
        found = check(library, budget) if library else {"engine": NONE}
        yield Result(source, *about, **found)


def report(results: list[Result], reasons: dict[str, str]) -> int:
    """Say what was killed by which engine, and what was not; 1 if that is unexplained."""
    results = [one for one in results if one.engine != NONE]
    alive = [one for one in results if not one.engine]
    open_ = [one for one in alive if one.key not in reasons or one.error]
    for engine, number in Counter(one.engine for one in results if one.engine).most_common():
        click.echo(f"{engine:15} {number:5}")
    click.echo(f"{'equivalent':15} {len(alive) - len(open_):5}")
    click.echo(f"{'alive':15} {len(open_):5} of {len(results)}")
    for one in open_:
        click.echo(f"{one.key} {one.source}:{one.line} {one.function}, {one.operator}")
        click.echo(f"    {' '.join(one.was.split())}\n  > {' '.join(one.now.split())}")
        if one.error:
            click.echo(f"  ! {one.error}")
    return 1 if open_ else 0


def _read(path: Path) -> list[Result]:
    """Read a report; what was run again stands there twice, and the last counts."""
    lines = [Result(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    return list({one.key: one for one in lines}.values())


@click.command(help=__doc__, context_settings={"max_content_width": 100})
@click.argument("sources", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("files", type=click.Choice(SOURCES), nargs=-1)
@click.option("--only", default="", metavar="NAME", help="Functions of this name, or one mutant.")
@click.option("--budget", default=10.0, show_default=True, help="Seconds for each mutant.")
@click.option(
    "--report",
    "path",
    type=click.Path(path_type=Path),
    help="Write each one as a line of JSON; of a file that is there, only survivors are run again.",
)
def main(
    sources: Path, files: tuple[str, ...], only: str, budget: float, path: Path | None
) -> None:
    """Mutate the files and report."""
    known = tomllib.loads((HERE / "equivalents.toml").read_text("utf-8"))
    reasons = {key: reason for reason, keys in known.items() for key in keys}
    results = _read(path) if path and path.exists() else []
    results = [one for one in results if one.engine]
    done = {one.key for one in results}
    try:
        with TemporaryDirectory() as folder:
            tree = Tree(sources, Path(folder))
            for source in files or SOURCES:
                for one in trial(tree, source, only, budget, done):
                    results.append(one)
                    if path:
                        with path.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(asdict(one)) + "\n")
    except TreeError as error:
        click.echo(f"{error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("interrupted: this is what was tried", err=True)
    sys.exit(report(results, reasons))


if __name__ == "__main__":
    main()
