"""The shop's word counts: what it pins, boosts and blocks."""

import json
from typing import Any

import pytest

from service.errors import Unavailable
from service.model import Filters, Item, RecommendedItem
from service.ranking import FEATURES
from service.rules import RULES_MAX, Factors, Rule, in_force
from service.strategies import strategy
from service.supports import MAX_AGE_MS
from service.wishes import Wish
from tests.clock import START_MS, Clock
from tests.service.screens import watching
from tests.service.shop import Shop, open_shop

SHOES = Filters(categories=frozenset(["Shoes"]))
TENTS = Filters(categories=frozenset(["Tents"]))
STEP_MS = 1_500
FORGOTTEN_MS = 7 * 86_400_000
NEVER_S = 3_600.0


@pytest.fixture
async def shop(shop: Shop) -> Shop:
    """Whoever sees a goes on to b, c, d, e in this order; f and g are only in the catalogue."""
    await shop.recommender.put_items(
        [
            Item("b", category=("Camping", "Tents"), brand="Nord", tags=("new",)),
            Item("c", category=("Camping", "Stoves"), brand="Nord"),
            Item("d", category=("Camping", "Stoves"), brand="Sud"),
            Item("e", category=("Shoes",), brand="Sud", tags=("new", "red")),
            Item("f", category=("Shoes",)),
        ]
    )
    for number, item in enumerate("bcde"):
        await shop.crowd(["a", item], 9 - number, f"{item}-fan")
    await shop.view("ann", "a")
    return shop


async def put(shop: Shop, *rules: Rule) -> None:
    await shop.tandem.rules.replace(rules)


async def listed(shop: Shop, **wishes: Any) -> list[RecommendedItem]:
    return list((await shop.ask("ann", explain=True, **wishes)).items)


async def ids(shop: Shop, **wishes: Any) -> list[str]:
    return [item.item_id for item in await listed(shop, **wishes)]


async def test_without_rules_the_ranking_stands(shop: Shop) -> None:
    assert await ids(shop) == ["b", "c", "d", "e", "f"]
    assert await shop.tandem.rules.all() == ()


async def test_rules_are_kept_as_they_were_set(shop: Shop) -> None:
    rules = (
        Rule("pin", item="f", place=2, category="Shoes", starts_ms=5, ends_ms=7),
        Rule("boost", brand="Nord", factor=1.5),
        Rule("block", tag="red"),
    )
    await put(shop, *rules)
    assert await shop.tandem.rules.all() == rules
    await put(shop)
    assert await shop.tandem.rules.all() == ()


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (Rule("block", item="c"), ["b", "d", "e", "f"]),
        (Rule("block", brand="Sud"), ["b", "c", "f"]),
        (Rule("block", category="Camping"), ["e", "f"]),
        (Rule("block", category="Stoves"), ["b", "e", "f"]),
        (Rule("block", tag="new"), ["c", "d", "f"]),
    ],
)
async def test_what_is_blocked_is_not_shown(shop: Shop, rule: Rule, left: list[str]) -> None:
    await put(shop, rule)
    assert await ids(shop) == left


async def test_what_is_blocked_is_not_shown_anywhere(shop: Shop) -> None:
    await put(shop, Rule("block", brand="Nord"))
    similar = await shop.recommender.similar("a", 10)
    trending = await shop.recommender.trending(10)
    assert {item.item_id for item in similar} == {"d", "e"}
    assert {item.item_id for item in trending} == {"a", "d", "e"}
    assert {item.item_id for item in (await shop.ask("nobody")).items} == {"a", "d", "e", "f"}


