"""Value objects as plain ones, and back; what a reader does not know stays in ``extra``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, fields
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override
from cattrs.strategies import configure_union_passthrough

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Value = TypeVar("_Value")


def to_plain(value: object) -> Any:  # noqa: ANN401 - whatever the value consists of
    """Give a value object, or a part of one, as plain objects."""
    return _converter().unstructure(value)


def from_plain(plain: Mapping[str, Any], kind: type[_Value]) -> _Value:
    """Give the value object that plain objects of the right shape stand for."""
    return _converter().structure(plain, kind)


@cache
def _converter() -> Converter:
    """Give the converter, for which a member that is no field goes to ``extra``, and back."""
    converter = Converter()
    configure_union_passthrough(int | float | str | bool | None, converter)
    converter.register_structure_hook_factory(_has_extra, lambda cls: _reader(cls, converter))
    converter.register_unstructure_hook_factory(_has_extra, lambda cls: _writer(cls, converter))
    return converter


def _has_extra(cls: Any) -> bool:  # noqa: ANN401 - as cattrs has it
    return hasattr(cls, "__attrs_attrs__") and hasattr(fields(cls), "extra")


def _reader(cls: type[Any], converter: Converter) -> Callable[[Any, Any], Any]:
    known = {one.name for one in fields(cls)} - {"extra"}
    structure = make_dict_structure_fn(cls, converter, extra=override(omit=True))

    def read(value: dict[str, Any], kind: Any) -> Any:  # noqa: ANN401 - as cattrs has it
        extra = {name: one for name, one in value.items() if name not in known}
        return evolve(structure(value, kind), extra=extra)

    return read


def _writer(cls: type[Any], converter: Converter) -> Callable[[Any], dict[str, Any]]:
    names = [one.name for one in fields(cls) if one.name != "extra"]

    def write(value: Any) -> dict[str, Any]:  # noqa: ANN401 - as cattrs has it
        plain = {name: converter.unstructure(getattr(value, name)) for name in names}
        return plain | dict(value.extra)

    return write
