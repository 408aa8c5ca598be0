"""The README says what is so."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

import pytest
from click.testing import CliRunner

from waitctx.conformance.cli import main

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("code", re.findall(r"(?s)```python\n(.*?)```", TEXT))
def test_python_runs(code: str) -> None:
    """What is shown as a test of one's own is one, and passes."""
    names: dict[str, object] = {}
    exec(compile(code, str(README), "exec"), names)  # noqa: S102 - our own README
    (case,) = (one for name, one in names.items() if name.startswith("Test"))
    assert isinstance(case, type)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    result = unittest.TextTestRunner().run(suite)

    assert (1, True) == (result.testsRun, result.wasSuccessful())


@pytest.mark.parametrize("command", sorted(set(re.findall(r"waitctx (\w+)", TEXT))))
def test_commands_exist(command: str) -> None:
    """Every command that is named has a help text."""
    if command not in main.commands:
        pytest.skip(f"{command} is a word after the name")
    result = CliRunner().invoke(main, [command, "--help"])

    assert 0 == result.exit_code


@pytest.mark.parametrize(
    "option", sorted(set(re.findall(r"waitctx check[^`\n]* (--?\w[\w-]*)", TEXT)))
)
def test_options_exist(option: str) -> None:
    """Every option that is shown is one."""
    shown = CliRunner().invoke(main, ["check", "--help"]).output

    assert re.search(rf"(^|\s){option}\b", shown)
