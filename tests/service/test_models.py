"""Models built in batch: a whole version or none, by whoever holds the lease, and better lists for it."""

import asyncio
import random

import pytest
from redis.asyncio import Redis

from service.model_process import BuildFailed, build_apart
from service.settings import Settings
from store.connection import Calls
from store.keys import Keys
from store.models import COLLABORATIVE, WALK, ModelStore
from store.recording import Limits
from store.script import load_scripts
from tests.clock import Clock
from tests.redis_server import free_port
from tests.service.shop import GAP_MS, Shop, open_real_shop

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


async def test_what_was_given_back_completes_no_basket(shop: Shop) -> None:
    await open_shop_with_visits(shop)
    await shop.act("b0", "refund", "ab")
    await shop.tandem.jobs.run_to_end()
    assert await shop.redis.get("tandem:collaborative:1:b") == await _of_baskets(shop, "b")


async def _of_baskets(shop: Shop, item: str) -> str:
    """Three baskets are left: ba, cb, bc."""
    text: str = await shop.redis.get(f"tandem:collaborative:1:{item}")
    others = dict(zip(text.split(" ")[::2], map(float, text.split(" ")[1::2]), strict=True))
    assert others["c"] > others["a"] > 0
    return text


async def test_a_new_version_takes_the_place_of_the_one_before(shop: Shop) -> None:
    await open_shop_with_visits(shop)
    for version in (1, 2):
        await shop.tandem.jobs.run_to_end()
        assert await shop.redis.hgetall("tandem:models") == {
            WALK: str(version),
            COLLABORATIVE: str(version),
        }
        walks = await shop.redis.keys("tandem:walk:*")
        assert {key.split(":")[2] for key in walks} == {str(version)}


async def test_an_older_version_never_replaces_a_newer_one(shop: Shop) -> None:
    store = await model_store(shop.redis)
    await store.write(WALK, 5, {"a": "b 1"})
    assert await store.switch(WALK, 5)
    await store.write(WALK, 4, {"a": "c 1"})
    assert not await store.switch(WALK, 4)
    assert await store.versions() == {WALK: 5}


async def model_store(redis: Redis) -> ModelStore:
    scripts = await load_scripts(redis)
    return ModelStore(redis, Keys(), scripts, Calls(random.Random(1)), Limits().event_ttl_ms)


@pytest.mark.real_redis
async def test_readers_never_see_half_a_version(clock: Clock, real_redis_url: str) -> None:
    """Each version names itself in every list; a read of many items is of one version."""
    async with open_real_shop(clock, real_redis_url) as shop:
        store, items = await model_store(shop.redis), [f"i{n}" for n in range(60)]

        async def build(version: int) -> None:
            await store.write(WALK, version, dict.fromkeys(items, f"v{version} 1"))
            await store.switch(WALK, version)

        async def build_all() -> None:
            for version in range(2, 25):
                await build(version)

        await build(1)
        building = asyncio.create_task(build_all())
        seen = set()
        reader = shop.tandem.recommender._parts.near_cache._items
        while not building.done():
            found = await reader.neighbours(items, clock())
            (names,) = {tuple(one.walk) for one in found}
            seen.add(names)
        await building
        assert len(seen) > 1


@pytest.mark.real_redis
async def test_the_process_builds_what_this_one_would(clock: Clock, real_redis_url: str) -> None:
    async with open_real_shop(clock, real_redis_url) as shop:
        await open_shop_with_visits(shop)
        await shop.tandem.jobs.run_to_end()
        here = await lists(shop.redis, 1)
        settings = Settings(redis_url=real_redis_url)
        said = [model async for model in build_apart(settings, 2, clock())]
        assert said == [COLLABORATIVE, WALK]
        assert await lists(shop.redis, 2) == here


async def lists(redis: Redis, version: int) -> dict[str, str]:
    held = {}
    for model in (WALK, COLLABORATIVE):
        start = f"tandem:{model}:{version}:"
        for key in await redis.keys(start + "*"):
            held[model + key.removeprefix(start)] = await redis.get(key)
    return held


async def test_a_process_that_fails_says_why() -> None:
    settings = Settings(redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(BuildFailed, match="Connection"):
        _ = [model async for model in build_apart(settings, 1, 0)]
