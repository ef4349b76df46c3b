"""An event over HTTP reaches a browser's socket: one worker process, a real Redis."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.fleet import WorkerProcess, running_worker
from tests.serving import Browser

pytestmark = pytest.mark.real_redis


@pytest.fixture
def worker(tmp_path: Path, real_redis_url: str) -> Iterator[WorkerProcess]:
    with running_worker(tmp_path, "api-1", redis_url=real_redis_url) as running:
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    made = Browser()
    yield made
    await made.close()


async def test_an_event_over_http_reaches_the_users_browser(
    worker: WorkerProcess, browser: Browser
) -> None:
    async with httpx2.AsyncClient(base_url=worker.url) as http:
        for item in ("tent", "stove"):
            await http.post("/event", json={"user_id": "1", "item_id": item, "type": "view"})
        await browser.connect(worker.url, {"user_id": "7"})
        first = await browser.next("recommendations")
        event = {"user_id": "7", "item_id": "tent", "type": "view"}
        recorded = (await http.post("/event", json=event)).json()
    pushed = await browser.next("recommendations")
    assert pushed["revision"] == recorded["revision"] > first["revision"]
    assert pushed["changed_by"]["item_id"] == "tent"
    assert pushed["items"][0]["item_id"] == "stove"
    assert pushed["worker"] == "api-1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_told_to_stop_sends_its_browsers_elsewhere_and_ends(
    worker: WorkerProcess, browser: Browser, number: int
) -> None:
    await browser.connect(worker.url, {"user_id": "7"})
    await browser.next("recommendations")
    worker.terminate(number)
    assert (await browser.next("server_draining"))["retry_after_ms"] >= 0
    await browser.ended.wait()
    async with asyncio.timeout(5):
        await asyncio.to_thread(worker.process.wait)
    assert "Traceback" not in worker.log.read_text()
