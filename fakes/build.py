"""Compiles the fakes in C, as far as that has not been done before.

A build differs from the others in a macro or two, and few of its sources mention them. So each
source is compiled once for all the builds that do not change it, and once more for each that does.
Objects and libraries are kept under a digest of all that they are made of.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import define, field
from platformdirs import user_cache_path

from .catalogue import Fake, constant, in_c

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMPILE: Final = ("-std=gnu11", "-O1", "-g", "-fPIC", "-pthread", "-fvisibility=hidden")
LINK: Final = ("-shared", "-pthread", "-Wl,-Bsymbolic", "-Wl,-z,defs")
_NAMES: Final = "names.h"


class BuildError(Exception):
    """The fakes in C cannot be compiled; the text says why and what to do."""


def find_compiler() -> str:
    """Give the C compiler: ``$CC`` if that is set, else the first one there is.

    Raises:
        BuildError: there is none.
    """
    for name in filter(None, (os.environ.get("CC"), "cc", "gcc", "clang")):
        if path := shutil.which(name):
            return path
    raise BuildError("there is no C compiler: install gcc or clang, or set CC")


def cache_folder() -> Path:
    """Give where builds are kept: ``$WAITCTX_CACHE``, else the user's folder for such things."""
    chosen = os.environ.get("WAITCTX_CACHE")
    return Path(chosen) if chosen else user_cache_path("waitctx") / "fakes"


def build(names: Sequence[str], *, jobs: int | None = None) -> Iterator[Path]:
    """Compile the named fakes, side by side; give their paths in that order, each as it is ready.

    Raises:
        BuildError: a name is unknown, or the compiler is missing or refuses.
    """
    known = in_c()
    if unknown := [name for name in names if name not in known]:
        raise BuildError(f"no fake in C is called {unknown[0]}: see `python -m waitctx.fakes list`")
    maker = _Maker(find_compiler(), cache_folder(), known)
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        try:
            yield from pool.map(lambda name: maker.library(known[name]), names)
        finally:
            pool.shutdown(cancel_futures=True)


@define
class _Maker:
    compiler: str
    folder: Path
    fakes: dict[str, Fake]
    sources: dict[str, str] = field(init=False)
    headers: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        files = [one for one in resources.files("waitctx.fakes.c").iterdir() if one.is_file()]
        texts = {one.name: one.read_text("utf-8") for one in files if one.name[-2:] in (".c", ".h")}
        self.sources = {name: text for name, text in sorted(texts.items()) if name.endswith(".c")}
        constants = [constant(name) for name, one in self.fakes.items() if one.kind != "variant"]
        # So that a fault that is not in the catalogue does not compile.
        texts[_NAMES] = f"enum fault {{ {', '.join(('fault_none', *sorted(constants)))} }};\n"
        headers = {name: text for name, text in sorted(texts.items()) if name.endswith(".h")}
        self.headers = "\0".join(f"{name}\0{text}" for name, text in headers.items())
        place = self.folder / "src" / self._digest(*sorted(texts.items()))
        if not place.exists():
            fresh = place.with_name(f"{place.name}.{os.getpid()}")
            fresh.mkdir(parents=True)
            for name, text in texts.items():
                (fresh / name).write_text(text, "utf-8")
            try:
                fresh.rename(place)
            except OSError:  # another process was quicker
                shutil.rmtree(fresh)
        self.folder, self._place = self.folder, place

    _place: Path = field(init=False)

    def _digest(self, *parts: object) -> str:
        return sha256(repr((self.compiler, COMPILE, LINK, parts)).encode()).hexdigest()[:32]

    def library(self, fake: Fake) -> Path:
        """Link a fake's library."""
        objects = [self._object(name, fake) for name in self.sources]
        return self._made("lib", fake, objects, [*LINK, *map(str, objects)], ".so")

    def _object(self, source: str, fake: Fake) -> Path:
        """Compile a source as a fake wants it, which mostly is as all want it."""
        text = self.sources[source]
        macros = [one for one in fake.macros if _mentions(text, one)]
        if "LABEL" in text:
            macros.append(f'-DLABEL="{fake.name}"')
        made_of = [source, text, self.headers, macros]
        command = [*COMPILE, *macros, "-c", str(self._place / source)]
        return self._made("obj", fake, made_of, command, ".o")

    def _made(
        self, kind: str, fake: Fake, made_of: Sequence[object], command: Sequence[str], suffix: str
    ) -> Path:
        """Give a file from the cache; if it is not there, make it aside and put it there."""
        path = self.folder / kind / f"{self._digest(*map(str, made_of))}{suffix}"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{path.name}.{fake.name}.{os.getpid()}")
            done = subprocess.run(
                [self.compiler, *command, "-o", str(fresh)],
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode:
                said = (done.stderr.strip() or "no reason given").splitlines()[-1]
                raise BuildError(f"{self.compiler} does not compile {fake.name}: {said}")
            fresh.replace(path)
        return path


def _mentions(text: str, macro: str) -> bool:
    name, _, value = macro.removeprefix("-D").partition("=")
    word = f"FAULTY({value.removeprefix('fault_')})" if name == "FAULT" else name
    return word in text
