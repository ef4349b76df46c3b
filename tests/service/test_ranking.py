"""One list from all sources: what may be shown, in which order, and why the score is what it is."""

from dataclasses import replace
from math import log

import pytest

from service.interest import Interest, interest_of_items
from service.model import Filters, Item, NewEvent
from service.ranking import FEATURES
from service.strategies import BUILT_IN, ROW, SOURCES, Repeats, Strategy
from service.wishes import Person, Wish
from tests.clock import Clock
from tests.service.shop import GAP_MS, Shop, open_shop

BALANCED = BUILT_IN["balanced"]


def repeating(repeats: Repeats) -> Strategy:
    return replace(BALANCED, repeats=repeats)


async def ids(shop: Shop, person: Person, strategy: Strategy, limit: int = 10) -> set[str]:
    return set(await shop.recommender.ranked_ids(person, Wish(strategy, limit)))


@pytest.fixture
async def busy_shop(shop: Shop) -> Shop:
    """Sessions, purchases and a catalogue: something for every source to say."""
    await shop.recommender.put_items(
        [Item(item, title=f"Tent {item}", category=("Camping",), price=10.0) for item in "abcdefgh"]
    )
    await shop.crowd("abcd")
    await shop.crowd("abce", 2, "some")
    for user in ("dan", "eve", "fay"):
        await shop.view(user, "a")
        await shop.buy(user, "fg")
        await shop.buy(f"{user}s_neighbour", "z")
    await shop.crowd("xyz", 4, "others")
    return shop


@pytest.mark.parametrize("strategy", sorted(BUILT_IN))
async def test_contributions_add_up_to_the_score(busy_shop: Shop, strategy: str) -> None:
    await busy_shop.view("ann", "ab")
    made = await busy_shop.ask("ann", strategy=strategy, explain=True, limit=20)
    assert len(made.items) > 3
    for item in made.items:
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-9)


async def test_every_source_has_its_say(busy_shop: Shop) -> None:
    await busy_shop.view("ann", "a")
    made = await busy_shop.ask("ann", explain=True, limit=20)
    named = {name for item in made.items for name in item.contributions}
    assert named >= {"sequence", "co_view", "conversion", "content", "session_knn", "trending"}
    await busy_shop.buy("ann", "f")
    made = await busy_shop.ask("ann", explain=True, limit=20)
    assert "co_purchase" in {name for item in made.items for name in item.contributions}


async def test_what_was_seen_and_how_often_is_a_feature(busy_shop: Shop) -> None:
    """b was seen twice and last, a once and two steps ago, the others never."""
    await busy_shop.view("ann", "bab")
    person = await busy_shop.recommender.person("ann")
    lists = busy_shop.recommender._parts.lists
    _, ranked = await lists.rank(person, Wish(repeating("all"), 20))
    numbers = ranked.candidates.ids.tolist()
    rows = [FEATURES.index(name) for name in ("is_last", "recency", "times_seen")]
    seen = {item: ranked.features[rows, numbers.index(lists.number(item))] for item in "abc"}
    assert seen["a"] == pytest.approx([0.0, 0.5, log(2)])
    assert seen["b"] == pytest.approx([1.0, 1.0, log(3)])
    assert seen["c"] == pytest.approx([0.0, 0.0, 0.0])


def test_trending_is_the_last_of_the_sources() -> None:
    """`Ranking` takes all before it for what rests on acts."""
    assert ROW["trending"] == len(SOURCES) - 1


async def test_scores_fall_and_no_item_comes_twice(busy_shop: Shop) -> None:
    await busy_shop.view("ann", "ab")
    made = await busy_shop.ask("ann", limit=20)
    scores = [item.score for item in made.items]
    assert scores == sorted(scores, reverse=True)
    assert len({item.item_id for item in made.items}) == len(made.items)


async def test_contributions_are_given_only_when_asked_for(busy_shop: Shop) -> None:
    await busy_shop.view("ann", "a")
    made = await busy_shop.ask("ann")
    assert all(item.contributions == {} for item in made.items)