async def test_attributes_that_were_never_read_are_read_before_a_block_is_judged(
    clock: Clock, shop: Shop
) -> None:
    await put(shop, Rule("block", brand="Sud"))
    async with open_shop(clock, shop.server) as other:
        assert await other.shown("ann") == ["b", "c", "f"]


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        (Rule("boost", item="e", factor=20.0), "e"),
        (Rule("boost", brand="Sud", factor=20.0), "d"),
        (Rule("boost", category="Stoves", factor=20.0), "c"),
        (Rule("boost", tag="red", factor=20.0), "e"),
        (Rule("boost", item="b", factor=0.1), "c"),
    ],
)
async def test_a_boost_moves_what_it_names(shop: Shop, rule: Rule, first: str) -> None:
    await put(shop, rule)
    assert (await ids(shop))[0] == first


async def test_a_boost_is_a_part_of_the_score_by_its_name(shop: Shop) -> None:
    before = {item.item_id: item for item in await listed(shop)}
    await put(shop, Rule("boost", item="c", factor=3.0), Rule("boost", brand="Nord", factor=0.5))
    after = {item.item_id: item for item in await listed(shop)}
    assert after["c"].score == pytest.approx(1.5 * before["c"].score)
    assert after["b"].contributions["boost"] == pytest.approx(-0.5 * before["b"].score)
    assert "boost" not in after["d"].contributions
    for item in after.values():
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-9)
        assert item.reason == before[item.item_id].reason


async def test_a_boost_lifts_what_has_a_score_below_zero_too(shop: Shop) -> None:
    weights = dict.fromkeys(FEATURES, 0.0) | {"sequence": -1.0}
    await shop.tandem.weight_control.pin("balanced", "view", weights)
    before = {item.item_id: item.score for item in await listed(shop)}
    assert before["b"] < 0
    await put(shop, Rule("boost", item="b", factor=1.5))
    assert next(i.score for i in await listed(shop) if i.item_id == "b") > before["b"]


async def test_a_pinned_item_stands_at_its_place_with_that_reason(shop: Shop) -> None:
    await shop.recommender.put_items([Item("g")])
    await put(shop, Rule("pin", item="e", place=1), Rule("pin", item="g", place=3))
    items = await listed(shop)
    assert [item.item_id for item in items] == ["e", "b", "g", "c", "d", "f"]
    assert [item.reason.code for item in items][::2] == ["pinned", "pinned", items[4].reason.code]
    assert items[0].score == pytest.approx(sum(items[0].contributions.values()))
    assert items[0].score > 0
    assert (items[2].score, items[2].contributions) == (0, {})


async def test_a_list_with_pins_is_no_longer_than_was_asked_for(shop: Shop) -> None:
    await put(shop, Rule("pin", item="e", place=2), Rule("pin", item="d", place=90))
    assert await ids(shop, limit=2) == ["b", "e"]
    assert await ids(shop, limit=3) == ["b", "e", "c"]
    assert await ids(shop, limit=9) == ["b", "e", "c", "f", "d"]


async def test_two_pins_of_one_place_stand_in_their_order(shop: Shop) -> None:
    await put(shop, *(Rule("pin", item=item, place=1) for item in "edb"))
    assert (await ids(shop))[:3] == ["e", "d", "b"]


async def test_the_first_of_two_pins_of_an_item_holds(shop: Shop) -> None:
    await put(shop, Rule("pin", item="e", place=3), Rule("pin", item="e", place=2))
    assert await ids(shop) == ["b", "e", "c", "d", "f"]


async def test_a_pin_of_a_category_holds_in_its_lists_alone(shop: Shop) -> None:
    await put(shop, Rule("pin", item="f", place=1, category="Shoes"))
    assert (await ids(shop))[0] == "b"
    assert await ids(shop, filters=SHOES) == ["f", "e"]


async def test_a_pin_is_weaker_than_filters_blocks_and_the_user(shop: Shop) -> None:
    await shop.act("ann", "dislike", "d")
    await shop.view("ann", "c")
    await shop.recommender.patch_item("b", {"hidden": True})
    await put(shop, Rule("block", item="e"), *(Rule("pin", item=i, place=1) for i in "bcde"))
    assert set(await ids(shop)).isdisjoint("bcde")
    await put(shop, Rule("pin", item="f", place=1))
    assert await ids(shop, filters=TENTS) == []


