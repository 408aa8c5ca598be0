"""Report files and their kinds."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from waitctx.reports import json_report
from waitctx.reports.writers import UnknownKindError, writer_for

if TYPE_CHECKING:
    from waitctx.reports.report import Report


@pytest.mark.parametrize("name", ["r.json", "R.JSON", "a b/ü.x.json"])
def test_kind_by_suffix(name: str) -> None:
    """The suffix tells the kind, in any case."""
    assert json_report.write == writer_for(Path(name))


@pytest.mark.parametrize("name", ["r", "r.txt", ".json", "json", "r.json.gz"])
def test_unknown_kind(name: str) -> None:
    """Any other suffix is refused with those that there are."""
    with pytest.raises(UnknownKindError) as caught:
        writer_for(Path(name))

    assert f"{name} does not tell its kind: let the name end in one of .json" == str(caught.value)


def test_json(report: Report) -> None:
    """The JSON says everything, the format and the conclusion first."""
    file = StringIO()
    json_report.write(report, file)
    plain = json.loads(file.getvalue())

    assert ["format", "version", "conclusion"] == list(plain)[:3]
    assert ("waitctx-report", "does not conform") == (plain["format"], plain["conclusion"])
    assert report.failures[0].program == plain["failures"][0]["program"]
    assert ["pass", "fail", "not applicable", "inconclusive"] == [
        one["verdict"] for one in plain["verdicts"]
    ]


def test_json_of_anything(report: Report) -> None:
    """Whatever an implementation calls itself comes back from the JSON, which is ASCII."""
    strange = "é\x1b\udcff\u2028\0"
    file = StringIO()
    json_report.write(
        evolve(report, implementation=evolve(report.implementation, version=strange)), file
    )

    assert file.getvalue().isascii()
    assert strange == json.loads(file.getvalue())["implementation"]["version"]
