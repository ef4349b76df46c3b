"""Why an item is shown, in words that are true."""

import asyncio

import fakeredis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.model import Filters, Item, NewEvent, RecommendedItem
from tests.clock import Clock
from tests.service.shop import GAP_MS, Shop, open_shop

ITEMS = "abcdef"


async def reasons(shop: Shop, user: str, strategy: str = "balanced") -> dict[str, RecommendedItem]:
    made = await shop.ask(user, strategy=strategy, limit=20)
    return {item.item_id: item for item in made.items}


@pytest.fixture
async def tents(shop: Shop) -> Shop:
    await shop.recommender.put_items([Item(i, title=f"Tent {i}") for i in ITEMS])
    await shop.recommender.settled()
    return shop


async def test_an_item_viewed_next_names_the_one_before(tents: Shop) -> None:
    await tents.crowd("ab")
    await tents.view("ann", "a")
    reason = (await reasons(tents, "ann"))["b"].reason
    assert reason.code == "viewed_next"
    assert reason.parameters == {"item_id": "a", "title": "Tent a"}
    assert reason.text == "Often looked at after Tent a"


@pytest.mark.parametrize(
    ("size", "text"), [(1, "Looked at after Tent a"), (2, "Often looked at after Tent a")]
)
async def test_what_one_session_did_did_not_happen_often(tents: Shop, size: int, text: str) -> None:
    await tents.crowd("ab", size)
    await tents.view("ann", "a")
    assert (await reasons(tents, "ann"))["b"].reason.text == text


async def test_what_a_visitor_did_alone_is_no_reason(tents: Shop) -> None:
    await tents.view("ann", "ab")
    assert (await reasons(tents, "ann"))["a"].reason.code == "similar_to"


@pytest.mark.parametrize(
    ("others", "text"), [(1, "Looked at after Tent a"), (2, "Often looked at after Tent a")]
)
async def test_how_often_is_said_of_what_others_did(tents: Shop, others: int, text: str) -> None:
    await tents.crowd("ab", others)
    await tents.view("ann", "aba")
    assert (await reasons(tents, "ann"))["b"].reason.text == text


async def test_a_session_that_counts_in_both_directions_is_one(tents: Shop) -> None:
    await tents.view("ann", "bacdeb")
    alike = {item.item_id: item for item in await tents.recommender.similar("a", 10)}
    assert alike["b"].reason.text == "Viewed together with Tent a"


async def test_one_buyer_is_no_people(tents: Shop) -> None:
    for number, said in enumerate(("somebody", "people")):
        await tents.view(f"buyer{number}", "acdef")  # so many that b does not come after a
        await tents.buy(f"buyer{number}", "b")
        await tents.view(f"ann{number}", "a")
        reason = (await reasons(tents, f"ann{number}", "co_occurrence"))["b"].reason
        assert reason.code == "bought_after_viewing"
        assert reason.text == f"Bought by {said} who looked at Tent a"
        tents.clock.advance(GAP_MS)


async def test_an_item_without_a_title_is_called_by_its_id(shop: Shop) -> None:
    await shop.crowd("ab")
    await shop.view("ann", "a")
    assert (await reasons(shop, "ann"))["b"].reason.text == "Often looked at after a"


async def test_what_was_bought_together_says_in_how_many_baskets(tents: Shop, clock: Clock) -> None:
    for user in ("dan", "eve"):
        await tents.buy(user, "a")
        clock.advance(GAP_MS + 1)
        await tents.buy(user, "b")
    await tents.buy("other", "c")
    await tents.buy("ann", "a")
    reason = (await reasons(tents, "ann", "co_occurrence"))["b"].reason
    assert reason.code == "bought_together"
    assert reason.parameters["baskets"] == 2
    assert reason.text == "Bought together with Tent a in 2 baskets"


async def test_what_was_counted_is_told_of_rather_than_what_a_model_makes_of_it(
    tents: Shop, clock: Clock
) -> None:
    for user in ("dan", "eve"):
        await tents.buy(user, "a")
        clock.advance(GAP_MS + 1)
        await tents.buy(user, "b")
    await tents.buy("other", "c")
    await tents.tandem.jobs.run_to_end()
    await tents.buy("ann", "a")
    first = (await tents.ask("ann", limit=1, explain=True)).items[0]
    said = first.contributions
    assert (
        said["collaborative"] + said["log_collaborative"]
        > said["co_purchase"] + said["log_co_purchase"]
    )
    assert (first.item_id, first.reason.code) == ("b", "bought_together")


async def test_alike_items_say_what_they_are_like(tents: Shop) -> None:
    await tents.view("ann", "a")
    reason = (await reasons(tents, "ann", "content"))["b"].reason
    assert (reason.code, reason.text) == ("similar_to", "Similar to Tent a")


async def test_what_is_popular_says_so(tents: Shop) -> None:
    await tents.crowd("c")
    assert (await reasons(tents, "stranger"))["c"].reason.code == "trending"


async def test_what_is_new_says_so(tents: Shop) -> None:
    reason = (await reasons(tents, "stranger"))["c"].reason
    assert (reason.code, reason.text) == ("newest", "New or changed in the catalogue")


kinds = st.sampled_from(
    ["impression", "view", "add_to_cart", "purchase", "remove_from_cart", "dislike", "refund"]
)
acts = st.tuples(st.sampled_from(["ann", "bob", "cid"]), st.sampled_from(ITEMS), kinds)


@settings(max_examples=40)
@given(st.lists(acts, max_size=30), st.sampled_from(["balanced", "fast", "co_occurrence"]))
def test_a_reason_names_only_what_the_user_acted_on(
    history: list[tuple[str, str, str]], strategy: str
) -> None:
    asyncio.run(_hold_reasons_to_history(history, strategy))


async def _hold_reasons_to_history(history: list[tuple[str, str, str]], strategy: str) -> None:
    async with open_shop(Clock(), fakeredis.FakeServer()) as shop:
        await shop.recommender.put_items([Item(i, title=f"Tent {i}", brand=i) for i in ITEMS])
        await shop.recommender.record([NewEvent(user, item, kind) for user, item, kind in history])
        for user in ("ann", "bob", "cid"):
            liked = {i for u, i, kind in history if u == user and kind in POSITIVE}
            for item in (await reasons(shop, user, strategy)).values():
                because = item.reason.parameters.get("item_id")
                assert because is None or because in liked
                assert because != item.item_id


POSITIVE = ("view", "add_to_cart", "purchase")


async def test_filters_leave_reasons_true(tents: Shop) -> None:
    await tents.crowd("abc")
    await tents.view("ann", "a")
    made = await tents.ask("ann", filters=Filters(exclude=frozenset("b")))
    first = made.items[0]
    assert (first.item_id, first.reason.parameters["item_id"]) == ("c", "a")
