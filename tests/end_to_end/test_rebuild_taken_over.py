"""A worker is killed in the midst of a rebuild: another finishes it, and nobody ever reads half a model."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis

from service.job_run import LEASE_MS
from service.model_building import MODELS
from tests.fleet import WorkerProcess, running_workers
from tests.redis_server import RedisServer

pytestmark = pytest.mark.real_redis

ITEMS = 600
VISITS = 300
BATCH = 1_000
PATIENCE_S = 120.0
PREFIX = "tandem:"


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    redis_server.flush()
    with Redis.from_url(redis_server.url, decode_responses=True) as client:
        yield client


@pytest.fixture
def workers(
    redis: Redis, redis_server: RedisServer, tmp_path: Path
) -> Iterator[list[WorkerProcess]]:
    with running_workers(
        tmp_path, ("api-1", "api-2"), redis_url=redis_server.url, rebuild_interval_s=0
    ) as running:
        load(running[0].url)
        yield running


def load(url: str) -> None:
    """Items, and visits in which people look at some that stand side by side and buy two of them."""
    rng = random.Random(1)
    names = [f"i{number}" for number in range(ITEMS)]
    items = [
        {"item_id": n, "title": f"Tent {rng.randrange(50)} {rng.randrange(50)}"} for n in names
    ]
    events = []
    for visit in range(VISITS):
        start = rng.randrange(ITEMS - 8)
        seen = rng.sample(names[start : start + 8], 4)
        for item, kind in ((item, kind) for kind in ("view", "purchase") for item in seen):
            events.append({"user_id": f"u{visit}", "item_id": item, "type": kind})
    with httpx2.Client(base_url=url, timeout=30) as http:
        assert http.put("/items", json=items).is_success
        for first in range(0, len(events), BATCH):
            assert http.post("/events", json=events[first : first + BATCH]).is_success


def reached(phase: str) -> Callable[[Redis, str], bool]:
    return lambda redis, job_id: redis.hget(f"{PREFIX}job:{job_id}", "phase") == phase


def half_written(redis: Redis, _: str) -> bool:
    return any(True for _ in redis.scan_iter(f"{PREFIX}walk:*", count=5_000))


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(reached("content"), id="content"),
        pytest.param(reached("collaborative"), id="collaborative"),
        pytest.param(half_written, id="half the lists of a model"),
    ],
)
def test_a_rebuild_whose_worker_is_killed_is_finished_by_another(
    point: Callable[[Redis, str], bool], redis: Redis, workers: list[WorkerProcess]
) -> None:
    killed, other = workers
    job_id = httpx2.post(f"{killed.url}/admin/update-all-recommendations").json()["job_id"]
    wait_for(lambda: point(redis, job_id))
    redis.client_pause(60_000, all=False)  # whoever writes stands still
    killed.process.kill()
    killed.process.wait()
    collaborative, walk = redis.hmget(f"{PREFIX}models", *MODELS)
    assert walk is None
    redis.client_unpause()
    forget_its_lease(redis, job_id)

    wait_for(lambda: job(other, job_id)["state"] == "done")
    assert job(other, job_id)["owner"] == "api-2"
    assert redis.hmget(f"{PREFIX}models", *MODELS) == [collaborative or "2", "2"]
    assert [versions_of(redis, model) for model in MODELS] == [{collaborative or "2"}, {"2"}]
    assert "goes on here" in other.log.read_text()


def forget_its_lease(redis: Redis, job_id: str) -> None:
    """As if its time had passed already."""
    long_ago = round(time.time() * 1000) - LEASE_MS - 1_000
    redis.hset(f"{PREFIX}lock:rebuild", "until", str(long_ago))
    redis.hset(f"{PREFIX}job:{job_id}", "reported_ms", str(long_ago))


def versions_of(redis: Redis, model: str) -> set[str]:
    return {str(key).split(":")[2] for key in redis.scan_iter(f"{PREFIX}{model}:*", count=5_000)}


def job(worker: WorkerProcess, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{worker.url}/admin/jobs/{job_id}").json()
    return found


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)
