"""Models built in batch: a whole version or none, by whoever holds the lease, and better lists for it."""

import asyncio
import os
import random
import subprocess
import sys

import pytest
from redis.asyncio import Redis

from service.model_building import MODELS, Order, build_here, short
from service.model_process import BuildFailed, build_apart
from service.settings import Settings
from store.connection import Calls
from store.keys import Keys
from store.models import COLLABORATIVE, WALK, ModelStore
from store.script import load_scripts
from tests.clock import Clock
from tests.redis_server import free_port
from tests.service.shop import GAP_MS, Shop, comes_true, open_real_shop, open_shop

VISITS = ("ab", "ba", "cb", "bc")  # a and c share b, and nobody has seen both


async def open_shop_with_visits(shop: Shop) -> None:
    for number, items in enumerate(VISITS):
        await shop.view(f"v{number}", items)
        await shop.buy(f"b{number}", items)
        shop.clock.advance(GAP_MS + 1)


async def test_after_a_rebuild_items_are_offered_that_nobody_saw_together(shop: Shop) -> None:
    await open_shop_with_visits(shop)
    await shop.view("ann", "a")
    before = await shop.ask("ann", strategy="co_occurrence", explain=True)
    assert "c" not in [item.item_id for item in before.items if item.score]
    await shop.tandem.jobs.run_to_end()
    after = await shop.ask("ann", strategy="co_occurrence", explain=True)
    (found,) = [item for item in after.items if item.item_id == "c"]
    assert "walk" in found.contributions
    assert found.reason.parameters["item_id"] == "a"


async def test_a_walk_does_not_lead_back_to_what_was_seen(shop: Shop) -> None:
    await open_shop_with_visits(shop)
    await shop.tandem.jobs.run_to_end()
    await shop.view("ann", "ca")
    made = await shop.ask("ann", strategy="co_occurrence", explain=True, limit=20)
    walked = {item.item_id for item in made.items if "walk" in item.contributions}
    assert "c" not in walked
    await shop.view("bob", "a")
    made = await shop.ask("bob", strategy="co_occurrence", explain=True, limit=20)
    assert "c" in {item.item_id for item in made.items if "walk" in item.contributions}


async def test_what_was_given_back_completes_no_basket(shop: Shop) -> None:
    await open_shop_with_visits(shop)
    await shop.act("b0", "refund", "ab")
    await shop.tandem.jobs.run_to_end()
    assert await shop.redis.get("tandem:collaborative:1:b") == await _of_baskets(shop, "b")


async def _of_baskets(shop: Shop, item: str) -> str:
    """Three baskets are left: ba, cb, bc."""
    text = str(await shop.redis.get(f"tandem:collaborative:1:{item}"))
    others = dict(zip(text.split(" ")[::2], map(float, text.split(" ")[1::2]), strict=True))
    assert others["c"] > others["a"] > 0
    return text


async def test_a_new_version_takes_the_place_of_the_one_before(shop: Shop) -> None:
    await open_shop_with_visits(shop)
    for version in (1, 2):
        await shop.tandem.jobs.run_to_end()
        assert await shop.redis.hmget("tandem:models", WALK, COLLABORATIVE) == [str(version)] * 2
        walks = await shop.redis.keys("tandem:walk:*")
        assert {str(key).split(":")[2] for key in walks} == {str(version)}


@pytest.mark.parametrize(
    ("min_support", "built"), [(2, {WALK, COLLABORATIVE}), (3, {WALK}), (4, set())]
)
async def test_min_support_holds_for_models_too(
    clock: Clock, min_support: int, built: set[str]
) -> None:
    """Of each pair there were two baskets, and three sessions in either order."""
    async with open_shop(clock, min_support=min_support) as shop:
        await open_shop_with_visits(shop)
        await shop.crowd("ab", 1)
        await shop.crowd("cb", 1, "more")
        await shop.tandem.jobs.run_to_end()
        keys = [key for model in MODELS for key in await shop.redis.keys(f"tandem:{model}:*")]
        assert {str(key).split(":")[1] for key in keys} == built


