"""What only a client names leaves nothing behind, and changes nothing."""

import pytest

from service.model import Item, Query
from tests.service.shop import Shop


def numbered(shop: Shop) -> int:
    """How many items have got a number by now."""
    return len(shop.recommender._parts.lists._numbers)


@pytest.mark.parametrize(
    "query",
    [Query(None, items=("junk0", "a", "junk1")), Query("ann", context_item="junk")],
    ids=["items", "context"],
)
async def test_items_that_no_list_knows_get_no_number(shop: Shop, query: Query) -> None:
    await shop.crowd("abc")
    await shop.view("ann", "a")
    await shop.ask(None, items=("a",))
    before = numbered(shop)
    await shop.recommender.recommend(query)
    await shop.recommender.similar("bogus", 10)
    assert numbered(shop) == before


async def test_a_list_for_known_items_is_the_same_with_a_stranger_among_them(shop: Shop) -> None:
    await shop.crowd("abc")
    alone = await shop.ask(None, items=("a",), explain=True)
    among = await shop.ask(None, items=("junk", "a", "more"), explain=True)
    assert among.items == alone.items
    assert among.basis == "personal"


async def test_the_item_looked_at_is_not_shown_though_nothing_goes_with_it(shop: Shop) -> None:
    await shop.recommender.put_items([Item("new"), Item("newer")])
    await shop.recommender.settled()
    for query in (Query("ann", context_item="new"), Query(None, items=("new",))):
        made = await shop.recommender.recommend(query)
        assert [item.item_id for item in made.items] == ["newer"]


async def test_what_only_trending_knows_is_no_news_to_who_names_it(shop: Shop) -> None:
    await shop.view("bob", ["solo"])
    made = await shop.ask(None, items=("solo",))
    assert made.items == ()


async def test_a_stranger_costs_no_round_trip_while_it_is_remembered(shop: Shop) -> None:
    await shop.crowd("abc")
    query = Query(None, limit=1, items=("junk", "a"))
    await shop.recommender.recommend(query, fresh=True)
    shop.wire.trips.clear()
    await shop.recommender.recommend(query, fresh=True)
    assert shop.wire.trips == []
