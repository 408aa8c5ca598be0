"""The model with every check and every free choice of its rules in reach, to be broken one by one.

The rules are loaded so that each place which states what is permitted goes by `ACTIVE` first. The
text of the rules is not changed for it, so what is broken is what is there.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, fields, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType, ModuleType

PACKAGE: Final = "waitctx.conformance"
#: Where there are rules.
MODULES: Final = (
    *(f"rules_{name}" for name in ("contexts", "fds", "jobs", "memory", "threads", "files")),
    *("expectations", "outcomes"),
)
_NAMES: Final = {f"{PACKAGE}.{name}" for name in MODULES}
_MADE: Final = ("Answers", "Listing", "Calls")
_SHARED: Final = ("NO_CLEANUP", "NO_CALLBACK", "_SILENT")
#: It is asked of every outcome; where rules name it besides, it is for its clauses to be counted.
_SOUND: Final = "SOUND"
#: How it tells of them; another takes valgrind.
_FAULTS: Final = ("freed twice", "freed what is no block", "used after free", "out of bounds")


@frozen
class Breakage:
    """One thing that is taken out of the rules, or asked for besides."""

    kind: str
    """``check``: what is found wrong there is let pass. ``pinned``: what profile `openssl` pins is
    asked for in `spec` too. ``outcome``: one permitted outcome of several is not permitted."""
    module: str
    function: str
    what: str
    number: int
    """Which of several in that function, from 1."""
    part: str = ""
    """Which of the things that a check looks at; empty if there is one."""

    def __str__(self) -> str:
        """Say where it is, and what."""
        which = f" {self.number}" if self.number > 1 else ""
        part = f", {self.part}" if self.part else ""
        return f"{self.module}.{self.function}: {self.kind} {self.what}{which}{part}"


#: Everything that can be broken, in the order of the modules.
KNOWN: Final[dict[Breakage, None]] = {}
#: What is broken now.
ACTIVE: Final[set[Breakage]] = set()
#: Checks that found something wrong since this was emptied.
FOUND: Final[set[Breakage]] = set()


def weaken(clause: str) -> None:
    """Let pass whatever may be put down to a clause, for as long as this process lives."""
    from waitctx.conformance.outcomes import Outcome  # noqa: PLC0415 - only once it is watched

    usual = Outcome.mismatches

    def mismatches(self: Outcome, seen: Any) -> tuple[Any, ...]:  # noqa: ANN401
        return tuple(one for one in usual(self, seen) if clause not in one.clauses)

    Outcome.mismatches = mismatches  # type: ignore[method-assign]


@contextmanager
def whole() -> Iterator[None]:
    """Break nothing for a while."""
    before = set(ACTIVE)
    ACTIVE.clear()
    try:
        yield
    finally:
        ACTIVE.update(before)


def install() -> None:
    """Have the rules loaded so; before anything else of the package is."""
    assert not _NAMES & sys.modules.keys()
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _NAMES:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        spec.loader = _Loader(fullname, str(spec.origin))
        return spec


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Compile it anew: the bytecode that is kept is of the text as it is."""
        tree = ast.parse(self.get_data(self.path))
        return compile(_instrumented(tree, fullname.rpartition(".")[2]), self.path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(_watch=_watch, _pinned=_pinned, _offered=_offered)
        super().exec_module(module)


def _instrumented(tree: ast.Module, module: str) -> ast.Module:
    inner: set[ast.AST] = set()
    for one in ast.walk(tree):  # what is outside comes first
        if isinstance(one, ast.FunctionDef) and one not in inner:
            inner.update(ast.walk(one))
            visitor = _InFunction(module, one.name)
            one.body = [visitor.visit(each) for each in one.body]
    return ast.fix_missing_locations(tree)


class _InFunction(ast.NodeTransformer):
    """Puts a call around each place in a function where something is stated."""

    def __init__(self, module: str, function: str) -> None:
        self.module, self.function = module, function
        self.count: Counter[tuple[str, str]] = Counter()

    def _at(self, kind: str, what: str) -> Breakage:
        self.count[kind, what] += 1
        return Breakage(kind, self.module, self.function, what, self.count[kind, what])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Watch a check that is made here."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        first = ast.unparse(node.args[0]) if node.args else ""
        if name == "evolve" and first == "NO_CALLBACK":
            return _around("_watch", self._at("check", "NO_CALLBACK"), node)
        if name in _MADE:
            if name == "Answers" and ast.unparse(node.args[1]) == "()":
                return node  # anything will do
            at = self._at("check", first.strip("'"))
            parts = _parts(name, node)
            for part in parts:
                KNOWN[evolve(at, part=part)] = None
            return _around("_watch", at, node, known=bool(parts))
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Watch a check that is shared."""
        if node.id == _SOUND and self.module == "outcomes":
            at = Breakage("check", self.module, self.function, _SOUND, 1)  # all of them are one
            for part in _FAULTS:
                KNOWN[evolve(at, part=part)] = None
            return _around("_watch", at, node, known=True)
        return _around("_watch", self._at("check", node.id), node) if node.id in _SHARED else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Watch a choice that the page leaves."""
        if ast.unparse(node) == "profile.pinned":
            return _around("_pinned", self._at("pinned", "profile"), node)
        return self.generic_visit(node)

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        """Watch an outcome, of maybe several."""
        if node.value is None or not ast.unparse(node.value).startswith("Outcome("):
            return self.generic_visit(node)
        at = self._at("outcome", "Outcome")
        self.generic_visit(node)
        return ast.YieldFrom(_around("_offered", at, node.value))


def _around(name: str, at: Breakage, node: ast.expr, *, known: bool = False) -> ast.expr:
    if not known:
        KNOWN[at] = None
    values = [ast.Constant(getattr(at, one.name)) for one in fields(Breakage)]
    return ast.Call(ast.Name(name, ast.Load()), [ast.Tuple(values, ast.Load()), node], [])


def _parts(name: str, node: ast.Call) -> list[str]:
    """Tell which of the things that a check looks at are stated where it is made."""
    if name == "Answers":
        return []
    names = [one.name for one in fields(_classes()[name])]
    given = [*names[: len(node.args)], *(one.arg or "" for one in node.keywords)]
    return [one.removeprefix("of_") for one in given if one.startswith("of_")]


def _classes() -> dict[str, type[Any]]:
    # Not before they are loaded as they will be.
    from waitctx.conformance import expectations, heap  # noqa: PLC0415

    of_heap = {"Sound": heap.Sound}
    return {**{name: getattr(expectations, name) for name in _MADE}, **of_heap}


_WATCHED: Final[dict[type[Any], type[Any]]] = {}


def _watch(at: tuple[Any, ...], one: Any) -> Any:  # noqa: ANN401 - whatever a rule has
    if not _WATCHED:
        _WATCHED.update({each: _watching(each) for each in _classes().values()})
    kind = type(one)
    values = {each.name: getattr(one, each.name) for each in fields(kind) if each.name != "site"}
    return _WATCHED.get(kind, kind)(**values, site=Breakage(*at))


def _watching(kind: type[Any]) -> type[Any]:
    """Make a kind of check of which every part can be broken."""
    parts = [one.name for one in fields(kind) if one.name.startswith("of_")]

    @frozen(cache_hash=True, slots=False)
    class Watched(kind):  # type: ignore[misc]
        site: Any = None

        def mismatch(self, seen: Any) -> Any:  # noqa: ANN401
            found = kind.mismatch(self, seen)
            if found is None:
                return None
            part = self.site.part
            if kind.__name__ == "Sound":
                part = found.seen.partition(":")[0]
            elif parts and not part:
                marked = {one: (one,) for one in parts if getattr(self, one)}
                plain = kind(**{each.name: getattr(self, each.name) for each in fields(kind)})
                told = kind.mismatch(evolve(plain, **marked), seen)
                part = told.clauses[0].removeprefix("of_") if told.clauses else ""
            here = evolve(self.site, part=part)
            if here not in KNOWN:
                here = evolve(here, part="")
            FOUND.add(here)
            return None if here in ACTIVE else found

    return Watched


def _pinned(at: tuple[Any, ...], pinned: bool) -> bool:  # noqa: FBT001
    return pinned or Breakage(*at) in ACTIVE


def _offered(at: tuple[Any, ...], outcome: Any) -> Iterator[Any]:  # noqa: ANN401
    if Breakage(*at) not in ACTIVE:
        yield outcome
