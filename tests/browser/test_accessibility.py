"""No serious hindrance in any state of the page, light or dark, narrow or wide."""

from playwright.async_api import Page

from tests.browser.conftest import Visit
from tests.browser.hindrances import COLOURS, NARROW, WIDTHS, device, hindrances

# One shelf is as good as eight for axe, and takes an eighth of the time. This one has something new.
SHELF = '.category[data-category="Camping"]'
FIRST = "#rows .row:first-child"


@COLOURS
@WIDTHS
async def test_no_state_of_the_page_hinders_anybody(visit: Visit, colours: str, width: int) -> None:
    narrow = width == NARROW
    visitor = await visit("7", **device(colours, width))
    page = visitor.page
    found = {}

    await page.click(SHELF)
    found["shelf"] = await hindrances(page)
    await _show_list(page, narrow)
    found["list"] = await hindrances(page)
    await page.click(f"{FIRST} [data-action=why]")
    await page.click("[data-action=evidence]")
    await page.wait_for_selector(".terminal")
    found["why"] = await hindrances(page)

    await page.click(f"{FIRST} [data-action=add_to_cart]")
    await visitor.until("tandemDemo.acts[0]?.painted")
    await page.click("#tab-live" if narrow else "#events")
    await page.wait_for_selector(".entry .effect")
    found["list that has moved, and events"] = await hindrances(page)
    await page.click("#cart")
    await page.wait_for_selector("dialog[open]")
    found["dialog"] = await hindrances(page)
    await page.keyboard.press("Escape")

    if narrow:
        await page.click("#sheet")
    await page.click("#new-visitor")
    await visitor.until("tandemDemo.revision === 0")
    await _show_list(page, narrow)
    found["nothing known of the visitor"] = await hindrances(page)
    assert {state: what for state, what in found.items() if what} == {}


async def _show_list(page: Page, narrow: bool) -> None:
    """Where there is little room it is in a sheet, behind a tab."""
    if narrow:
        await page.click("#sheet")
        await page.click("#tab-list")
