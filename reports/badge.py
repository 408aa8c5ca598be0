"""The report's conclusion as an SVG badge, for a README."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from .report import Conclusion, Verdict

if TYPE_CHECKING:
    from .report import Report

_LABEL: Final = "ASYNC_WAIT_CTX"
_COLOURS: Final = {
    Conclusion.CONFORMS: "#17743a",
    Conclusion.CONFORMS_BUT: "#17743a",
    Conclusion.OUT_OF_DATE: "#b3261e",
    Conclusion.DOES_NOT_CONFORM: "#b3261e",
    Conclusion.NOT_CHECKED: "#6a5200",
}
#: The width of a letter of 11 pixels, on average, and the blank on both sides.
_LETTER: Final = 6.6
_BLANK: Final = 12


def write(report: Report, file: IO[str]) -> None:
    """Write a badge; it holds words of ours alone."""
    environment = Environment(
        loader=PackageLoader("waitctx.reports"), autoescape=True, undefined=StrictUndefined
    )
    message = _message(report)
    template = environment.get_template("badge.svg")
    badge = {
        "label": _LABEL,
        "message": message,
        "colour": _COLOURS[report.conclusion],
        "left": _width(_LABEL),
        "right": _width(message),
    }
    file.write(template.render(badge) + "\n")


def _message(report: Report) -> str:
    match report.conclusion:
        case Conclusion.CONFORMS:
            return f"conforms ({report.profile})"
        case Conclusion.CONFORMS_BUT:
            known = sum(one.known for one in report.verdicts)
            return f"conforms but for {known} known ({report.profile})"
        case Conclusion.OUT_OF_DATE:
            return "known failures out of date"
        case Conclusion.DOES_NOT_CONFORM:
            failed = sum(one.verdict is Verdict.FAIL and not one.known for one in report.verdicts)
            return f"{failed} clause{'s' * (failed != 1)} failed ({report.profile})"
    return "not checked"


def _width(text: str) -> int:
    return round(len(text) * _LETTER) + _BLANK
