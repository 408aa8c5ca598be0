"""The report as a document: whole or refused."""

from __future__ import annotations

import json
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from attrs import AttrsInstance, evolve, fields
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from waitctx.reports import document, report, sealed
from waitctx.reports.document import ReportError

if TYPE_CHECKING:
    from pathlib import Path

    from waitctx.reports.report import Report

SCHEMA: dict[str, Any] = json.loads(
    resources.files("waitctx.reports").joinpath("report.schema.json").read_text(encoding="utf-8")
)


def resealed(plain: dict[str, Any]) -> bytes:
    """Write plain objects as a report whose digest is right."""
    plain.pop("sha256", None)
    body = json.dumps(plain, indent=1).removesuffix("\n}") + ",\n"
    return f'{body} "sha256": "{sha256(body.encode()).hexdigest()}"\n}}\n'.encode()


def refusal(data: bytes) -> str:
    """Give the reason why bytes are refused."""
    with pytest.raises(ReportError) as caught:
        document.loads(data)
    return str(caught.value)


@pytest.fixture
def data(report: Report) -> bytes:
    """Give the bytes of a report."""
    return document.dumps(report).encode("ascii")


@pytest.fixture
def plain(data: bytes) -> dict[str, Any]:
    """Give a report as plain objects, to be changed."""
    return json.loads(data)  # type: ignore[no-any-return]


class TestSchema:
    """The published contract."""

    def test_is_a_schema(self) -> None:
        """The file is legal JSON Schema, 2020-12."""
        Draft202012Validator.check_schema(SCHEMA)

    def test_accepts(self, plain: dict[str, Any]) -> None:
        """It accepts what is written, dates included."""
        Draft202012Validator(SCHEMA, format_checker=FormatChecker()).validate(plain)

    @pytest.mark.parametrize(
        ("cls", "name"),
        [
            (report.ImplementationInfo, "implementation"),
            (report.EngineRun, "engine"),
            (report.Sentence, "sentence"),
            (report.ClauseVerdict, "verdict"),
            (report.Step, "step"),
            (report.FailureReport, "failure"),
            (report.KnownFailure, "known_failure"),
        ],
    )
    def test_agrees_with_the_values(self, cls: type[AttrsInstance], name: str) -> None:
        """Schema and value objects know the same fields, and ask for the same."""
        assert [one.name for one in fields(cls) if one.name != "extra"] == list(
            SCHEMA["$defs"][name]["properties"]
        )

    def test_agrees_with_the_report(self, plain: dict[str, Any]) -> None:
        """The report has every member of the schema, in its order."""
        assert list(SCHEMA["properties"]) == list(plain)


class TestRoundTrip:
    """What is written is read again."""

    def test_same(self, report: Report, data: bytes) -> None:
        """The value and the bytes come back."""
        assert report == document.loads(data)
        assert data.decode() == document.dumps(document.loads(data))

    def test_later_minor_version(self, plain: dict[str, Any]) -> None:
        """What a later minor version adds is kept when the report is written again, anywhere."""
        plain["schema"]["minor"] = 7
        plain["mood"] = {"deep": [1, None]}
        plain["engines"][0]["colour"] = "red"
        plain["failures"][0]["steps"][2]["weight"] = 0.5
        plain["implementation"]["licence"] = "MIT"
        again = json.loads(document.dumps(document.loads(resealed(plain))))
        again.pop("sha256")
        plain.pop("sha256", None)

        assert plain == again

    def test_earlier_minor_version(self, plain: dict[str, Any]) -> None:
        """A report that counts no programs for each clause is read, and nothing is made up."""
        plain["schema"]["minor"] = 2
        for one in plain["verdicts"]:
            del one["programs"]
        report = document.loads(resealed(plain))

        assert {None} == {one.programs for one in report.verdicts}
        assert document.loads(document.dumps(report).encode()) == report

    def test_digest_by_other_means(self, data: bytes) -> None:
        """The digest is that of all lines but the last two."""
        *body, footer, _ = data.splitlines(keepends=True)

        assert f' "sha256": "{sha256(b"".join(body)).hexdigest()}"\n'.encode() == footer


class TestRefused:
    """What is not whole, or not ours."""

    @given(st.data())
    def test_cut_short(self, draw: st.DataObject) -> None:
        """A report that was cut anywhere is refused."""
        data = WHOLE
        cut = draw.draw(st.integers(0, len(data) - 1))

        assert refusal(data[:cut])

    @given(st.data(), st.integers(1, 255))
    def test_altered(self, draw: st.DataObject, change: int) -> None:
        """A report with one byte altered, blanks and line ends included, is refused."""
        altered = bytearray(WHOLE)
        altered[draw.draw(st.integers(0, len(altered) - 1))] ^= change

        assert refusal(bytes(altered))

    def test_reasons(self, data: bytes) -> None:
        """The reason is told apart, with what to do."""
        assert refusal(data[:-5]).startswith("was cut short or altered")
        assert "Copy or download it again" in refusal(data[:-5])
        assert refusal(data.replace(b"Mine 1.0", b"Mine 2.0")).startswith("was altered after")
        assert refusal(data + b"\n").startswith("was altered after")
        assert refusal(b"").startswith("is no report: it is no JSON")
        assert refusal(b"{}").startswith("is no report: it does not say waitctx-report")

    @pytest.mark.parametrize("major", [0, 2, "1", None, 1.0, True])
    def test_other_major_version(self, plain: dict[str, Any], major: object) -> None:
        """Another major version is refused before anything else about it is looked at."""
        plain["schema"]["major"] = major
        del plain["verdicts"]

        assert "this waitctx reads schema 1" in refusal(resealed(plain))

    def test_misfit(self, plain: dict[str, Any]) -> None:
        """What does not fit the schema is refused with the place, even with the right digest."""
        plain["failures"][0]["steps"][1]["agrees"] = "perhaps"

        assert (
            "does not fit report schema 1: failures[0].steps[1].agrees: 'perhaps' is not of type "
            "'boolean'"
        ) == refusal(resealed(plain))

    def test_too_deep(self, plain: dict[str, Any]) -> None:
        """Deep nesting is refused, whether the parser could stand it or not."""
        deep: list[Any] = []
        for _ in range(sealed.MAX_DEPTH):
            deep = [deep]
        plain["later"] = deep

        assert refusal(resealed(plain)) == "is nested too deeply to be a report"
        assert refusal(b"[" * 100_000) in {
            "is nested too deeply to be a report",
            "is no report: it is no JSON. Name a report in JSON.",
        }

    def test_too_large(self, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
        """A file beyond the bound is refused unread."""
        monkeypatch.setattr(sealed, "MAX_BYTES", len(data) - 1)

        assert "no report is that large" in refusal(data)

    def test_missing_file(self, tmp_path: Path) -> None:
        """A file that is not there is named."""
        with pytest.raises(ReportError, match=r"r\.json cannot be read: No such file"):
            document.read(tmp_path / "r.json")

    def test_misfit_is_never_written(self, report: Report) -> None:
        """What does not fit the schema is not written either."""
        with pytest.raises(ReportError, match="seed"):
            document.dumps(evolve(report, seed="three"))  # type: ignore[arg-type]


#: Hypothesis calls a test many times, and would rather not have a fixture.
WHOLE = resealed(
    {"format": "waitctx-report", "schema": {"major": 1, "minor": 0}, "\u00e9": " x", "n": [1, 2]}
)
