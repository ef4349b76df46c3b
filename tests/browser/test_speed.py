"""The page is as fast as it looks. Each bound is tried twice: tests share their machine."""

from statistics import median

from playwright.async_api import Browser

from benchmarks.demo_page import (
    CLICK_GATE_MS,
    FIRST_LIST_GATE_MS,
    PAGE_GATE_BYTES,
    first_loads,
)
from tests.browser.conftest import Visit
from tests.browser.watched_page import UNKNOWN_VISITOR
from tests.cli.serving import Service

ACTS = 40
KINDS = ("view", "add_to_cart", "purchase", "view")


async def test_the_first_list_is_painted_within_a_second(browser: Browser, shop: Service) -> None:
    for _ in range(2):
        measured = (await first_loads(browser, shop.url))["first_list_ms"]
        if measured <= FIRST_LIST_GATE_MS:
            return
    assert measured <= FIRST_LIST_GATE_MS


async def test_a_first_visit_costs_at_most_150_kilobytes(browser: Browser, shop: Service) -> None:
    assert (await first_loads(browser, shop.url, loads=1))["page_bytes"] <= PAGE_GATE_BYTES


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
        if measured <= CLICK_GATE_MS:
            return
    assert measured <= CLICK_GATE_MS
