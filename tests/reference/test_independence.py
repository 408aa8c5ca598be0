"""The reference implementation stands alone."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import waitctx.reference

MODULES = sorted(Path(waitctx.reference.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nothing_else_of_the_project_is_imported(module: Path) -> None:
    """A module imports its siblings, the standard library, attrs and greenlet, and nothing else."""
    imports = [
        name
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else ["." * node.level + (node.module or "")]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]

    assert [] == [name for name in imports if name.startswith(("..", "waitctx"))]
