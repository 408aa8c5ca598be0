"""Where the templates of pages and pictures come from; texts are escaped."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """Give a new environment for the templates of this package."""
    return Environment(
        loader=PackageLoader("waitctx.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
