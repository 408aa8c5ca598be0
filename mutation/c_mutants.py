"""Changes one thing at a time in a C source: the mutants of its functions.

The source is parsed by tree-sitter. A mutant keeps the number of lines, so that whatever holds a
line number is the same in each.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import tree_sitter_c
from attrs import frozen
from tree_sitter import Language, Node, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: For each member of a structure those that it may be confused with.
Names = Mapping[str, frozenset[str]]

_RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=")
_OPERATORS: Final = {
    **{one: tuple(other for other in _RELATIONS if other != one) for one in _RELATIONS},
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "&": ("|",),
    "|": ("&",),
}
#: Names that can stand for one another; what does not compile is no mutant.
_FAMILIES: Final = (
    ("ASYNC_ERR", "ASYNC_NO_JOBS", "ASYNC_PAUSE", "ASYNC_FINISH"),
    ("ASYNC_JOB_RUNNING", "ASYNC_JOB_PAUSING", "ASYNC_JOB_PAUSED", "ASYNC_JOB_STOPPING"),
    ("OPENSSL_malloc", "OPENSSL_zalloc"),
)
_SIMPLE: Final = (
    *("expression_statement", "return_statement", "break_statement", "continue_statement"),
    "goto_statement",
)
#: What goes into the error queue is not looked at.
_UNSEEN: Final = re.compile(r"(ERR_raise|ERR_put_error|ASYNCerr)\b")
_LOOPS: Final = ("while_statement", "do_statement", "for_statement")


@frozen
class Mutant:
    """A function with one change."""

    function: str
    operator: str
    """What kind of change it is."""
    was: str
    now: str
    number: int
    """How many such changes the function has before this one."""
    line: int
    text: str
    """The whole source with the change."""

    @property
    def key(self) -> str:
        """What it is known by in a list that shall hold no part of the source."""
        parts = (self.function, self.operator, self.was, self.now, str(self.number))
        return sha256("\0".join(" ".join(one.split()) for one in parts).encode()).hexdigest()[:12]


@frozen
class _Edit:
    node: Node
    operator: str
    now: str
    until: Node | None = None
    """The last node that is replaced, where that is not the first."""


def mutants(source: str, names: Names) -> Iterator[Mutant]:
    """Give every mutant of a C source; the names are those of members that may be confused."""
    seen = Counter[tuple[str, ...]]()
    data = source.encode()
    tree = Parser(Language(tree_sitter_c.language())).parse(data)
    for function in _all(tree.root_node, "function_definition"):
        title = _name(function)
        for edit in _edits(function, names):
            last = edit.until or edit.node
            was = data[edit.node.start_byte : last.end_byte].decode()
            now = edit.now + "\n" * (was.count("\n") - edit.now.count("\n"))
            if was == now:
                continue
            before, after = data[: edit.node.start_byte].decode(), data[last.end_byte :].decode()
            line = edit.node.start_point[0] + 1
            parts = (title, edit.operator, was, now.strip())
            yield Mutant(*parts, seen[parts], line, before + now + after)
            seen[parts] += 1


def members(header: str) -> Names:
    """Give for each member of a structure that a C header declares those that stand beside it."""
    tree = Parser(Language(tree_sitter_c.language())).parse(header.encode())
    found = defaultdict[str, frozenset[str]](frozenset)
    for structure in _all(tree.root_node, "field_declaration_list"):
        names = frozenset(_text(one) for one in _all(structure, "field_identifier"))
        for name in names:
            found[name] |= names - {name}
    return found


def _edits(function: Node, names: Names) -> Iterator[_Edit]:
    variables = _variables(function)
    body = function.child_by_field_name("body")
    for node in _walk(body) if body else ():
        yield from _statements(node)
        yield from _conditions(node)
        yield from _expressions(node)
        yield from _names(node, names, variables)


def _statements(node: Node) -> Iterator[_Edit]:
    text = _text(node)
    if node.type in _SIMPLE:
        yield _Edit(node, "delete statement", ";")
    if node.type in (*_LOOPS, "if_statement"):
        yield _Edit(node, "delete statement", ";")
    if node.type == "expression_statement":
        yield _Edit(node, "repeat statement", f"{text} {text}")
    if node.type == "break_statement":
        yield _Edit(node, "break for continue", "continue;")
    if node.type == "continue_statement":
        yield _Edit(node, "continue for break", "break;")
    if node.type == "if_statement":
        chosen, other = (node.child_by_field_name(one) for one in ("consequence", "alternative"))
        if other and chosen:
            yield _Edit(other, "delete else", "")
    if node.type == "return_statement" and (value := _child(node, 1)):
        for now in ("0", "1", "-1", "2", f"!({_text(value)})"):
            yield _Edit(value, "return another value", now)
    if node.type == "compound_statement":
        inner = [one for one in node.named_children if one.type not in ("comment", "declaration")]
        for first, second in pairwise(inner):
            between = node.text or b""
            gap = between[first.end_byte - node.start_byte : second.start_byte - node.start_byte]
            swapped = _text(second) + gap.decode() + _text(first)
            yield _Edit(first, "swap statements", swapped, second)


def _conditions(node: Node) -> Iterator[_Edit]:
    if node.type not in (*_LOOPS, "if_statement", "conditional_expression"):
        return
    condition = node.child_by_field_name("condition")
    if condition is None:
        return
    yield _Edit(condition, "negate condition", f"(!{_text(condition)})")
    yield _Edit(condition, "condition is true", "(1)")
    yield _Edit(condition, "condition is false", "(0)")
    if node.type == "while_statement":
        yield _Edit(_leaf(node, "while"), "if for while", "if")


def _expressions(node: Node) -> Iterator[_Edit]:  # noqa: C901, PLR0912 - a case for each kind
    text = _text(node)
    match node.type:
        case "binary_expression":
            left, sign, right = node.children[0], node.children[1], node.children[2]
            for now in _OPERATORS.get(_text(sign), ()):
                yield _Edit(sign, "another operator", now)
            yield _Edit(node, "one operand", _text(left))
            yield _Edit(node, "one operand", _text(right))
        case "unary_expression" if text.startswith("!"):
            yield _Edit(node, "no negation", text[1:])
        case "update_expression":
            yield from _steps(node, "++" if "++" in text else "--")
        case "assignment_expression" if value := node.child_by_field_name("right"):
            yield _Edit(value, "assign 0", "0")
            yield _Edit(_leaf(node, "="), "add for assign", "+=")
            yield _Edit(value, "assign complement", f"~({_text(value)})")
        case "number_literal" if text.isdigit():
            for number in (int(text) + 1, int(text) - 1, -int(text), 0):
                if number != int(text):
                    yield _Edit(node, "another number", str(number))
        case "parenthesized_expression" if node.parent and node.parent.type == "update_expression":
            yield _Edit(node, "no parentheses", text[1:-1])
        case "sizeof_expression":
            for now in ("sizeof(void *)", f"({text} - 8)", f"({text} / 2)"):
                yield _Edit(node, "another size", now)
        case "call_expression":
            yield from _calls(node)
        case "pointer_expression" if text.startswith("*"):
            yield _Edit(node, "next element", f"*({text[1:]} + 1)")


def _steps(node: Node, sign: str) -> Iterator[_Edit]:
    text, opposite = _text(node), {"++": "--", "--": "++"}[sign]
    bare = text.replace(sign, "")
    yield _Edit(node, "up for down", text.replace(sign, opposite))
    yield _Edit(node, "no step", bare)
    yield _Edit(node, "before for after", sign + bare if text.endswith(sign) else bare + sign)
    yield _Edit(node, "two steps", f"({bare} {sign[0]}= 2)")


def _calls(node: Node) -> Iterator[_Edit]:
    listed = node.child_by_field_name("arguments")
    arguments = [one for one in listed.named_children if one.type != "comment"] if listed else []
    for first, second in pairwise(arguments):
        yield _Edit(first, "swap arguments", f"{_text(second)}, {_text(first)}", second)
    for one in arguments:
        yield _Edit(one, "argument 0", "0")
    if node.parent is not None and node.parent.type != "expression_statement":
        yield _Edit(node, "no call", "0")
        yield _Edit(node, "no call", "1")


def _names(node: Node, names: Names, variables: Sequence[str]) -> Iterator[_Edit]:
    text = _text(node)
    if node.type == "field_identifier":
        for other in sorted(names.get(text, ())):
            yield _Edit(node, "another member", other)
    if node.type == "identifier":
        if text in variables:
            for other in variables:
                yield _Edit(node, "another variable", other)
        for family in _FAMILIES:
            if text in family:
                for other in family:
                    yield _Edit(node, "another name", other)


def _variables(function: Node) -> list[str]:
    """Give the names of a function's parameters and variables."""
    found = (
        one for kind in ("parameter_declaration", "declaration") for one in _all(function, kind)
    )
    names = [_text(name) for one in found for name in _all(one, "identifier")]
    return [one for one in dict.fromkeys(names) if re.fullmatch(r"[a-z]\w*", one)]


def _name(function: Node) -> str:
    declarator = next(iter(_all(function, "function_declarator")), None)
    return _text(next(iter(_all(declarator, "identifier")))) if declarator else ""


def _walk(node: Node) -> Iterator[Node]:
    """Give a node and all below it, but for calls that nobody sees."""
    yield node
    for child in node.children:
        if not _UNSEEN.match(_text(child)):
            yield from _walk(child)


def _all(node: Node, kind: str) -> Iterator[Node]:
    return (one for one in _walk(node) if one.type == kind)


def _child(node: Node, number: int) -> Node | None:
    found = node.children[number] if len(node.children) > number else None
    return found if found is not None and found.is_named else None


def _leaf(node: Node, kind: str) -> Node:
    return next(one for one in node.children if one.type == kind)


def _text(node: Node) -> str:
    return (node.text or b"").decode()
