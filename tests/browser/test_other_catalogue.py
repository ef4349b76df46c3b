"""The page on a store that the sample shop was not loaded into."""

from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.hindrances import COLOURS, WIDTHS, device, hindrances
from tests.cli.serving import Service, serving

LAMPS = [
    {"item_id": "lamp-one", "title": "Lamp one", "category": ["Lamps"], "price": 20.0},
    {"item_id": "lamp-two", "title": "Lamp two", "category": ["Lamps"], "price": 30.0},
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service on an empty store: `serve` loads nothing."""
    with serving(tmp_path_factory.mktemp("empty"), command=("demo", "serve")) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="session")
async def http(shop: Service) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=shop.url) as client:
        yield client


@COLOURS
@WIDTHS
async def test_an_empty_shop_says_how_to_fill_it(visit: Visit, colours: str, width: int) -> None:
    visitor = await visit("visitor-early", **device(colours, width))
    await expect(visitor.page.locator("#shop-empty")).to_contain_text("tandem demo --setup")
    assert await hindrances(visitor.page) == []


async def test_another_catalogue_shows_by_itself_and_works(
    visit: Visit, http: httpx2.AsyncClient
) -> None:
    visitor = await visit("visitor-early")
    await expect(visitor.page.locator("#shop-empty")).to_be_visible()
    assert (await http.put("/items", json=LAMPS)).is_success
    cards = visitor.page.locator(".card")
    await expect(cards).to_have_count(2)
    await expect(cards.locator(".card-title")).to_have_text(["Lamp two", "Lamp one"])
    await expect(cards.first.locator(".tile")).to_have_text("LT")
    await visitor.act("view", "lamp-one")
    await expect(visitor.page.locator('#rows .row[data-item="lamp-two"]')).to_be_visible()


async def test_nobody_is_made_up_for_another_catalogue(visit: Visit) -> None:
    page = (await visit("visitor-early")).page
    await expect(page.locator(".brand")).to_have_text("Your store")
    await expect(page.locator("#new-visitor")).to_be_visible()
    await page.click("#events")
    await expect(page.locator("#stream-title")).to_be_visible()
    for made_up in (".persona", "#surprise", "#traffic", "#everybody"):
        await expect(page.locator(made_up)).to_have_count(0)