async def test_the_usual_repeat_policy_leaves_out_the_current_item_alone(busy_shop: Shop) -> None:
    person = Person(replace(interest_of_items("bac", 20), banned=frozenset()))
    found = await ids(busy_shop, person, repeating("not_current"))
    assert found >= {"a", "b", "d"}
    assert "c" not in found


async def test_without_repeats_no_recent_item_is_shown(busy_shop: Shop) -> None:
    person = Person(interest_of_items("bac", 20))
    found = await ids(busy_shop, person, repeating("none"))
    assert found & set("abc") == set()
    assert "d" in found


async def test_with_all_repeats_even_the_current_item_is_shown(busy_shop: Shop) -> None:
    person = Person(interest_of_items("bac", 20))
    assert await ids(busy_shop, person, repeating("all"), limit=50) >= set("abcd")


@pytest.mark.parametrize("repeats", ["not_current", "none"])
async def test_what_is_banned_is_not_shown(busy_shop: Shop, repeats: Repeats) -> None:
    person = Person(Interest((("a", 1.0),), ("a",), frozenset("bd"), "a"))
    found = await ids(busy_shop, person, repeating(repeats), limit=50)
    assert found & set("bd") == set()
    assert "c" in found


async def test_what_was_bought_or_disliked_is_not_shown(busy_shop: Shop) -> None:
    await busy_shop.view("ann", "a")
    assert {"b", "c"} <= set(await busy_shop.shown("ann"))
    await busy_shop.buy("ann", "b")
    await busy_shop.act("ann", "dislike", "c")
    assert set(await busy_shop.shown("ann", limit=50)) & {"b", "c"} == set()


async def test_the_page_looked_at_leads_and_is_not_shown(busy_shop: Shop) -> None:
    await busy_shop.view("ann", "x")
    assert (await busy_shop.shown("ann"))[0] == "y"
    shown = await busy_shop.shown("ann", context_item="a")
    assert shown[0] == "b"
    assert "a" not in shown


async def test_an_anonymous_basket_is_ranked_like_a_user(busy_shop: Shop) -> None:
    made = await busy_shop.ask(None, items=("x",))
    assert (made.items[0].item_id, made.revision, made.user_id) == ("y", 0, None)


async def test_filters_draw_from_beyond_each_sources_best(shop: Shop, clock: Clock) -> None:
    """60 items follow a more often than the two that are in stock."""
    for n in range(60):
        await shop.crowd(["a", f"sold{n}"], 2, f"s{n}-")
    await shop.crowd(["a", "left"], 1, "l")
    await shop.crowd(["a", "right"], 1, "r")
    await shop.recommender.put_items([Item("left"), Item("right")])
    await shop.recommender.put_items([Item(f"sold{n}", in_stock=False) for n in range(60)])
    made = await shop.ask(
        "ann", context_item="a", strategy="co_occurrence", filters=Filters(in_stock=True)
    )
    assert {item.item_id for item in made.items} == {"left", "right"}
    assert {item.reason.code for item in made.items} == {"viewed_next"}


async def test_a_pair_that_proves_nothing_ends_the_drawing(shop: Shop, clock: Clock) -> None:
    """In the only basket there is, two purchases say nothing of each other: their score is 0."""
    await shop.buy("ann", "a")
    clock.advance(GAP_MS + 1)
    await shop.buy("ann", "b")
    assert await shop.recommender.similar("a", 3) == ()


async def test_min_support_hides_what_too_few_did(clock: Clock) -> None:
    async with open_shop(clock, min_support=3) as shop:
        await shop.crowd("ab", 3)
        await shop.crowd("ac", 2, "few")
        similar = await shop.recommender.similar("a", 10)
        assert [item.item_id for item in similar] == ["b"]


