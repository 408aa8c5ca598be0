"""The file that names the implementations of a matrix."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from waitctx.conformance import matrix_file
from waitctx.conformance.matrix_file import MatrixFileError, Target

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
title = "What we ship"
profile = "openssl"
budget = 2.5
seed = 7
[[target]]
name = "1.1.1"
target = "libs/libcrypto.so.1.1"
group = "old"
[[target]]
name = "fork"
target = "fork.so"
profile = "spec"
notes = "ours"
known_failures = "known.toml"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the path of a sound file."""
    path = tmp_path / "m.toml"
    path.write_text(TEXT)
    return path


def refusal(path: Path, text: str | bytes) -> str:
    """Give the reason why a text is refused."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(MatrixFileError) as caught:
        matrix_file.read(path)
    return str(caught.value).removeprefix(str(path))


def test_schema() -> None:
    """The file of the schema is legal JSON Schema, 2020-12."""
    folder = resources.files("waitctx.conformance")
    text = folder.joinpath("matrix_file.schema.json").read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(text))


def test_reads(path: Path) -> None:
    """What is said of all holds for each that does not say otherwise."""
    found = matrix_file.read(path)

    assert (
        Target("1.1.1", "libs/libcrypto.so.1.1", "openssl", "old"),
        Target("fork", "fork.so", "spec", "", "ours", "known.toml"),
    ) == found.targets
    assert (path.parent, "What we ship", 2.5, 7) == (
        found.folder,
        found.title,
        found.budget,
        found.seed,
    )


def test_chosen(path: Path) -> None:
    """Targets are chosen by name or group, with wildcards, in any case."""
    found = matrix_file.read(path)

    assert ["1.1.1", "fork"] == [one.name for one in found.chosen([])]
    assert ["fork"] == [one.name for one in found.chosen(["FO*"])]
    assert ["1.1.1"] == [one.name for one in found.chosen(["old"])]
    with pytest.raises(MatrixFileError, match=r"no target fits new: there are 1\.1\.1, fork\."):
        found.chosen(["fork", "new"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("[[target]]", "[[targets]]"), ": the file: "),
        (('name = "fork"', 'name = "1.1.1"'), ": two targets are called 1.1.1; rename one."),
        (('profile = "spec"', 'profile = "specc"'), ": target[1].profile: 'specc' is not one of"),
        (('notes = "ours"', 'note = "ours"'), ": target[1]: Additional properties"),
        (("budget = 2.5", "budget = -1"), ": budget: -1 is less than the minimum of 0"),
        (("budget = 2.5", "budget = nan"), " is no TOML"),
        (("seed = 7", "seed ="), " is no TOML: "),
        (('target = "fork.so"', ""), ": target[1]: 'target' is a required property"),
    ],
)
def test_refused(path: Path, change: tuple[str, str], reason: str) -> None:
    """What is not sound is refused with its place."""
    assert refusal(path, TEXT.replace(*change)).startswith(reason)


def test_bounded(path: Path) -> None:
    """A file without end, or with too many targets, or none at all, is refused."""
    many = "".join(f'[[target]]\nname = "{n}"\ntarget = "x"\n' for n in range(501))

    assert " has more than 1 MiB: no matrix file is that large." == refusal(path, "#" * 2**21)
    assert ": target: " in refusal(path, many)
    assert refusal(path, "a=" + "[" * 5000).startswith(" is no TOML")
    assert refusal(path, "").startswith(": the file: 'target' is a required property")
    with pytest.raises(MatrixFileError, match="cannot be read: No such file"):
        matrix_file.read(path.with_name("none.toml"))


@given(data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(path: Path, data: bytes) -> None:
    """Whatever is in a file, it is read or refused."""
    assert refusal(path, data)
