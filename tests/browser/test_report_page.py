"""The HTML report as a person uses it, in a real browser, from a file, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from waitctx.conformance.clauses import load

if TYPE_CHECKING:
    from .conftest import Watched

pytestmark = pytest.mark.browser

CLAUSES = len(load().binding("spec"))


def shown(watched: Watched) -> list[str]:
    """Give the ids of the clauses that are shown."""
    rows = watched.page.locator(".clause:visible")
    return [str(row.get_attribute("id")) for row in rows.all()]


def focused(watched: Watched) -> str:
    """Tell what has the focus."""
    return str(
        watched.page.evaluate(
            "(e => e.id || (e.parentElement && e.parentElement.id) || e.tagName)"
            "(document.activeElement)"
        )
    )


def test_verdict_first(watched: Watched) -> None:
    """The first heading is the verdict, and the first failure is unfolded with its diagram."""
    page = watched.page

    assert page.locator("h1").inner_text().endswith("CallbackInvokedAtFinish does not conform")
    assert page.locator("#F1 .steps").is_visible()
    assert str(page.locator("#F1 svg .wrong text").text_content()).startswith("seen: ")
    assert page.locator("#F1 .steps tr.bad").is_visible()


def test_search(watched: Watched) -> None:
    """Every word has to occur, in the id, the words, or the sentences; the number is told."""
    page = watched.page
    page.fill("#search", "cb-call never")

    assert ["CB-CALL-01"] == shown(watched)
    assert f"1 of {CLAUSES} clauses" == page.locator("#said").inner_text()
    page.fill("#search", "no such words")
    assert [] == shown(watched)
    page.fill("#search", "")
    assert CLAUSES == len(shown(watched))


def test_filter(watched: Watched) -> None:
    """A verdict that is not ticked is not shown."""
    watched.page.uncheck("#verdicts input[value='pass']")
    watched.page.uncheck("#verdicts input[value='not applicable']")

    assert ["CB-CALL-01"] == shown(watched)


def test_unfold(watched: Watched) -> None:
    """A clause unfolds with its words and its sentences; all do at once."""
    page = watched.page
    page.click("#CB-CALL-01 summary")
    text = page.locator("#CB-CALL-01 > div").inner_text()

    assert "Evidence against it: F1." in text
    assert page.locator("#CB-CALL-01 blockquote a").first.is_visible()
    page.click("#unfold")
    assert CLAUSES == page.locator(".clause[open]").count()


def test_links_unfold(watched: Watched) -> None:
    """A link to a clause that is filtered out shows it, and one back the failure."""
    page = watched.page
    page.fill("#search", "nothing has this")
    page.locator("#F1 a[href='#CB-CALL-01']").first.click()
    page.wait_for_function("document.activeElement.closest('#CB-CALL-01[open]')")

    assert ["CB-CALL-01"] == [name for name in shown(watched) if name == "CB-CALL-01"]
    page.click("#CB-CALL-01 a[href='#F1']")
    page.wait_for_function("document.activeElement.closest('#F1')")


def test_colours(watched: Watched) -> None:
    """The button changes the colours from what the system has, and the page remembers it."""
    page = watched.page
    colour = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    page.click("#theme")
    after = page.evaluate(colour)

    assert before != after
    page.evaluate("location.hash = ''")
    page.click("#theme")
    assert before == page.evaluate(colour)


def test_keyboard_only(watched: Watched) -> None:
    """Everything works without a mouse: skip, unfold, search, filter."""
    page = watched.page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "main" == focused(watched)
    page.keyboard.press("Tab")
    assert "F1" == focused(watched)
    page.keyboard.press("Enter")
    assert not page.locator("#F1 .steps").is_visible()
    page.keyboard.press("/")
    assert "search" == focused(watched)
    page.keyboard.type("fd-clear-02")
    assert ["FD-CLEAR-02"] == shown(watched)
    for _ in range(20):
        if focused(watched) == "FD-CLEAR-02":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#FD-CLEAR-02 > div").is_visible()


def test_accessible(watched: Watched) -> None:
    """The rules of axe-core find nothing, with everything unfolded."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    watched.page.click("#unfold")
    found = axe.Axe().run(watched.page).response["violations"]

    assert [] == [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]


def test_prints(watched: Watched) -> None:
    """On paper there are no tools, and failures are unfolded."""
    page = watched.page
    page.click("#F1 summary")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    assert page.locator("#F1 .steps").is_visible()
    assert not page.locator("#tools").is_visible()
    assert not page.locator("#theme").is_visible()


def test_narrow(watched: Watched) -> None:
    """On a telephone nothing is wider than the screen."""
    watched.page.set_viewport_size({"width": 390, "height": 800})

    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_scripts(browser: object, page_file: object) -> None:
    """Without scripts everything but search and filter is still there."""
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(page_file.as_uri())  # type: ignore[attr-defined]
    page.click("#CB-CALL-01 summary")

    assert page.locator("#CB-CALL-01 > div").is_visible()
    assert not page.locator("#tools").is_visible()
    context.close()


def test_many_failures(large: Watched) -> None:
    """With 200 failures each is there, folded but the first, and a search goes on as before."""
    page = large.page

    assert 200 == page.locator(".failure").count()
    assert 1 == page.locator(".failure[open]").count()
    page.fill("#search", "cb-call")
    assert ["CB-CALL-01"] == shown(large)
    page.evaluate("location.hash = '#F200'")
    page.wait_for_selector("#F200[open]")
    assert page.locator("#F200 .steps").is_visible()


def test_states_side_by_side(watched: Watched) -> None:
    """Each step has the model's state, and what the implementation tells of its own."""
    cells = watched.page.locator("#F1 .steps tbody tr").first.locator("td").all_inner_texts()

    assert ["c0 {}", "c0 {}"] == cells[-2:]


def test_graph(graph: Watched) -> None:
    """The model's graph is a picture with a square for each state, told in words as well."""
    page = graph.page
    picture = page.locator("svg.graph").first

    assert picture.is_visible()
    assert "states: every operation tried" in str(picture.get_attribute("aria-label"))
    box = picture.locator("path.done").bounding_box()
    assert box is not None
    assert box["height"] > 0
    assert "0" == picture.locator("text.whole").first.text_content()
