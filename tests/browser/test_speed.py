"""The page is as fast as it looks. Each bound is tried twice: tests share their machine."""

from statistics import median

from benchmarks.shop_page import FIRST_LIST_PAINTED
from tests.browser.conftest import Visit
from tests.browser.watched_page import UNKNOWN_VISITOR

FIRST_LIST_MS = 1_000
LOADS = 5
CLICK_TO_PAINT_MS = 60
ACTS = 40
KINDS = ("view", "add_to_cart", "purchase", "view")


async def test_the_first_list_is_painted_within_a_second(visit: Visit) -> None:
    async def load() -> float:
        return await (await visit("7", script=FIRST_LIST_PAINTED)).first_list_ms()

    for _ in range(2):
        measured = median([await load() for _ in range(LOADS)])
        if measured <= FIRST_LIST_MS:
            return
    assert measured <= FIRST_LIST_MS


async def test_a_click_is_answered_on_the_screen_within_60_ms(visit: Visit) -> None:
    visitor = await visit("visitor-quick")
    visitor.expected = (UNKNOWN_VISITOR,)
    buttons = visitor.page.locator('.card:not(:has(.badge-out)) [data-action="purchase"]')
    shelf = [
        await button.evaluate("button => button.closest('.card').dataset.item")
        for button in await buttons.all()
    ]
    for _ in range(2):
        for number in range(ACTS):
            await visitor.act(KINDS[number % len(KINDS)], shelf.pop())
        measured = median((await visitor.fact("latencies"))[-ACTS:])
        if measured <= CLICK_TO_PAINT_MS:
            return
    assert measured <= CLICK_TO_PAINT_MS
