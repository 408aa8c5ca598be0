"""Which kind of file a name asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_Writer = TypeVar("_Writer")


class UnknownKindError(ValueError):
    """Nothing of ours is written to such a name; the text lists the suffixes that there are."""


def by_suffix(writers: Mapping[str, _Writer], path: Path) -> _Writer:
    """Give the writer of the kind of file that a name asks for.

    Raises:
        UnknownKindError: the suffix stands for none.
    """
    try:
        return writers[path.suffix.lower()]
    except KeyError:
        known = ", ".join(writers)
        raise UnknownKindError(
            f"{path} does not tell its kind: let the name end in one of {known}"
        ) from None
