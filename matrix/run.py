"""Checks real builds of libcrypto side by side, each out of the wheel that ships it.

``tox -e matrix`` compares what is found with what is known of each build; ``tox -e published``
writes the reports in ``reports/published`` as well. `builds.toml` lists the builds. Wheels are
downloaded once, pinned to the byte, and unpacked in the user's cache folder; nothing in them is
installed, and nothing run but the one library.
"""

from __future__ import annotations

import argparse
import fcntl
import platform
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen
from platformdirs import user_cache_path

from waitctx.reports import matrix_document

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).parent
PUBLISHED: Final = HERE.parent / "reports" / "published"
PROFILES: Final = ("spec", "openssl")
#: The picture for the README is of this one.
_PICTURED: Final = "openssl"
_AS_KNOWN, _OTHERWISE, _CANNOT_RUN = 0, 1, 2
_TITLE: Final = "Real builds of libcrypto"


@frozen
class Build:
    """One build, and the wheel that it travels in."""

    name: str
    requirement: str
    sha256: str
    python: str
    abi: str
    platform: str
    library: str
    group: str
    expected: str
    notes: str = ""
    fails: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Where it is unpacked."""
        return self.requirement.replace("==", "-")

    @property
    def told(self) -> str:
        """What the matrix says of it."""
        return " ".join(filter(None, (self.notes, f"From the wheel {self.requirement}.")))


class CannotRunError(Exception):
    """The builds cannot be had here; the text says why."""


def builds(names: list[str]) -> list[Build]:
    """Read the list of builds, or those of some names."""
    tables: dict[str, dict[str, Any]] = tomllib.loads((HERE / "builds.toml").read_text("utf-8"))
    known = [
        Build(name=name, **{**table, "fails": tuple(table.get("fails", ()))})
        for name, table in tables.items()
    ]
    if unknown := set(names).difference(tables):
        raise CannotRunError(f"no build is called {', '.join(sorted(unknown))}")
    return [one for one in known if not names or one.name in names]


def fetch(build: Build, cache: Path) -> Path:
    """Have a build's library in the cache, unpacked beside its siblings, and give its path."""
    folder = cache / build.folder
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        _download(build, folder)
        wheels = list(folder.glob("*.whl"))
    (wheel,) = wheels
    if sha256(wheel.read_bytes()).hexdigest() != build.sha256:
        raise CannotRunError(f"{wheel} is not the wheel that is pinned: delete it")
    unpacked = folder / "unpacked"
    if not unpacked.exists():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
    (library,) = unpacked.glob(build.library)
    return library


def _download(build: Build, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{build.requirement} --hash=sha256:{build.sha256}\n")
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet"),
        *("--no-deps", "--only-binary=:all:", "--require-hashes"),
        *("--python-version", build.python, "--implementation", "cp"),
        *("--abi", build.abi, "--platform", build.platform),
        *("--requirement", str(requirements), "--dest", str(folder)),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines() or ["pip said nothing"]
        raise CannotRunError(f"{build.requirement} cannot be downloaded: {said[-1]}")


@contextmanager
def only_run(cache: Path) -> Iterator[None]:
    """Wait for other runs, which keep their wheels and matrices in the same folder."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run that uses {cache}", flush=True)  # noqa: T201 - as below
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def matrix_file(some: list[Build], cache: Path) -> Path:
    """Write the file that `waitctx matrix` takes."""
    lines = [f'title = "{_TITLE}"']
    for one in some:
        library = fetch(one, cache).relative_to(cache)
        facts = {"name": one.name, "target": library, "group": one.group, "notes": one.told}
        lines += ["", "[[target]]", *(f'{name} = "{value}"' for name, value in facts.items())]
        print(f"{one.name}: {library}", flush=True)  # noqa: T201 - a program for the terminal
    path = cache / "matrix.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def check(path: Path, profile: str, budget: float, reports: list[Path], history: Path) -> Path:
    """Check all builds; give the matrix in JSON."""
    found = path.with_name(f"{profile}.json")
    command = [sys.executable, "-m", "waitctx", "matrix", path.name]
    command += ["--profile", profile, "--budget", str(budget)]
    for one in (found, *reports):
        command += ["--report", str(one)]
    if reports and history.exists():
        command += ["--history", str(history)]
    run = subprocess.run(command, cwd=path.parent, check=False)
    if run.returncode < 0 or not found.exists():
        raise CannotRunError(f"waitctx ended with {run.returncode}")
    return found


def differences(found: Path, some: list[Build]) -> list[str]:
    """Tell which builds were not found as they are known."""
    columns = {one.name: one for one in matrix_document.read(found).columns}
    told = []
    for one in some:
        column = columns[one.name]
        seen = (column.conclusion.value, tuple(column.failed()))
        if seen != (one.expected, one.fails):
            said = " ".join((*seen[1], column.reason))
            told.append(
                f"{one.name}: {one.expected} {' '.join(one.fails)}, found: {seen[0]} {said}"
            )
    return told


def compare(some: list[Build], options: argparse.Namespace) -> list[str]:
    """Check builds by every profile that is asked for; tell which are not as they are known."""
    told = []
    path = matrix_file(some, options.cache)
    for profile in (options.profile,) if options.profile else PROFILES:
        kinds = [".json", ".html"] + [".svg"] * (profile == _PICTURED)
        reports = [PUBLISHED / f"{profile}{kind}" for kind in kinds if options.publish]
        found = check(path, profile, options.budget, reports, PUBLISHED / f"{profile}.json")
        told += [f"profile {profile}: {one}" for one in differences(found, some)]
    return told


def main() -> int:
    """Give 0 if every build is as it is known, 1 if one is not, 2 if that cannot be told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="only these builds, by their names in builds.toml")
    parser.add_argument("--profile", choices=PROFILES, help="only this one")
    parser.add_argument("--budget", type=float, default=10.0, help="seconds for each build")
    parser.add_argument("--publish", action="store_true", help="write reports/published")
    parser.add_argument("--cache", type=Path, default=user_cache_path("waitctx") / "builds")
    options = parser.parse_args()
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        parser.error("the builds are for Linux on x86-64")
    try:
        some = builds(options.names)
        with only_run(options.cache):
            told = compare(some, options)
    except CannotRunError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as above
        return _CANNOT_RUN
    print("\n".join(told or ["every build is as it is known"]))  # noqa: T201 - as above
    return _OTHERWISE if told else _AS_KNOWN


if __name__ == "__main__":
    sys.exit(main())
