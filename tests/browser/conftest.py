"""A real Chromium in front of a real demo."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from benchmarks.shop_page import LISTED, PATIENCE_S, chromium
from tests.browser.watched_page import WatchedPage
from tests.cli.serving import Service, serving

WIDE = {"width": 1440, "height": 900}
HERE = Path(__file__).parent

Visit = Callable[..., Awaitable[WatchedPage]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test here needs both programs, and runs on the loop on which the browser lives."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("chromium")
            item.add_marker("real_redis")
            # In front of the mark that each coroutine gets by itself.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for the whole run."""
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The demo on a redis-server of its own. Tests of a module share it: each acts as users of its own."""
    with serving(tmp_path_factory.mktemp("shop"), command=("demo", "demo")) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, shop: Service) -> AsyncIterator[Visit]:
    """Opens the page as a user in a browser profile of its own, and waits for the list.

    In the end no page may have complained, or asked another host.
    """
    opened: list[WatchedPage] = []
    async with AsyncExitStack() as contexts:

        async def open_page(user_id: str, **options: Any) -> WatchedPage:
            context = await browser.new_context(**{"viewport": WIDE} | options)
            contexts.push_async_callback(context.close)
            context.set_default_timeout(PATIENCE_S * 1000)
            page = WatchedPage(await context.new_page())
            opened.append(page)
            await page.open(shop.url, user_id)
            if options.get("java_script_enabled", True):
                await page.until(LISTED)
            return page

        yield open_page
    assert [page.complaints for page in opened if page.complaints] == []
    assert [page.strangers(shop.url) for page in opened if page.strangers(shop.url)] == []