@pytest.mark.parametrize("strategy", ["balanced", "fast"])
async def test_stronger_acts_weigh_more(shop: Shop, strategy: str) -> None:
    await shop.crowd("ab")
    await shop.crowd("cd", name="others")
    shares = []
    for user, kind in (("looker", "view"), ("buyer", "add_to_cart")):
        await shop.act(user, kind, "a")
        await shop.view(user, "c")
        made = await shop.ask(user, strategy=strategy, explain=True)
        shares += [i.contributions["sequence"] for i in made.items if i.item_id == "b"]
    assert shares[0] < shares[1]


async def test_similar_items_are_those_viewed_together(busy_shop: Shop) -> None:
    similar = await busy_shop.recommender.similar("x", 3)
    assert [item.item_id for item in similar] == ["y", "z"]
    assert all(item.score > 0 for item in similar)


async def test_after_a_purchase_what_goes_with_it_leads_not_what_replaces_it(shop: Shop) -> None:
    """Tents are looked at one after another; whoever buys a tent buys a mat."""
    for number in range(6):
        await shop.view(f"looker{number}", ["tent", "other-tent"])
    for number in range(3):
        await shop.recommender.record(
            [NewEvent(f"buyer{number}", item, "purchase") for item in ("tent", "mat")]
        )
    for act in ("view", "purchase"):
        await shop.recommender.record([NewEvent(act, "tent", act)])
    assert (await shop.shown("view"))[0] == "other-tent"
    assert (await shop.shown("purchase"))[0] == "mat"


async def test_popularity_counts_where_there_are_only_views(shop: Shop) -> None:
    await shop.crowd("abc")
    await shop.crowd("c", 5, "others")
    weights = dict.fromkeys(BALANCED.weights, 0.0) | {"co_view": 1e-6, "log_popularity": 1.0}
    strategy = replace(BALANCED, name="popular", weights=weights)
    found = await shop.recommender.ranked_ids(Person(interest_of_items("a", 20)), Wish(strategy, 2))
    assert found == ["c", "b"]


async def test_what_is_popular_does_not_crowd_out_what_fits(shop: Shop) -> None:
    await shop.crowd("p", 30, "others")
    await shop.crowd("abcdefg")
    wish = Wish(BALANCED, 3)
    person = Person(interest_of_items("a", 20))
    _, ranked = await shop.recommender._parts.lists.rank(person, wish)
    popular = shop.recommender._parts.lists.number("p")
    assert popular not in ranked.candidates.ids
    _, ranked = await shop.recommender._parts.lists.rank(person, replace(wish, limit=8))
    assert popular in ranked.candidates.ids


async def test_who_has_done_nothing_sees_the_popular_first_whatever_was_learned(shop: Shop) -> None:
    for size, item in enumerate("abc", 1):
        await shop.crowd(item, size, f"some{item}")
    weights = {**BALANCED.weights, "log_popularity": -3.0}
    wish = Wish(replace(BALANCED, name="learned", weights=weights), 3)
    assert await shop.recommender.ranked_ids(Person(interest_of_items("", 20)), wish) == list("cba")
    await shop.crowd("xy", 1, "pair")
    assert (await shop.recommender.ranked_ids(Person(interest_of_items("x", 20)), wish)) == [
        "y",
        "c",
        "b",
    ]


async def test_a_source_alone_names_what_a_strategy_of_it_alone_would(busy_shop: Shop) -> None:
    for name in ("trending", "content"):
        person = Person(interest_of_items("ba", 20))
        wish = Wish(BUILT_IN["balanced"], 5)
        lists = busy_shop.recommender._parts.lists
        alone = await lists.ids(person, replace(wish, strategy=BUILT_IN[name]))
        assert (await lists.ids_by_source(person, wish))[name] == alone[:5]
        assert alone or name == "content"


async def test_what_the_last_read_shows_to_be_hidden_is_not_listed(
    clock: Clock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that knows no item yet, and gives up reading after the first time."""
    await shop.recommender.put_items([Item("b", hidden=True), Item("c")])
    await shop.crowd("abc")
    await shop.view("ann", "a")
    monkeypatch.setattr("service.list_making.ATTRIBUTE_READS", 1)
    async with open_shop(clock, shop.server) as cold:
        assert await cold.shown("ann") == ["c"]
