"""A browser that may load nothing but the page, and pages to look at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, evolve, field

from waitctx.reports import document, html_report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Nothing that a browser does of its own accord, and no sandbox, which root cannot have.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@define
class Watched:
    """A page, and everything it did that it should not."""

    page: Any
    complaints: list[str] = field(factory=list)
    """Messages on the console, errors, and requests for anything but the page."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Give a headless Chromium of the system."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium (Debian: chromium)")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page about an implementation that is wrong, as `waitctx check` writes it."""
    folder = tmp_path_factory.mktemp("report")
    command = [sys.executable, "-m", "waitctx", "check", "--programs", "50", "-q"]
    command += ["waitctx.fakes.python.notices:CallbackInvokedAtFinish"]
    command += ["--report", "r.html", "--report", "r.json"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    return folder / "r.html"


@pytest.fixture(scope="session")
def large_file(page_file: Path) -> Path:
    """Give the same with 200 failures of 20 steps each."""
    report = document.read(page_file.with_suffix(".json"))
    (failure,) = report.failures
    steps = tuple(evolve(failure.steps[-1], agrees=True) for _ in range(19))
    many = tuple(
        evolve(failure, id=f"F{number}", steps=(*steps, failure.steps[-1]))
        for number in range(1, 201)
    )
    path = page_file.with_name("large.html")
    with path.open("w", encoding="utf-8") as file:
        html_report.write(evolve(report, failures=many), file)
    return path


@pytest.fixture(scope="session")
def matrix_file(page_file: Path) -> Path:
    """Give the page of a matrix, as `waitctx matrix` writes it, with an earlier run."""
    folder = page_file.parent
    (folder / "m.toml").write_text(
        'title = "Some"\n'
        '[[target]]\nname = "good"\ntarget = "reference"\ngroup = "python"\n'
        '[[target]]\nname = "bad"\ngroup = "python"\n'
        'target = "waitctx.fakes.python.notices:CallbackInvokedAtFinish"\n'
        '[[target]]\nname = "lost"\ntarget = "./no.so"\n'
    )
    matrix = [sys.executable, "-m", "waitctx", "matrix", "m.toml", "--programs", "0", "-q"]
    for more in (["--report", "m.json"], ["--history", "m.json", "--report", "m.html"]):
        run = subprocess.run([*matrix, *more], cwd=folder, capture_output=True, check=False)
        assert run.returncode == 1, run.stderr
    return folder / "m.html"


@pytest.fixture(params=["light", "dark"])
def matrix(browser: Any, matrix_file: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:  # noqa: ANN401
    """Open the matrix, once for each choice of colours of the system; it may never complain."""
    yield from opened(browser, matrix_file, color_scheme=request.param)


@pytest.fixture(params=["light", "dark"])
def watched(browser: Any, page_file: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:  # noqa: ANN401
    """Open the page, once for each choice of colours of the system; it may never complain."""
    yield from opened(browser, page_file, color_scheme=request.param)


@pytest.fixture
def graph(browser: Any, page_file: Path) -> Iterator[Watched]:  # noqa: ANN401 - as above
    """Open the page of a run that walked the model's graph."""
    command = [sys.executable, "-m", "waitctx", "check", "-q", "--engine", "exhaustive"]
    command += ["--depth", "2", "--budget", "0", "--report", "graph.html"]
    run = subprocess.run(command, cwd=page_file.parent, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    yield from opened(browser, page_file.with_name("graph.html"))


@pytest.fixture
def large(browser: Any, large_file: Path) -> Iterator[Watched]:  # noqa: ANN401 - of a package that may lack
    """Open the page with 200 failures."""
    yield from opened(browser, large_file)


def opened(browser: Any, path: Path, **options: Any) -> Iterator[Watched]:  # noqa: ANN401 - as above
    """Open a page, and check at the end that it did nothing that it should not."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, **options)
    page = context.new_page()
    watched = Watched(page)
    page.on("console", lambda message: watched.complaints.append(message.text))
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on("request", lambda request: watched.complaints.append(request.url))
    page.goto(path.as_uri())
    assert watched.complaints.pop(0) == path.as_uri()
    yield watched
    assert watched.complaints == []
    context.close()
