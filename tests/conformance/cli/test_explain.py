"""``waitctx explain``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from waitctx.conformance.clauses import load
from waitctx.conformance.cli.explain import explain

FD_CLEAR_02 = """\
FD-CLEAR-02  clear runs no cleanup

Clearing an association does not call its cleanup routine, nor any other: who
clears an fd closes it.

level       must, binds the implementation
profile     spec: what the page pins down
since       OpenSSL 1.1.0
page        D7.9 in DESCRIPTION: The cleanup routine is not called when the fd
            is removed with clear_fd.
readings    one, as above
operations  set, ASYNC_WAIT_CTX_set_wait_fd: associate an fd with a key
            clear, ASYNC_WAIT_CTX_clear_fd: dissolve an association
"""

FD_SET_04 = """\
FD-SET-04  Setting a live key: three readings

Setting a key that already has an association in this context refuses it,
replaces the old association, or shadows it; nothing else.

level       must, binds the implementation
profile     spec: what the page pins down
since       OpenSSL 1.1.0
page        D7.3 in DESCRIPTION: An association can be looked up with get_fd and
            removed with clear_fd.
            D7.4 in DESCRIPTION: get_fd and clear_fd take a key that is unique
            to the async-aware code.
readings    refused: 0, and nothing changes
            replaced: the old fd is gone; its cleanup is called at once, at
            free, or never
            shadowed: both fds are listed, lookups find the newer, clearing it
            brings the older back, and free cleans up each
openssl     shadowed, in all of 1.1.0 to 4.x
operations  set (2 times), ASYNC_WAIT_CTX_set_wait_fd: associate an fd with a
            key
"""

APP_CALLBACK_01 = """\
APP-CALLBACK-01  A callback is small and nonblocking

The callback that the application sets is small and does not block.

level     must, binds the application
profile   spec: what the page pins down
since     OpenSSL 3.0
page      D10.3 in DESCRIPTION: The callback has to be small and must not block,
          for it may run in a polling loop or an interrupt.
readings  one, as above
verdict   none. The callback is the application's code; no implementation can
          see how long it takes.
"""


def run(*arguments: str) -> Result:
    """Run the command as in a pipe 80 columns wide."""
    return CliRunner(env={"COLUMNS": "80", "FORCE_COLOR": "1"}).invoke(explain, arguments)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FD-CLEAR-02", FD_CLEAR_02),
        ("fd-clear-02", FD_CLEAR_02),
        ("FD-SET-04", FD_SET_04),
        ("APP-CALLBACK-01", APP_CALLBACK_01),
    ],
)
def test_page(name: str, expected: str) -> None:
    """A clause has wording, source, readings, and operations or why it gets no verdict."""
    assert expected == run(name).stdout


def test_several() -> None:
    """Several clauses come in the order asked for, a blank line apart."""
    assert f"{FD_SET_04}\n{FD_CLEAR_02}" == run("FD-SET-04", "FD-CLEAR-02").stdout


def test_sister_page() -> None:
    """A clause about jobs names the page that it comes from."""
    assert "\nsource      ASYNC_start_job(3)\n" in run("JOB-PAUSE-04").stdout


def test_every_clause() -> None:
    """Each clause can be explained, in 80 columns."""
    result = run(*load().clauses)

    assert 0 == result.exit_code
    assert 80 >= max(map(len, result.stdout.splitlines()))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("FD-CLAER-02", "no clause is called FD-CLAER-02; did you mean FD-CLEAR-02, "),
        ("42", "no clause is called 42; see waitctx clauses"),
    ],
)
def test_unknown(name: str, message: str) -> None:
    """An unknown id ends with exit code 2 and one line that names those most like it."""
    result = run("FD-CLEAR-02", name)

    assert (2, "", 1) == (result.exit_code, result.stdout, result.stderr.count("\n"))
    assert result.stderr.startswith(f"waitctx: {message}")


def test_help_teaches() -> None:
    """The help shows a command to copy."""
    assert "waitctx explain FD-CLEAR-02" in run("--help").stdout
