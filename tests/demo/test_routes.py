"""What the demo page is served and asks for, on the production app over an empty store."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import fakeredis
import httpx2
import pytest

from demo.app import create_app
from demo.shop.setup import set_up
from service.settings import Settings
from tests.asgi import http_client, started
from tests.clock import Clock
from tests.web.conftest import open_fake

KEY = "a-key-of-sixteen-and-more"


class Shop:
    """The app with a client, and the time."""

    def __init__(self, http: httpx2.AsyncClient, app: Any, clock: Clock) -> None:
        self.http = http
        self.app = app
        self.clock = clock

    async def get(self, path: str, **parameters: str) -> Any:
        answer = await self.http.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def set_up(self) -> None:
        assert await set_up(self.app.worker.service, self.clock) is not None


@pytest.fixture
async def start(clock: Clock) -> AsyncIterator[Any]:
    """Starts the app with these settings."""
    async with AsyncExitStack() as running:

        async def start_app(**settings: Any) -> Shop:
            server = fakeredis.FakeServer()
            app = create_app(
                Settings(**settings), open_service=partial(open_fake, server, clock), clock=clock
            )
            await running.enter_async_context(started(app))
            http = await running.enter_async_context(http_client(app))
            return Shop(http, app, clock)

        yield start_app


@pytest.fixture
async def shop(start: Any) -> Shop:
    opened: Shop = await start()
    return opened


async def test_the_page_may_load_from_nowhere_else(shop: Shop) -> None:
    page = await shop.http.get("/demo/realtime")
    policies = page.headers.get_list("content-security-policy")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert policies[0].startswith("default-src 'self';")
    assert "unsafe" not in " ".join(policies)


async def test_whoever_comes_without_a_path_is_sent_to_the_page(shop: Shop) -> None:
    answer = await shop.http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/demo/realtime")


async def test_files_are_packed_and_nothing_beside_them_is_served(shop: Shop) -> None:
    packed = await shop.http.get("/demo/static/motifs.svg", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("image/svg+xml")
    for path in ("missing.js", "../routes.py", "%2e%2e/routes.py", ""):
        assert (await shop.http.get(f"/demo/static/{path}")).status_code == 404


async def test_what_the_shop_sells_is_packed_too(shop: Shop) -> None:
    await shop.set_up()
    answer = await shop.http.get("/demo/shop", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["items"]) == 120


async def test_the_sample_shop_has_its_name_and_its_personas(shop: Shop) -> None:
    await shop.set_up()
    said = await shop.get("/demo/shop")
    assert (said["name"], said["sample"]) == ("Harbour & Pine", True)
    assert [persona["user_id"] for persona in said["personas"]] == [
        str(number) for number in range(1, 21)
    ]


async def test_a_shop_of_ones_own_has_none_of_the_samples_people(shop: Shop) -> None:
    empty = await shop.get("/demo/shop")
    assert (empty["items"], empty["categories"]) == ([], [])
    await shop.http.put("/items", json=[{"item_id": "lone", "title": "Something else"}])
    own = await shop.get("/demo/shop")
    for said in (empty, own):
        assert (said["name"], said["sample"], said["personas"]) == ("Your store", False, [])


async def test_the_shop_has_pictures_and_other_catalogues_do_without(shop: Shop) -> None:
    await shop.set_up()
    await shop.http.put("/items", json=[{"item_id": "lone", "title": "Something else"}])
    items = {item["item_id"]: item for item in (await shop.get("/demo/shop"))["items"]}
    assert len(items) == 121
    assert items["lone"]["picture"] is None
    drawn = items["tent-fjord-2p"]
    assert drawn["picture"]["motif"] == "tent"
    assert len(drawn["picture"]["colours"]) == 3
    assert (drawn["category"], drawn["currency"]) == ("Camping", "EUR")
    assert sum(item["new"] for item in items.values()) >= 5


async def test_a_reason_is_shown_as_it_stands_in_redis(shop: Shop) -> None:
    await shop.set_up()
    act = {"user_id": "guest", "item_id": "tent-fjord-2p", "type": "purchase"}
    assert (await shop.http.post("/event", json=act)).is_success
    listed = await shop.get("/realtime-recommend", user_id="guest")
    shown = next(i for i in listed["items"] if i["reason"]["code"] == "bought_together")
    lines = (
        await shop.get(
            "/demo/evidence",
            user_id="guest",
            item_id=shown["item_id"],
            code="bought_together",
            because="tent-fjord-2p",
        )
    )["lines"]
    found = [int(x["answer"]) for x in lines if x["says"].startswith("baskets that hold both")]
    # An older generation counts by what the window still covers of it.
    assert found[0] <= shown["reason"]["parameters"]["baskets"] <= sum(found)
    assert lines[0]["command"].startswith("redis-cli ")


async def test_a_reason_without_an_item_needs_none(shop: Shop) -> None:
    lines = await shop.get("/demo/evidence", user_id="u", item_id="i", code="trending")
    assert [line["answer"] for line in lines["lines"]] == ["(nil)"]


async def test_simulated_shoppers_act_in_the_sample_shop(shop: Shop) -> None:
    await shop.set_up()
    seen = [event for _ in range(20) for event in await traffic(shop)]
    event = seen[-1]
    known = await shop.get(f"/users/{event['user_id']}")
    acts = [(act["type"], act["item_id"]) for act in known["history"]]
    assert (event["type"], event["item_id"]) in acts


async def traffic(shop: Shop) -> list[dict[str, str]]:
    answer = await shop.http.post("/demo/traffic")
    assert answer.status_code == 200, answer.text
    events: list[dict[str, str]] = answer.json()["events"]
    return events


async def test_no_shopper_acts_in_another_shop(shop: Shop) -> None:
    answer = await shop.http.post("/demo/traffic")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_sample_shop")


async def test_where_keys_are_asked_for_there_is_no_demo(start: Any) -> None:
    closed = await start(server_keys=KEY)
    for path in ("/demo/realtime", "/demo/shop", "/demo/static/motifs.svg"):
        answer = await closed.http.get(path, headers={"X-Api-Key": KEY})
        assert answer.status_code == 404


async def test_an_open_demo_says_so_in_spite_of_keys(start: Any) -> None:
    opened = await start(server_keys=KEY, demo_open=True)
    assert (await opened.get("/demo/shop"))["demo_open"] is True
