"""Several workers behind nginx on one Redis behave as one."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from statistics import quantiles
from typing import Any

import httpx2
import pytest

from tests.fleet import WorkerProcess, running_nginx, running_workers
from tests.redis_server import running_redis_server
from tests.serving import Browser

pytestmark = [pytest.mark.real_redis, pytest.mark.nginx]

WORKERS = ("api-1", "api-2", "api-3")
EVENTS = 500
READS = 1_000
SHOPPERS = 10
REFRESH_INTERVAL_S = 0.2


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[WorkerProcess]]:
    folder = tmp_path_factory.mktemp("workers")
    with (
        running_redis_server(tmp_path_factory.mktemp("redis")) as redis,
        running_workers(
            folder,
            WORKERS,
            redis_url=redis.url,
            # Without keys nobody is answered through a proxy.
            demo_open=True,
            push_min_interval_ms=0,
            refresh_interval_s=REFRESH_INTERVAL_S,
            neighbours_max_age_s=0.1,
        ) as running,
    ):
        yield running
    for worker in running:
        assert "Traceback" not in worker.log.read_text()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, workers: list[WorkerProcess]) -> Iterator[str]:
    with running_nginx(tmp_path_factory.mktemp("nginx"), workers) as url:
        yield url


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    made = Browser()
    yield made
    await made.close()


async def act(
    http: httpx2.AsyncClient, user: str, item: str, act_type: str = "view"
) -> dict[str, Any]:
    answer = await http.post("/event", json={"user_id": user, "item_id": item, "type": act_type})
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_every_event_at_one_worker_is_pushed_by_another(
    workers: list[WorkerProcess], browser: Browser
) -> None:
    here, there = workers[0].url, workers[1].url
    await browser.connect(there, {"user_id": "walker"})
    revisions = [(await browser.next("recommendations"))["revision"]]
    waited_ms = []
    async with httpx2.AsyncClient(base_url=here) as http:
        for number in range(EVENTS):
            began = time.perf_counter()
            recorded = await act(http, "walker", f"item-{number % 50}")
            pushed = await browser.next("recommendations")
            while pushed["revision"] < recorded["revision"]:
                pushed = await browser.next("recommendations")
            waited_ms.append((time.perf_counter() - began) * 1_000)
            assert pushed["worker"] == "api-2"
            revisions.append(pushed["revision"])
    assert len(revisions) == EVENTS + 1
    assert revisions[1:] == sorted(set(revisions[1:]))
    cuts = quantiles(waited_ms, n=100)
    print(f"\nevent posted -> list pushed: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")  # noqa: T201


async def test_one_users_purchase_changes_the_list_of_another_who_does_nothing(
    workers: list[WorkerProcess], browser: Browser
) -> None:
    async with httpx2.AsyncClient(base_url=workers[0].url) as http:
        await act(http, "bystander", "kayak")
        await browser.connect(workers[1].url, {"user_id": "bystander"})
        first = await browser.next("recommendations")
        assert "paddle" not in [item["item_id"] for item in first["items"]]
        await act(http, "buyer", "kayak", "purchase")
        await act(http, "buyer", "paddle", "purchase")
    shown: list[str] = []
    while "paddle" not in shown:
        pushed = await browser.next("recommendations")
        shown = [item["item_id"] for item in pushed["items"]]
    assert pushed["changed_by"] is None
    assert pushed["revision"] == first["revision"]


async def test_whoever_writes_reads_it_at_once_from_any_worker(nginx: str) -> None:
    right = 0

    async def shop(user: str) -> None:
        nonlocal right
        async with httpx2.AsyncClient(base_url=nginx, timeout=10) as http:
            for number in range(READS // SHOPPERS):
                recorded = await act(http, user, f"item-{number}")
                made = await http.get("/realtime-recommend", params={"user_id": user, "limit": 3})
                right += made.json()["revision"] == recorded["revision"]

    await asyncio.gather(*(shop(f"shopper-{n}") for n in range(SHOPPERS)))
    assert right == READS
    async with httpx2.AsyncClient(base_url=nginx) as http:
        names = {(await http.get("/healthz")).json()["worker"] for _ in WORKERS}
    assert names == set(WORKERS)


async def test_a_socket_through_nginx_gets_its_lists(nginx: str, browser: Browser) -> None:
    await browser.connect(nginx, {"user_id": "proxied"})
    await browser.next("recommendations")
    async with httpx2.AsyncClient(base_url=nginx) as http:
        recorded = await act(http, "proxied", "item-1")
    pushed = await browser.next("recommendations")
    while pushed["revision"] < recorded["revision"]:  # others' acts may change the list meanwhile
        pushed = await browser.next("recommendations")
    assert pushed["revision"] == recorded["revision"]