@pytest.mark.real_redis
async def test_the_process_builds_what_this_one_would(clock: Clock, real_redis_url: str) -> None:
    async with open_real_shop(clock, real_redis_url) as shop:
        await open_shop_with_visits(shop)
        await shop.tandem.jobs.run_to_end()
        apart = await lists(shop.redis, 1)
        await shop.redis.hset("tandem:lock:rebuild", "token", "2")
        said = [step async for step in build_here(await model_store(shop.redis), Order(2, clock()))]
        assert await lists(shop.redis, 2) == apart
    assert [step.phase for step in said if not step.done and not step.more] == [*MODELS]
    assert sum(step.done for step in said) == sum(step.more for step in said) == len(apart)


async def model_store(redis: Redis) -> ModelStore:
    scripts, calls = await load_scripts(redis), Calls(random.Random(1))
    return ModelStore(redis, Keys(), scripts, calls, Settings().event_ttl_s * 1000)


async def lists(redis: Redis, version: int) -> dict[str, str]:
    held = {}
    for model in MODELS:
        for key in await redis.keys(f"tandem:{model}:{version}:?*"):
            item = str(key).rpartition(":")[2]
            held[f"{model} {item}"] = str(await redis.get(key))
    return held


async def test_a_process_that_fails_says_why() -> None:
    settings = Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(BuildFailed, match="Connection"):
        _ = [step async for step in build_apart(settings, Order(1, 0))]


@pytest.mark.real_redis
async def test_a_process_without_the_lease_builds_nothing(
    clock: Clock, real_redis_url: str
) -> None:
    async with open_real_shop(clock, real_redis_url) as shop:
        await open_shop_with_visits(shop)
        with pytest.raises(BuildFailed, match="another worker took the lease"):
            _ = [
                s async for s in build_apart(Settings(redis_url=real_redis_url), Order(7, clock()))
            ]
        assert await lists(shop.redis, 7) == {}


@pytest.mark.real_redis
async def test_the_process_ends_when_it_is_left_and_when_its_worker_is_killed(
    real_redis_url: str, real_redis: Redis
) -> None:
    """It waits for a Redis that is paused, so that it is caught at work."""
    await real_redis.client_pause(2_000, all=True)
    settings = Settings(redis_url=real_redis_url)
    steps = build_apart(settings, Order(1, 0))
    beginning = asyncio.create_task(anext(steps))
    (process,) = await children("service.model_process")
    beginning.cancel()
    await asyncio.wait([beginning])
    assert not running(process)

    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED), env=os.environ | {"REDIS": real_redis_url}
    )
    (process,) = await children("service.model_process", worker.pid)
    worker.kill()
    await worker.wait()
    await comes_true(lambda: gone(process))


KILLED = """
import asyncio, os
from service.model_building import Order
from service.model_process import build_apart
from service.settings import Settings

asyncio.run(anext(build_apart(Settings(redis_url=os.environ["REDIS"]), Order(1, 0))))
"""


async def children(module: str, parent: int | None = None) -> list[int]:
    """The processes of that module which the process (this one) has started, once there are any."""
    while True:
        found = await asyncio.create_subprocess_exec(
            *("pgrep", "-f", "-P", str(parent or os.getpid()), module), stdout=subprocess.PIPE
        )
        said, _ = await found.communicate()
        if said:
            return [int(pid) for pid in said.split()]


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def gone(process: int) -> bool:
    return not running(process)


@pytest.mark.parametrize(
    ("weight", "text"), [(0.0123456, ".0123"), (0.5, ".5"), (1.0, "1"), (0.00001234, "1.23e-05")]
)
def test_weights_are_written_short(weight: float, text: str) -> None:
    assert short(weight) == text
    assert float(text) == pytest.approx(weight, rel=0.005)