async def test_a_pinned_item_that_nobody_knows_is_not_shown_until_events_name_it(
    shop: Shop,
) -> None:
    await put(shop, Rule("pin", item="slip", place=1), Rule("pin", item="f", place=2))
    assert await ids(shop) == ["b", "f", "c", "d", "e"]
    await shop.view("bob", ["slip"])
    shop.clock.advance(MAX_AGE_MS)
    assert (await ids(shop))[:2] == ["slip", "f"]


async def test_items_that_the_catalogue_does_not_know_are_warned_of(shop: Shop) -> None:
    rules = [
        Rule("pin", item="f", place=1),
        Rule("pin", item="slip", place=2),
        Rule("pin", item="slip", place=3, category="Shoes"),
        Rule("block", item="gone"),
        Rule("block", tag="unheard of"),
    ]
    await shop.recommender.put_items([Item("gone")])
    await shop.recommender.delete_item("gone")
    assert await shop.tandem.rules.warnings(rules) == [
        "The pin of slip: the catalogue has no such item, and it is not shown until events name it.",
        "The block of gone: the catalogue has no such item.",
    ]


async def test_a_list_of_pins_alone_says_so(clock: Clock) -> None:
    async with open_shop(clock) as empty:
        await empty.view("bob", ["x"])
        clock.advance(FORGOTTEN_MS)  # no longer popular, and known all the same
        await put(empty, Rule("pin", item="x", place=4))
        made = await empty.ask("nobody")
        assert (made.basis, [item.item_id for item in made.items]) == ("pinned", ["x"])


async def test_what_is_similar_or_trending_is_neither_pinned_nor_boosted(shop: Shop) -> None:
    before = await shop.recommender.similar("a", 9), await shop.recommender.trending(9)
    await put(shop, Rule("pin", item="f", place=1), Rule("boost", item="e", factor=9.0))
    assert (await shop.recommender.similar("a", 9), await shop.recommender.trending(9)) == before


async def test_rules_shape_no_list_that_is_learned_from_or_evaluated(shop: Shop) -> None:
    wish = Wish(strategy("balanced"), 10)
    person = await shop.recommender.person("ann")
    before = await shop.recommender.ranked_ids(person, wish)
    await put(shop, Rule("block", item="b"), Rule("boost", item="e", factor=9.0))
    assert await shop.recommender.ranked_ids(person, wish) == before


async def test_a_rule_holds_from_its_start_to_its_end(shop: Shop) -> None:
    now_ms = shop.clock.now_ms
    await put(shop, Rule("block", item="b", starts_ms=now_ms + 10_000, ends_ms=now_ms + 20_000))
    assert "b" in await ids(shop)
    shop.clock.advance(11_000)
    assert "b" not in await ids(shop)
    shop.clock.advance(10_000)
    assert "b" in await ids(shop)


def test_the_end_of_a_rule_is_not_within() -> None:
    rule = Rule("block", item="b", starts_ms=START_MS, ends_ms=START_MS + 5)
    held = [at for at in range(-1, 7) if in_force([rule], START_MS + at).blocks]
    assert held == [0, 1, 2, 3, 4]


async def test_a_change_holds_in_the_next_answer_whatever_was_cached(shop: Shop) -> None:
    assert (await ids(shop))[0] == "b"
    await put(shop, Rule("block", item="b"))
    assert (await ids(shop))[0] == "c"


async def test_other_workers_hold_to_a_change_within_a_second(clock: Clock, shop: Shop) -> None:
    async with open_shop(clock, shop.server) as other:
        assert "b" in await other.shown("ann")
        await put(shop, Rule("block", item="b"))
        clock.advance(1_001)
        assert "b" not in await other.shown("ann")


async def test_a_change_reaches_the_screens_of_other_workers_at_once(
    clock: Clock, shop: Shop
) -> None:
    async with (
        open_shop(clock, shop.server, refresh_interval_s=NEVER_S) as other,
        watching(other) as screens,
    ):
        first = await other.tandem.hub.join("ann", "socket")
        assert first.recommendations.items[0].item_id == "b"
        await put(shop, Rule("block", item="b"))
        _, push = await screens.next()
        assert push.recommendations.items[0].item_id == "c"


