"""``waitctx bench`` from the outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from waitctx.conformance.bench import contenders, run
from waitctx.conformance.cli import main
from waitctx.reports.bench import from_plain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "first", "left_out"),
    [
        ("openssl", "plain loop", []),
        ("reference", "plain Python loop", ["walker", "batch", "ctypes"]),
    ],
)
def test_everything_is_measured(
    target: str,
    first: str,
    left_out: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each row has a rate or says why not; both files are written."""
    monkeypatch.setattr(contenders, "OPERATIONS", 1_000)
    monkeypatch.setattr(run, "_TURNS", 2)
    report, page = tmp_path / "bench.json", tmp_path / "bench.html"
    options = ["--quick", "--seconds", "1", "--fakes", "0", "--report", str(report)]
    done = CliRunner().invoke(main, ["bench", target, *options, "--report", str(page)])
    bench = from_plain(json.loads(report.read_text()))
    assert (0, "") == (done.exit_code, bench.failed), done.output
    assert first == bench.contenders[0].name
    assert left_out == [one.name for one in bench.contenders if not one.rates]
    assert all(one.reason for one in bench.contenders if not one.rates)
    assert page.read_text().startswith("<!doctype html>")


def test_what_cannot_be_opened_is_not_measured(tmp_path: Path) -> None:
    """Nothing is left behind."""
    report = tmp_path / "bench.json"
    done = CliRunner().invoke(main, ["bench", "./libnone.so", "--report", str(report)])
    assert (2, []) == (done.exit_code, list(tmp_path.iterdir()))


def test_a_report_of_another_kind_is_refused() -> None:
    """The kinds that there are, are told."""
    done = CliRunner().invoke(main, ["bench", "--report", "bench.txt"])
    assert (2, True) == (done.exit_code, "let the name end in one of .json, .html" in done.output)
