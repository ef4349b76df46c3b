"""The service goes away and comes back, and nobody has to reload."""

import asyncio
import subprocess

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.cli.serving import Service, clean_environment, wait_until_ready

TENT = "tent-fjord-2p"
# A browser says in its console that nobody answered; the page has no say in that.
AWAY = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "closed before", "status of 503")


async def test_a_restarted_service_is_found_again(visit: Visit, shop: Service) -> None:
    visitor = await visit("7")
    visitor.expected = AWAY
    page = visitor.page
    await page.evaluate("window.stillTheSamePage = true")
    items = await visitor.fact("items")

    await asyncio.to_thread(shop.end)
    await expect(page.locator("#connection")).to_have_attribute("data-status", "reconnecting")
    await expect(page.locator("#away")).to_contain_text("The service is away.")
    assert await visitor.fact("items") == items
    await expect(page.locator("#rows .row")).to_have_count(10)

    back = await asyncio.to_thread(_start_again, shop)
    try:
        await expect(page.locator("#connection")).to_have_attribute("data-status", "connected")
        await expect(page.locator("#away")).to_have_count(0)
        act = await visitor.act("purchase", TENT)
        assert await visitor.fact("revision") == act["revision"]
        assert await visitor.fact("items") != items
        assert await page.evaluate("window.stillTheSamePage")
    finally:
        await asyncio.to_thread(back.end)


def _start_again(stopped: Service) -> Service:
    """The same service on the same port and data."""
    environment = clean_environment() | {"TANDEM_DATA_DIR": str(stopped.folder / "data")}
    with (stopped.folder / "errors.log").open("a") as errors:
        process = subprocess.Popen(
            stopped.process.args,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    service = Service(process, stopped.folder, stopped.port)
    wait_until_ready(service, service.url)
    return service
