"""What has no room on the page can be read all the same."""

import pytest
from playwright.async_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import Visit

LAPTOP = {"width": 1280, "height": 800}
WIDE = {"width": 1440, "height": 900}
TABS = {"width": 1024, "height": 800}
VIEWPORTS = pytest.mark.parametrize("viewport", [LAPTOP, WIDE], ids=["laptop", "wide"])
# Texts that the page cuts off, of what is on the screen, and that say nowhere how they go on.
CUT_WITHOUT_A_WORD = """
  () => [...document.querySelectorAll("#app *")]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).overflow === "hidden")
    .filter((one) => one.innerText && one.clientWidth > 1)
    .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
    .filter((one) => !one.title || !one.innerText.includes(one.title))
    .map((one) => `${one.className}: ${one.innerText}`)
"""


@VIEWPORTS
async def test_what_is_cut_off_says_the_whole_when_pointed_at(
    visit: Visit, viewport: dict[str, int]
) -> None:
    visitor = await visit("7", viewport=viewport)
    await visitor.act("view", "tent-fjord-2p")
    assert await visitor.page.evaluate(CUT_WITHOUT_A_WORD) == []


@VIEWPORTS
async def test_a_title_takes_the_lines_that_it_needs(
    visit: Visit, viewport: dict[str, int]
) -> None:
    page = (await visit("7", viewport=viewport)).page
    assert await _cut(page, "#rows .row-title, #rows .reason") == []


@pytest.mark.parametrize("viewport", [TABS, LAPTOP, WIDE], ids=["tabs", "laptop", "wide"])
async def test_the_buttons_of_a_row_cover_none_of_its_words(
    visit: Visit, viewport: dict[str, int]
) -> None:
    page = (await visit("7", viewport=viewport)).page
    row = page.locator("#rows .row:first-child")
    height = (await _box(row))["height"]
    for state in ("closed", "open"):
        await row.locator(".reason").hover()
        await expect(row.locator(".quick")).to_have_css("opacity", "1")
        assert await _right(row.locator(".quick")) <= (await _box(row.locator(".row-text")))["x"]
        if state == "closed":
            assert (await _box(row))["height"] == height
            await row.locator("[data-action=why]").click()


async def test_a_row_that_was_opened_shows_its_texts_in_whole(visit: Visit) -> None:
    """For who has no pointer to hover with."""
    page = (await visit("7", viewport=WIDE)).page
    await page.evaluate("document.getElementById('rows').style.width = '20rem'")
    assert await _cut(page, "#rows .row-title, #rows .reason")
    closed = page.locator("#rows [data-action=why][aria-expanded=false]")
    while await closed.count():  # a fresh list may bring new ones
        await closed.first.click()
    assert await _cut(page, "#rows .row-title, #rows .reason") == []


async def test_that_a_popular_item_is_in_the_list_too_can_be_read(visit: Visit) -> None:
    page = (await visit("visitor-new-to-all", viewport=LAPTOP)).page
    chips = page.locator("#popular .shared")
    await chips.first.wait_for()
    edge = await _right(page.locator("#popular .rows"))
    assert max([await _right(chip) for chip in await chips.all()]) <= edge


async def test_on_a_laptop_no_button_stands_alone_in_its_line(visit: Visit) -> None:
    page = (await visit("7", viewport=LAPTOP)).page
    boxes = [await one.bounding_box() for one in await page.locator(".ways button").all()]
    tops = [box["y"] for box in boxes if box]
    assert min(tops.count(top) for top in tops) > 1


async def _cut(page: Page, selector: str) -> list[str]:
    cut: list[str] = await page.locator(selector).evaluate_all(
        """(all) => all
          .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
          .map((one) => one.innerText)"""
    )
    return cut


async def _box(shown: Locator) -> FloatRect:
    box = await shown.bounding_box()
    assert box
    return box


async def _right(shown: Locator) -> float:
    box = await _box(shown)
    return box["x"] + box["width"]
