"""The arrows between the packages point one way, and no import goes round in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx
import pytest

import waitctx

ARROWS = {
    "waitctx": {"conformance"},
    "conformance": {"conformance", "reports", "waitctx"},
    "fakes": {"fakes", "reference"},
    "reference": {"reference"},
    "reports": {"reports"},
}
"""What each part may import of ours; "waitctx" is the root, which holds the version."""


def module_name(path: Path, root: Path) -> str:
    """Name the module that stands at ``path``."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(("waitctx", *(part for part in parts if part != "__init__")))


def modules(root: Path) -> dict[str, Path]:
    """Find the modules of the package at ``root``, in the checkout or where it is installed."""
    files = [*root.glob("*.py")]
    for part in ARROWS:
        files += (root / part).rglob("*.py")
    return {module_name(path, root): path for path in files}


def imported(node: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    """Give the full names that one import statement in ``package`` may load."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parents = package.split(".")
        base = ".".join([*parents[: len(parents) - node.level + 1], *base.split(".")]).rstrip(".")
    return [f"{base}.{alias.name}" for alias in node.names]


def import_graph(root: Path) -> nx.DiGraph:
    """Draw the module import graph, lazy and type-only imports included.

    A name imported from a package leads to the sub-module of that name if there is one, otherwise
    to the package itself.
    """
    known = modules(root)
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from(known)
    for module, path in known.items():
        package = module if path.stem == "__init__" else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for name in imported(node, package):
                target = name if name in known else name.rpartition(".")[0]
                if target in known:
                    graph.add_edge(module, target)
    return graph


def part_of(module: str) -> str:
    """Give the part that a module belongs to."""
    _, _, rest = module.partition(".")
    part = rest.partition(".")[0]
    return part if part in ARROWS else "waitctx"


def forbidden(graph: nx.DiGraph) -> list[tuple[str, str]]:
    """List the imports that go against the arrows."""
    return sorted(
        (source, target)
        for source, target in graph.edges
        if part_of(target) not in ARROWS[part_of(source)]
    )


@pytest.fixture(scope="module")
def graph() -> nx.DiGraph:
    """Give the import graph of waitctx as the tests import it."""
    return import_graph(Path(str(waitctx.__file__)).parent)


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """Lay out a package with one forbidden import and one circle."""
    sources = {
        "__init__.py": "",
        "conformance/__init__.py": "from .. import __version__\nimport waitctx.reports\n",
        "conformance/judge.py": "def late():\n    from . import model\n",
        "conformance/model.py": "from waitctx.conformance.judge import verdict\nimport json\n",
        "reports/__init__.py": "from ..conformance import model as m\n",
    }
    for name, source in sources.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return tmp_path


def test_every_part_is_seen(graph: nx.DiGraph) -> None:
    """The graph has modules of each part, so the other tests speak about something."""
    assert set(ARROWS) == {part_of(module) for module in graph}


def test_imports_follow_the_arrows(graph: nx.DiGraph) -> None:
    """No part imports another that it should not know."""
    assert [] == forbidden(graph)


def test_no_import_circle(graph: nx.DiGraph) -> None:
    """The module import graph has no circle."""
    assert [] == sorted(nx.simple_cycles(graph))


def test_forbidden_import_is_noticed(small_tree: Path) -> None:
    """A report that imports the model is found, however the import is written."""
    expected = [("waitctx.reports", "waitctx.conformance.model")]

    assert expected == forbidden(import_graph(small_tree))


def test_circle_is_noticed(small_tree: Path) -> None:
    """Two modules that import each other are found, even if one does so late."""
    (circle,) = nx.simple_cycles(import_graph(small_tree))

    assert {"waitctx.conformance.judge", "waitctx.conformance.model"} == set(circle)
