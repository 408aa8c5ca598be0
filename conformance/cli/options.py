"""The options that several commands have, each with one meaning."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from waitctx.conformance.outcomes import PROFILES
from waitctx.reports.suffixes import UnknownKindError, by_suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_Writer = TypeVar("_Writer")

seed_option: Final = click.option(
    "--seed", type=int, default=0, show_default=True, help="Same seed, same programs."
)


def profile_option(usual: str, text: str) -> Callable[[_Command], _Command]:
    """Give the option that chooses what is asked for; `text` says what that means here."""
    return click.option(
        "--profile",
        type=click.Choice(list(PROFILES)),
        default=usual,
        show_default=True,
        help=text,
    )


def report_option(writers: Mapping[str, _Writer], text: str) -> Callable[[_Command], _Command]:
    """Give the option that names files to write; the command gets the writer of each."""

    def chosen(
        _: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]
    ) -> dict[Path, _Writer]:
        try:
            return {path: by_suffix(writers, path) for path in paths}
        except UnknownKindError as error:
            raise click.BadParameter(str(error), param=parameter) from error

    return click.option(
        "--report",
        "reports",
        metavar="FILE",
        type=click.Path(path_type=Path),
        multiple=True,
        callback=chosen,
        help=f"{text}; its kind is told by the suffix: {', '.join(writers)}. May be given again.",
    )


def finite(_: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """Take a number of seconds, where one is given.

    Raises:
        BadParameter: it is none.
    """
    if value is not None and not (math.isfinite(value) and value >= 0):
        raise click.BadParameter("it is a number of seconds, not below 0", param=parameter)
    return value
