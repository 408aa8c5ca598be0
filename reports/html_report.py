"""The report as one HTML page that needs nothing else: it works from a file, without a network.

Its content security policy names the page's own script by digest and allows no other, nor any
request. So even text that got past the template's escaping could do nothing.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib import resources
from itertools import groupby
from typing import IO, TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .plain_text import LAST_STEPS, permitted, seen
from .report import Conclusion, Verdict
from .sequence import diagram

if TYPE_CHECKING:
    from .report import Report

_PAGE: Final = "https://docs.openssl.org/3.0/man3/ASYNC_WAIT_CTX_new/"
_SIGNS: Final = {
    Conclusion.CONFORMS: "✓",
    Conclusion.CONFORMS_BUT: "✓",
    Conclusion.OUT_OF_DATE: "✗",
    Conclusion.DOES_NOT_CONFORM: "✗",
    Conclusion.NOT_CHECKED: "?",
}


def write(report: Report, file: IO[str]) -> None:
    """Write a report as a page; whatever a text holds, it is shown and never obeyed."""
    environment = Environment(
        loader=PackageLoader("waitctx.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"permitted": permitted, "seen": seen, "diagram": diagram}
    style, script = _asset("report.css"), _asset("report.js")
    template = environment.get_template("report.html")
    page = template.generate(
        report=report,
        groups=[(name, list(some)) for name, some in groupby(report.verdicts, lambda v: v.group)],
        verdicts=list(Verdict),
        sign=_SIGNS[report.conclusion],
        page=_PAGE,
        last_steps=LAST_STEPS,
        most=max(report.operations.values(), default=0),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
    )
    file.writelines(page)
    file.write("\n")


def _asset(name: str) -> Markup:
    folder = resources.files(__package__).joinpath("templates")
    return Markup(folder.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 - ours


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
