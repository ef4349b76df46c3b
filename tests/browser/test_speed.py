"""The page is as fast as it looks."""

import os
from collections.abc import Awaitable, Callable
from statistics import median

import pytest
from playwright.async_api import Browser

from benchmarks.demo_page import (
    CLICK_GATE_MS,
    FIRST_LIST_GATE_MS,
    IN_STOCK,
    PAGE_GATE_BYTES,
    first_loads,
    slowness,
)
from tests.browser.conftest import Visit
from tests.browser.watched_page import WatchedPage
from tests.cli.serving import Service

ACTS = 40
KINDS = ("view", "add_to_cart", "purchase", "view")


async def test_the_first_list_is_painted_within_a_second(
    browser: Browser, shop: Service, visit: Visit
) -> None:
    visitor = await visit("visitor-first")

    async def first_list_ms() -> float:
        return (await first_loads(browser, shop.url))["first_list_ms"]

    await _holds(FIRST_LIST_GATE_MS, first_list_ms, visitor)


async def test_a_first_visit_costs_at_most_150_kilobytes(browser: Browser, shop: Service) -> None:
    assert (await first_loads(browser, shop.url, loads=1))["page_bytes"] <= PAGE_GATE_BYTES


async def test_a_click_is_answered_on_the_screen_within_60_ms(visit: Visit) -> None:
    visitor = await visit("visitor-quick")
    shelf = await visitor.page.evaluate(IN_STOCK)

    async def click_to_paint_ms() -> float:
        for number in range(ACTS):
            await visitor.act(KINDS[number % len(KINDS)], shelf.pop())
        latencies: list[float] = await visitor.fact("latencies")
        return median(latencies[-ACTS:])

    await _holds(CLICK_GATE_MS, click_to_paint_ms, visitor)


async def _holds(
    gate_ms: float, measure: Callable[[], Awaitable[float]], visitor: WatchedPage
) -> None:
    """At the first or the second try, on a machine that is as quick as that of the gates and has nothing else to do.

    One that is slower, or runs twice as many programs as it has cores, is given as much more time.
    """
    for _ in range(2):
        measured_ms, slow = await measure(), await slowness(visitor)
        wanted_cores = os.getloadavg()[0] / (os.cpu_count() or 1)
        if measured_ms <= gate_ms * max(1.0, wanted_cores, slow):
            return
    pytest.fail(
        f"{measured_ms:.0f} ms, more than {gate_ms:.0f}, on {wanted_cores:.1f} x the cores, {slow:.1f} x as slow"
    )
