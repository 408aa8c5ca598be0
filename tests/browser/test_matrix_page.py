"""The matrix as a person uses it, in a real browser, from a file, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Watched

pytestmark = pytest.mark.browser


def at(matrix: Watched) -> tuple[str, str]:
    """Tell in which row and column the focus is."""
    row, column = matrix.page.evaluate(
        "(e => [e.closest('tr').querySelector('th a').textContent, e.closest('td').cellIndex])"
        "(document.activeElement)"
    )
    names = matrix.page.locator("#grid .names th").all_inner_texts()
    return str(row), str(names[column])


def test_words_and_colours(matrix: Watched) -> None:
    """A cell says what it means, and has the colour of that."""
    page = matrix.page
    row = page.locator("tr.clause", has_text="CB-CALL-01").locator("td")

    assert ["pass", "FAIL", "–"] == row.all_inner_texts()  # noqa: RUF001
    colours = {one.evaluate("e => getComputedStyle(e).backgroundColor") for one in row.all()}
    assert 3 == len(colours)
    assert ["python"] == page.locator("#grid .across th").all_inner_texts()


def test_evidence(matrix: Watched) -> None:
    """A cell that fails leads to the program, one that passes to the number of answers."""
    page = matrix.page
    row = page.locator("tr.clause", has_text="CB-CALL-01").locator("td a")
    row.nth(1).click()
    page.wait_for_function("document.activeElement.closest('#c2-F1[open]')")
    assert page.locator("#c2-F1 .steps tr.bad").is_visible()
    assert page.locator("#c2-F1 svg").is_visible()

    row.nth(0).click()
    page.wait_for_function("document.activeElement.id === 'c1-CB-CALL-01'")
    assert page.locator("#c1-CB-CALL-01 .number").is_visible()

    row.nth(2).click()
    page.wait_for_selector("#c3[open]")
    assert "there is no such file" in page.locator("#c3").inner_text()


def test_keyboard(matrix: Watched) -> None:
    """The table is one stop of the tab key; arrows go from cell to cell, past what is hidden."""
    page = matrix.page
    page.fill("#search", "cb-")
    page.locator("tr.clause:visible td a").first.focus()
    assert ("CB-SET-01", "good") == at(matrix)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert ("CB-SET-02", "bad") == at(matrix)
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert ("CB-SET-02", "lost") == at(matrix)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert ("CB-SET-01", "good") == at(matrix)
    page.keyboard.press("Enter")
    page.wait_for_selector("#c1[open]")
    assert 1 == page.locator("#grid tbody td a[tabindex='0']").count()


def test_filter(matrix: Watched) -> None:
    """What is not ticked is not shown, and the number is told."""
    page = matrix.page
    page.uncheck("#verdicts input[value='passes']")
    page.uncheck("#verdicts input[value='not checked']")

    assert ["CB-CALL-01"] == page.locator("tr.clause:visible th a").all_inner_texts()
    assert page.locator("#said").inner_text().startswith("1 of ")


def test_history(matrix: Watched) -> None:
    """The runs that are known stand by date, with what flipped."""
    page = matrix.page

    assert 2 == page.locator("#history ~ .column summary", has_text="of 3 conform").count()
    assert page.get_by_text("Nothing flipped.").is_visible()


def test_accessible(matrix: Watched) -> None:
    """The rules of axe-core find nothing, with everything unfolded."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    matrix.page.evaluate(
        "document.querySelectorAll('details').forEach(one => { one.open = true; })"
    )
    found = axe.Axe().run(matrix.page)

    assert 0 == found.violations_count, found.generate_report()
