"""Simulated shoppers act while the visitor wants them to, and no longer."""

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.watched_page import WatchedPage

# More of them than acts of one second: the service cannot mean another's act.
SEVERAL = 8
TRAFFIC = "/demo/traffic"
POPULAR = "/trending"


async def test_shoppers_come_and_go_with_the_switch(visit: Visit) -> None:
    visitor = await visit("7")
    page = visitor.page
    popular = await _popular(visitor)
    await page.click("#events")
    await page.check("#traffic")
    await expect(page.locator("#everybody")).to_be_checked()

    entries = page.locator('#stream .entry[data-own="false"]')
    await expect(entries.nth(SEVERAL)).to_contain_text("shopper-")
    await visitor.until(f"{_popular_items()}.join() !== {popular!r}")

    # The popular list is asked for every few seconds, the last time just now.
    await page.uncheck("#traffic")
    acts = _times(visitor.asked, TRAFFIC)
    await page.wait_for_event("request", lambda request: POPULAR in request.url)
    assert _times(visitor.asked, TRAFFIC) == acts


async def test_a_visitor_may_see_their_own_acts_alone_in_a_busy_shop(visit: Visit) -> None:
    page = (await visit("8")).page
    await page.click("#events")
    await page.check("#traffic")
    others = page.locator('#stream .entry[data-own="false"]')
    await expect(others.first).to_be_visible()
    await page.uncheck("#everybody")
    await expect(others).to_have_count(0)
    await expect(page.locator("#traffic")).to_be_checked()


async def test_a_switch_that_is_refused_goes_back(visit: Visit) -> None:
    visitor = await visit("9")
    visitor.expected = (TRAFFIC,)
    refusal = {"detail": "The sample shop is not loaded."}
    await visitor.page.route(f"**{TRAFFIC}", lambda route: route.fulfill(status=404, json=refusal))
    await visitor.page.click("#traffic")
    await expect(visitor.page.locator(".traffic-trouble")).to_have_text(refusal["detail"])
    await expect(visitor.page.locator("#traffic")).not_to_be_checked()


def _popular_items() -> str:
    return "[...document.querySelectorAll('#popular .row')].map((row) => row.dataset.item)"


async def _popular(visitor: WatchedPage) -> str:
    await visitor.until(f"{_popular_items()}.length")
    return str(await visitor.page.evaluate(f"{_popular_items()}.join()"))


def _times(asked: list[str], path: str) -> int:
    return sum(path in url for url in asked)
