"""Sphinx configuration."""

from importlib.metadata import version as installed_version

project = "waitctx"
author = "The waitctx contributors"
copyright = author  # noqa: A001  (the name is Sphinx's)
release = version = installed_version("waitctx")

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"waitctx {release}"
