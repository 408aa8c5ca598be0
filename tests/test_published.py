"""The reports that are published with the product are whole, and say what is known of builds."""

from __future__ import annotations

import sys
from pathlib import Path

import html5lib
import pytest

from waitctx.reports import matrix_document

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHECKOUT = Path(__file__).parents[1]
PUBLISHED = CHECKOUT / "reports" / "published"
BUILDS = tomllib.loads((CHECKOUT / "matrix" / "builds.toml").read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["spec", "openssl"])
def test_says_what_is_known(profile: str) -> None:
    """The matrix holds every build of the list, with the verdict and the failing clauses known."""
    matrix = matrix_document.read(PUBLISHED / f"{profile}.json")
    known = {
        name: (one["expected"], one.get("fails", []), one["group"]) for name, one in BUILDS.items()
    }

    assert known == {
        one.name: (one.conclusion.value, one.failed(), one.group) for one in matrix.columns
    }
    assert {profile} == {one.profile for one in matrix.columns}
    assert not matrix.interrupted


@pytest.mark.slow
def test_covers_the_releases() -> None:
    """There are twenty releases from 1.1.0 to 4.0 that were checked, and more beside."""
    matrix = matrix_document.read(PUBLISHED / "openssl.json")
    versions = {
        one.implementation.version.split()[1]
        for one in matrix.columns
        if one.implementation and one.implementation.version.startswith("OpenSSL ")
    }

    assert len(versions) >= 20
    assert {"1.1.0", "1.1.1", "3.0", "3.5", "4.0"} <= {
        version.rstrip("abcdefghijklmnopqrstuvwxyz") if version < "3" else version[:3]
        for version in versions
    }


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["spec", "openssl"])
def test_page(profile: str) -> None:
    """The page is valid, of a size that anybody can open, and names no folder of ours."""
    text = (PUBLISHED / f"{profile}.html").read_text(encoding="utf-8")
    html5lib.HTMLParser(strict=True).parse(text)

    assert 3_000_000 > len(text)
    assert "/root" not in text
    assert "/tmp" not in text  # noqa: S108 - a word to be found