async def test_rules_cost_a_warm_list_no_round_trip(shop: Shop) -> None:
    await put(shop, Rule("block", tag="red"), Rule("pin", item="f", place=1))
    await shop.shown("ann", limit=3)
    shop.wire.trips.clear()
    await shop.shown("ann", limit=3)
    assert shop.wire.trips == ["EVALSHA"]  # the user's own state


async def write(shop: Shop, text: str) -> None:
    """As by hand, or by a newer version."""
    await shop.redis.set("tandem:rules", text)
    shop.clock.advance(STEP_MS)


@pytest.mark.parametrize("text", ["[{", '[{"kind": "block", "colour": "red"}]', "7"])
async def test_rules_that_cannot_be_read_hold_nothing_up(
    shop: Shop, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    await write(shop, text)
    assert (await ids(shop))[0] == "b"
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "pin", "item": "e", "place": "x"},
        {"kind": "pin", "item": "e", "place": 0},
        {"kind": "boost", "item": "e", "factor": float("nan")},
        {"kind": "boost", "item": "e", "factor": -1.0},
        {"kind": "block", "item": ["e"]},
        {"kind": "bury", "item": "e"},
        {"kind": "block", "item": "e", "colour": "red"},
        "block",
    ],
)
async def test_one_rule_that_cannot_be_read_leaves_the_others_in_force(
    shop: Shop, caplog: pytest.LogCaptureFixture, broken: object
) -> None:
    good = [{"kind": "block", "item": "b"}, {"kind": "pin", "item": "f", "place": 1}]
    await write(shop, json.dumps([broken, *good]))
    for _ in range(2):
        assert await ids(shop) == ["f", "c", "d", "e"]
        shop.clock.advance(STEP_MS)
    assert caplog.text.count("cannot be read") == 1


@pytest.mark.parametrize("text", ["[{", '[{"kind": "bury"}]'])
async def test_while_no_rule_can_be_read_those_before_hold(shop: Shop, text: str) -> None:
    await put(shop, Rule("block", item="b"))
    assert "b" not in await ids(shop)
    await write(shop, text)
    assert "b" not in await ids(shop)
    await put(shop)
    assert "b" in await ids(shop)


async def test_a_pin_without_an_item_or_a_place_pins_nothing(shop: Shop) -> None:
    await put(shop, Rule("pin", item="f"), Rule("pin", place=1))
    assert await ids(shop) == ["b", "c", "d", "e", "f"]


async def test_without_a_store_no_rule_is_set(shop: Shop) -> None:
    shop.server.connected = False
    with pytest.raises(Unavailable):
        await put(shop, Rule("block", item="b"))
    with pytest.raises(Unavailable):
        await shop.tandem.rules.all()


def test_factors_multiply_over_all_that_names_an_item() -> None:
    item = Item("x", brand="b", category=("c", "d", "c"), tags=("t",))
    rules = [
        Rule("boost", item="x", factor=2.0),
        Rule("boost", brand="b", factor=3.0),
        Rule("boost", category="c", factor=5.0),
        Rule("boost", category="d", factor=7.0),
        Rule("boost", tag="t", factor=11.0),
        Rule("boost", tag="t", factor=0.5),
    ]
    assert Factors(rules).of("x", item) == 2 * 3 * 5 * 7 * 11 * 0.5
    assert Factors(rules).of("y", item) == 3 * 5 * 7 * 11 * 0.5
    assert Factors(rules).of("x", None) == 2
    assert Factors(rules).of("y", None) == 1
    assert not Factors()


async def test_many_rules_are_kept(shop: Shop) -> None:
    await put(shop, *(Rule("block", item=f"x{n}") for n in range(RULES_MAX)))
    assert len(await shop.tandem.rules.all()) == RULES_MAX
