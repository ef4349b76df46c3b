"""What has no room on the page can be read all the same."""

import pytest
from playwright.async_api import Locator, Page

from tests.browser.conftest import Visit

LAPTOP = {"width": 1280, "height": 800}
WIDE = {"width": 1440, "height": 900}
# Texts that the page cuts off, of what is on the screen, and that say nowhere how they go on.
CUT_WITHOUT_A_WORD = """
  () => [...document.querySelectorAll("#app *")]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).overflow === "hidden")
    .filter((one) => one.innerText && one.clientWidth > 1)
    .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
    .filter((one) => !one.title || !one.innerText.includes(one.title))
    .map((one) => `${one.className}: ${one.innerText}`)
"""


@pytest.mark.parametrize("viewport", [LAPTOP, WIDE], ids=["laptop", "wide"])
async def test_what_is_cut_off_says_the_whole_when_pointed_at(
    visit: Visit, viewport: dict[str, int]
) -> None:
    visitor = await visit("7", viewport=viewport)
    await visitor.act("view", "tent-fjord-2p")
    assert await visitor.page.evaluate(CUT_WITHOUT_A_WORD) == []


async def test_on_a_laptop_a_title_takes_the_lines_that_it_needs(visit: Visit) -> None:
    page = (await visit("7", viewport=LAPTOP)).page
    assert await _cut(page, "#rows .row-title, #rows .reason") == []


async def test_a_row_that_was_opened_shows_its_texts_in_whole(visit: Visit) -> None:
    """For who has no pointer to hover with."""
    page = (await visit("7", viewport=WIDE)).page
    assert await _cut(page, "#rows .row-title")
    for button in await page.locator("#rows [data-action=why]").all():
        await button.click()
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


async def _right(shown: Locator) -> float:
    box = await shown.bounding_box()
    assert box
    return box["x"] + box["width"]
