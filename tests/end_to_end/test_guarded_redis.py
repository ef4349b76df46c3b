"""A worker over TLS, as the Redis user of deploy/tandem.acl: an event's whole way, and back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.fleet import WorkerProcess, running_worker
from tests.guarded_redis import GuardedRedis, running_guarded_redis
from tests.serving import Browser

REBUILD_S = 60.0
pytestmark = [pytest.mark.real_redis, pytest.mark.openssl]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedRedis]:
    with running_guarded_redis(tmp_path) as redis:
        yield redis


@pytest.fixture
def worker(tmp_path: Path, guarded: GuardedRedis) -> Iterator[WorkerProcess]:
    with running_worker(tmp_path, "api-1", redis_url=guarded.url) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    made = Browser()
    yield made
    await made.close()


async def test_events_lists_pushes_rebuilds_and_erasure_work(
    worker: WorkerProcess, browser: Browser, guarded: GuardedRedis
) -> None:
    async with httpx2.AsyncClient(base_url=worker.url) as http:
        for item in ("tent", "stove"):
            await http.post("/event", json={"user_id": "1", "item_id": item, "type": "view"})
        await browser.connect(worker.url, {"user_id": "7"})
        await browser.next("recommendations")
        event = {"user_id": "7", "item_id": "tent", "type": "view"}
        recorded = (await http.post("/event", json=event)).json()
        pushed = await browser.next("recommendations")
        listed = (await http.get("/realtime-recommend?user_id=7")).json()
        job = (await http.post("/admin/update-all-recommendations")).json()
        async with asyncio.timeout(REBUILD_S):
            while (await http.get(f"/admin/jobs/{job['job_id']}")).json()["state"] != "done":  # noqa: ASYNC110 - it tells in no other way
                await asyncio.sleep(0.1)
        erased = await http.delete("/users/7")
    assert pushed["revision"] == recorded["revision"]
    assert pushed["items"][0]["item_id"] == listed["items"][0]["item_id"] == "stove"
    assert erased.status_code == 200
    assert "Traceback" not in worker.log.read_text()
    with guarded.operator() as operator:
        held = operator.keys("tandem:*:7*")
        by_chance = (":recorded:", ":job:")  # what is named at random may begin with a 7
        assert [key for key in held if not any(kind in key for kind in by_chance)] == []
        assert operator.acl_log() == []
