"""No serious hindrance, light or dark, narrow or wide."""

from collections.abc import Awaitable, Callable

import pytest

from tests.browser.conftest import Visit
from tests.browser.hindrances import COLOURS, NARROW, WIDTHS, device, hindrances
from tests.browser.watched_page import UNKNOWN_VISITOR, WatchedPage

TENT = "tent-fjord-2p"
# One shelf is as good as eight for axe, and takes an eighth of the time. This one has something new.
SHELF = '.category[data-category="Camping"]'

Look = Callable[..., Awaitable[WatchedPage]]


@pytest.fixture
def look(visit: Visit, colours: str, width: int) -> Look:
    """Opens one shelf of the shop and, where it is in a sheet, the list."""

    async def open_page(user_id: str) -> WatchedPage:
        visitor = await visit(user_id, **device(colours, width))
        await visitor.page.click(SHELF)
        if width == NARROW:
            await visitor.page.click("#sheet")
        return visitor

    return open_page


@COLOURS
@WIDTHS
async def test_the_list_of_a_persona_and_why(look: Look) -> None:
    page = (await look("7")).page
    assert await hindrances(page) == []
    await page.click("#rows .row:first-child [data-action=why]")
    await page.click("[data-action=evidence]")
    await page.wait_for_selector(".terminal")
    assert await hindrances(page) == []


@COLOURS
@WIDTHS
async def test_a_list_that_has_moved_and_the_events(look: Look, width: int) -> None:
    visitor = await look("8")
    await visitor.page.click('#rows .row:first-child [data-action="view"]')
    await visitor.until("tandemDemo.acts[0]?.painted")
    await visitor.page.click("#tab-live" if width == NARROW else "#events")
    await visitor.until("document.querySelector('.entry .effect')")
    assert await hindrances(visitor.page) == []


@COLOURS
@WIDTHS
async def test_a_visitor_of_whom_nothing_is_known(look: Look) -> None:
    visitor = await look("visitor-cold")
    visitor.expected = (UNKNOWN_VISITOR,)
    assert await hindrances(visitor.page) == []


@COLOURS
@WIDTHS
async def test_an_open_dialog(visit: Visit, colours: str, width: int) -> None:
    visitor = await visit(f"visitor-{colours}-{width}", **device(colours, width))
    visitor.expected = (UNKNOWN_VISITOR,)
    await visitor.page.click(SHELF)
    await visitor.act("add_to_cart", TENT)
    await visitor.page.click("#cart")
    await visitor.page.wait_for_selector("dialog[open]")
    assert await hindrances(visitor.page) == []
