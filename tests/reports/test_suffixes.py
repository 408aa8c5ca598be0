"""The name of a file tells its kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from waitctx.reports import json_report
from waitctx.reports.suffixes import UnknownKindError, by_suffix
from waitctx.reports.writers import WRITERS


@pytest.mark.parametrize("name", ["r.json", "R.JSON", "a b/ü.x.json"])
def test_kind_by_suffix(name: str) -> None:
    """The suffix tells the kind, in any case."""
    assert json_report.write == by_suffix(WRITERS, Path(name))


@pytest.mark.parametrize("name", ["r", "r.txt", ".json", "json", "r.json.gz"])
def test_unknown_kind(name: str) -> None:
    """Any other suffix is refused with those that there are."""
    with pytest.raises(UnknownKindError) as caught:
        by_suffix(WRITERS, Path(name))

    assert (
        f"{name} does not tell its kind: let the name end in one of .json, .html, .xml, .md, "
        ".sarif, .svg"
    ) == str(caught.value)
