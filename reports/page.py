"""Pages that need nothing else: they work from a file, without a network.

Their content security policy names the page's own styles and script by digest and allows no other,
nor any request. So even text that got past the templates' escaping could do nothing.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import IO, TYPE_CHECKING, Final

from markupsafe import Markup

from .graph_picture import KINDS, picture
from .plain_text import LAST_STEPS, permitted, seen
from .report import Conclusion, Verdict
from .sequence import diagram
from .templating import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

#: The page that clauses rest on.
SPECIFICATION: Final = "https://docs.openssl.org/3.0/man3/ASYNC_WAIT_CTX_new/"
SIGNS: Final = {
    Conclusion.CONFORMS: "✓",
    Conclusion.CONFORMS_BUT: "✓",
    Conclusion.OUT_OF_DATE: "✗",
    Conclusion.DOES_NOT_CONFORM: "✗",
    Conclusion.NOT_CHECKED: "?",
}


def write_page(
    file: IO[str], template: str, styles: Sequence[str], scripts: Sequence[str], **values: object
) -> None:
    """Write a page from a template; whatever a text holds, it is shown and never obeyed."""
    style = Markup("").join(map(_asset, styles))
    script = Markup("").join(map(_asset, scripts))
    page = page_template(template).generate(
        verdicts=list(Verdict),
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'",
        **values,
    )
    file.writelines(page)
    file.write("\n")


@cache
def page_template(name: str) -> Template:
    """Give a template, which is compiled the first time; that takes a moment."""
    templates = environment()
    templates.filters |= {"permitted": permitted, "seen": seen, "diagram": diagram}
    templates.filters["picture"] = picture
    templates.globals |= {"last_steps": LAST_STEPS, "page": SPECIFICATION, "squares": KINDS}
    return templates.get_template(name)


def _asset(name: str) -> Markup:
    folder = resources.files(__package__).joinpath("templates")
    return Markup(folder.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 - ours


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
