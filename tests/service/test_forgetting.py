"""After something may have changed unheard, nothing that was remembered is shown."""

from service.model import Item
from tests.clock import Clock
from tests.service.shop import Shop, open_shop


async def test_what_others_did_unheard_shows_after_forgetting(clock: Clock, shop: Shop) -> None:
    await shop.crowd("ab", 2)
    await shop.view("ann", "a")
    assert await _by_source(shop) == [{"b"}, {"b"}, {"a", "b"}]
    async with open_shop(clock, shop.server) as other:
        await other.crowd("ac", 2, "others")
    assert await _by_source(shop) == [{"b"}, {"b"}, {"a", "b"}]
    shop.recommender.forget()
    assert await _by_source(shop) == [{"b", "c"}, {"b", "c"}, {"a", "b", "c"}]


async def _by_source(shop: Shop) -> list[set[str]]:
    """What ann is shown by pairs and by sessions, and what is popular."""
    made = await shop.ask("ann", explain=True)
    return [
        {i.item_id for i in made.items if i.contributions.get("co_view")},
        {i.item_id for i in made.items if i.contributions.get("session_knn")},
        {i.item_id for i in await shop.recommender.trending(9)},
    ]


async def test_items_that_changed_unheard_are_alike_after_forgetting(
    clock: Clock, shop: Shop
) -> None:
    await shop.recommender.put_items([Item("red", title="Red tent")])
    await shop.recommender.settled()
    async with open_shop(clock, shop.server) as other:
        await other.recommender.put_items([Item("blue", title="Blue tent")])
    shop.recommender.forget()
    await shop.recommender.put_items([Item("green", title="Green tent")])
    await shop.recommender.settled()
    assert set(await shop.redis.zrange("tandem:similar:green", 0, -1)) == {"red", "blue"}
