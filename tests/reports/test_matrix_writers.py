"""Matrix files: their kinds, and what independent readers make of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import html5lib
import pytest
from attrs import AttrsInstance, evolve, fields
from jsonschema import Draft202012Validator, FormatChecker
from markdown_it import MarkdownIt
from referencing import Registry, Resource

from waitctx.reports import matrix as values
from waitctx.reports import matrix_document
from waitctx.reports.matrix_writers import WRITERS
from waitctx.reports.report import Conclusion, Verdict
from waitctx.reports.sealed import ReportError
from waitctx.reports.suffixes import UnknownKindError, by_suffix

if TYPE_CHECKING:
    from waitctx.reports.matrix import Matrix

    from .conftest import HostileMatrix


def schema(name: str) -> dict[str, Any]:
    """Give a schema as it is published."""
    text = resources.files("waitctx.reports").joinpath(name).read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def written(matrix: Matrix, kind: str) -> str:
    """Give a matrix in one format."""
    file = StringIO()
    WRITERS[kind](matrix, file)
    return file.getvalue()


@pytest.fixture(params=["plain", "nasty", "huge", "empty", "interrupted"])
def any_matrix(
    request: pytest.FixtureRequest, matrix: Matrix, hostile_matrix: HostileMatrix
) -> Matrix:
    """Give matrices of all sorts, one after the other."""
    sorts = {
        "plain": matrix,
        "nasty": hostile_matrix("nasty"),
        "huge": hostile_matrix("huge"),
        "empty": evolve(matrix, columns=(), clauses=(), groups={}),
        "interrupted": evolve(matrix, interrupted=True, columns=matrix.columns[2:]),
    }
    return sorts[request.param]


def test_unknown_kind() -> None:
    """A suffix that stands for nothing is refused with those that there are."""
    with pytest.raises(UnknownKindError, match=r"one of \.json, \.html, \.md, \.svg$"):
        by_suffix(WRITERS, Path("m.txt"))


@pytest.mark.parametrize("kind", WRITERS)
def test_any_text_is_harmless(any_matrix: Matrix, kind: str) -> None:
    """Whatever an implementation says, no format grows without bound or hides a character."""
    text = written(any_matrix, kind)

    assert text.replace("\n", "").isprintable()
    assert text.encode()
    assert 1_000_000 > len(text)


class TestJson:
    """For programs, and for the next time."""

    def test_reads_back(self, any_matrix: Matrix) -> None:
        """It is ASCII, and reads back to the same matrix."""
        text = written(any_matrix, ".json")

        assert any_matrix == matrix_document.loads(text.encode("ascii"))

    def test_schema(self, any_matrix: Matrix) -> None:
        """The published schema, with that of reports beside it, accepts it, dates included."""
        contract = schema("matrix.schema.json")
        Draft202012Validator.check_schema(contract)
        beside = Resource.from_contents(schema("report.schema.json"))
        registry = Registry().with_resource("report.schema.json", beside)
        plain = json.loads(written(any_matrix, ".json"))

        checker = FormatChecker()
        Draft202012Validator(contract, registry=registry, format_checker=checker).validate(plain)
        assert list(contract["properties"]) == list(plain)

    @pytest.mark.parametrize(
        ("cls", "name"),
        [
            (values.Clause, "clause"),
            (values.Cell, "cell"),
            (values.Column, "column"),
            (values.Flip, "flip"),
            (values.Run, "run"),
        ],
    )
    def test_agrees_with_the_values(self, cls: type[AttrsInstance], name: str) -> None:
        """Schema and value objects know the same fields."""
        assert [one.name for one in fields(cls) if one.name != "extra"] == list(
            schema("matrix.schema.json")["$defs"][name]["properties"]
        )

    def test_refused(self, matrix: Matrix) -> None:
        """A matrix that was cut or altered, or is a report, is refused with the reason."""
        data = written(matrix, ".json").encode()
        reasons = []
        for bad in (data[:-9], data.replace(b"lost", b"last"), b'{"format": "waitctx-report"}'):
            with pytest.raises(ReportError) as caught:
                matrix_document.loads(bad)
            reasons.append(str(caught.value))

        assert reasons[0].startswith("was cut short or altered")
        assert reasons[1].startswith("was altered after it was written")
        assert reasons[2].startswith("is no matrix: it does not say waitctx-matrix")


class TestHtml:
    """For people; `tests/browser` looks at it as they do."""

    @pytest.mark.slow
    def test_is_valid(self, any_matrix: Matrix) -> None:
        """A parser that allows no error parses it."""
        html5lib.HTMLParser(strict=True).parse(written(any_matrix, ".html"))

    def test_is_inert(self, hostile_matrix: HostileMatrix) -> None:
        """Hostile text brings in no element and no attribute."""
        trees = [
            html5lib.parse(written(hostile_matrix(name), ".html"), namespaceHTMLElements=False)
            for name in ("nasty", "tame")
        ]
        nasty, tame = ([(one.tag, sorted(one.keys())) for one in tree.iter()] for tree in trees)

        assert tame == nasty

    def test_cells_lead_to_evidence(self, matrix: Matrix) -> None:
        """Every cell has a word and a link, and every link leads to something on the page."""
        tree = html5lib.parse(written(matrix, ".html"), namespaceHTMLElements=False)
        ids = {one.get("id") for one in tree.iter()}
        rows = [row for row in tree.iter("tr") if "clause" in (row.get("class") or "")]
        cells = [[(link.text, link.get("href")) for link in row.iter("a")][1:] for row in rows]

        assert [("pass", "#c1-FD-CLEAR-02"), ("FAIL", "#c2-F1"), ("–", "#c3")] == cells[1]  # noqa: RUF001
        assert {3} == set(map(len, cells))
        links = [one.get("href") or "" for one in tree.iter("a")]
        assert {"#FD-SET-05"} >= {
            f"#{one.rpartition('#')[2].removeprefix('c2-')}"
            for one in links
            if one.startswith("#") and one[1:] not in ids
        }


def test_announced(matrix: Matrix) -> None:
    """A failure that was announced has a word of its own, and is no failure of the whole."""
    bad = matrix.columns[1]
    cells = tuple(evolve(one, known=one.verdict is Verdict.FAIL) for one in bad.cells)
    known = evolve(bad, cells=cells, conclusion=Conclusion.CONFORMS_BUT)
    some = evolve(matrix, columns=(matrix.columns[0], known))
    page = html5lib.parse(written(some, ".html"), namespaceHTMLElements=False)

    assert Conclusion.CONFORMS_BUT is some.conclusion
    assert "of 2, 1 conforms, 1 conforms but for known failures" == values.sentence(some)
    assert "known: FD-CLEAR-02" == known.because
    assert [("known", "#c2-F1")] == [
        (one[0].text, one[0].get("href")) for one in page.iter("td") if one.get("class") == "known"
    ][:1]
    assert "bad, FD-CLEAR: 1 of 2 clauses pass, 1 fail" in written(some, ".svg")


class TestMarkdown:
    """For a step summary."""

    def test_is_inert(self, hostile_matrix: HostileMatrix) -> None:
        """Hostile text comes out as text: no element and no link but our own."""
        text = written(hostile_matrix("nasty"), ".md")
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        tree = html5lib.parse(page, namespaceHTMLElements=False)
        ours = {"html", "head", "body", "h2", "table", "thead", "tbody", "tr", "th", "td", "code"}
        ours |= {"details", "summary", "b", "ul", "li", "p"}

        assert ours >= {one.tag for one in tree.iter()}

    def test_overview(self, matrix: Matrix) -> None:
        """There is a line for each implementation, with the reason."""
        page = MarkdownIt("commonmark").enable("table").render(written(matrix, ".md"))
        tree = html5lib.parse(page, namespaceHTMLElements=False)
        cells = [["".join(cell.itertext()) for cell in row] for row in tree.iter("tr")]

        assert ["❌", "bad", "Mine 1.0", "1", "1", "1", "1", "FD-CLEAR-02"] in cells
        assert ["⚠️", "lost", "", "", "", "", "", "there is no such file"] in cells


class TestPicture:
    """For a README."""

    def test_says(self, matrix: Matrix) -> None:
        """The picture says in words what its colours say."""
        svg = ET.fromstring(written(matrix, ".svg"))  # noqa: S314 - ours
        told = [one.text for one in svg.iter("{http://www.w3.org/2000/svg}title")]

        assert str(svg.get("aria-label")).startswith("What we ship: Of 3, 1 conforms")
        assert "good, FD-CLEAR: 2 of 2 clauses pass" in told
        assert "bad, FD-CLEAR: 1 of 2 clauses pass, 1 fail" in told
        assert "lost, FD-CLEAR: 0 of 0 clauses pass" in told
