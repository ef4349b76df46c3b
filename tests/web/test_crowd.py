"""More requests than a worker answers at a time are refused at once, in a way that browsers can read."""

import asyncio
from functools import partial

import fakeredis
from fastapi import APIRouter

from service.settings import Settings
from tests.asgi import http_client, started
from tests.clock import Clock
from tests.web.conftest import open_fake
from tests.web.test_answer_headers import SHOP, check_headers
from web.access import Access, open_to
from web.app import ROUTERS, create_app
from web.routing import StrictRoute

LIMIT = 10


async def test_what_is_too_much_is_refused(fake_server: fakeredis.FakeServer, clock: Clock) -> None:
    router, enough = APIRouter(route_class=StrictRoute), asyncio.Event()

    @router.get("/slow")
    @open_to(Access.PUBLIC)
    async def endpoint() -> None:
        await enough.wait()

    app = create_app(
        Settings(max_requests=LIMIT, origins=(SHOP,)),
        open_service=partial(open_fake, fake_server, clock),
        routers=[*ROUTERS, router],
    )
    async with started(app), http_client(app) as client:
        waiting = [asyncio.create_task(client.get("/slow")) for _ in range(LIMIT)]
        await asyncio.sleep(0.05)
        refused = await client.get("/trending", headers={"origin": SHOP})
        watched = await client.get("/healthz")
        enough.set()
        answers = await asyncio.gather(*waiting)
        later = await client.get("/trending")
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["retry-after"]
    assert refused.headers["access-control-allow-origin"] == SHOP
    check_headers(refused)
    assert [answer.status_code for answer in (watched, *answers, later)] == [200] * (LIMIT + 2)
