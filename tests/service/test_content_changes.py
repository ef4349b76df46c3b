"""What the content of items is like takes in every change, whenever it is heard of."""

import asyncio
from collections.abc import AsyncIterator

from service.catalogue import Catalogue
from service.item_cache import ItemCache
from service.model import Item
from service.numbering import ItemNumbers
from tests.clock import Clock
from tests.named import numbers_of
from tests.service.shop import Shop, Wire, open_reader, open_shop

TENTS = [Item(f"tent{n}", title=f"Family tent {n}") for n in range(3)]
BOAT = Item("boat", title="Rowing boat")


async def alike(shop: Shop, item: str) -> set[str]:
    """The items written down as like the item."""
    return {str(other) for other in await shop.redis.zrange(f"tandem:similar:{item}", 0, -1)}


async def test_an_item_put_elsewhere_while_content_is_read_is_not_missed(
    clock: Clock, shop: Shop
) -> None:
    await shop.recommender.put_items(TENTS[:1])
    async with shop.wire.hold():
        await shop.wire.held.wait()
        await shop.wire.let_one_pass()  # which items there are is known now
        async with open_shop(clock, shop.server) as other:
            await other.recommender.put_items(TENTS[1:2])
        shop.recommender.catalogue_changed(["tent1"])
    await shop.recommender.settled()
    await shop.recommender.put_items(TENTS[2:])
    await shop.recommender.settled()
    assert await alike(shop, "tent2") == {"tent0", "tent1"}


async def test_an_item_put_elsewhere_while_a_rebuild_reads_content_is_not_missed(
    clock: Clock, shop: Shop
) -> None:
    await shop.recommender.put_items(TENTS[:1])
    await shop.recommender.settled()
    wire = Wire()
    async with open_reader(clock, shop.server, wire) as store:
        numbers = ItemNumbers()
        items = ItemCache(store.catalogue, numbers, capacity=10)
        catalogue = Catalogue(store.catalogue, items, numbers, clock)
        await catalogue.put([BOAT])
        await catalogue.settled()
        async with wire.hold():
            rebuilding = asyncio.create_task(_all_of(catalogue.rebuild()))
            await wire.held.wait()
            await wire.let_one_pass()
            await shop.recommender.put_items(TENTS[1:2])
            await shop.recommender.settled()
            catalogue.changed(["tent1"])
        assert len(await rebuilding) == 3
        await catalogue.put(TENTS[2:])
        await catalogue.settled()
        (stored,) = await store.items.neighbours(["tent2"], clock())
        assert set(numbers_of(stored.similar)) == {"tent0", "tent1"}


async def test_a_change_that_could_not_be_read_is_not_missed(clock: Clock, shop: Shop) -> None:
    await shop.recommender.put_items(TENTS[:1])
    await shop.recommender.settled()
    async with open_shop(clock, shop.server) as other:
        await other.recommender.put_items(TENTS[1:2])
    shop.server.connected = False
    shop.recommender.catalogue_changed(["tent1"])
    await shop.recommender.settled()
    shop.server.connected = True
    await shop.recommender.put_items(TENTS[2:])
    await shop.recommender.settled()
    assert await alike(shop, "tent2") == {"tent0", "tent1"}


async def _all_of(steps: AsyncIterator[str]) -> list[str]:
    return [step async for step in steps]
