"""What happens at the caps that random histories of a small world do not reach."""

import random

from store.keys import BASKET_LIMIT, HOUR_MS, PAIRS_KEPT, VISITS_LIMIT, Keys
from store.recording import Limits
from tests.store.keyspace import Zset
from tests.store.story import Story
from tests.store.twins import Twins
from tests.store.writing import PAIRS_MOST

KEYS = Keys()
LIMITS = Limits()


def test_a_wide_hash_of_view_pairs_keeps_the_strongest(twins: Twins) -> None:
    story, rng, met = Story(twins), random.Random(1), set[str]()
    for session in range(6):
        others = [f"i{rng.randrange(1_000)}" for _ in range(72)]
        met |= {*others}
        # Four others after each hub are one, two, three and four steps from it.
        touched = [item for n in range(0, 72, 4) for item in ("hub", *others[n : n + 4])]
        story.tell(*(story.act(f"u{session}", item) for item in touched))
    twins.compare()
    assert {"*", ">*"} <= pruned(twins, "view", met)


def test_a_wide_hash_of_purchase_pairs_keeps_the_strongest_and_refunds_what_is_left(
    twins: Twins,
) -> None:
    story, rng, met = Story(twins), random.Random(2), set[str]()
    for basket in range(36):
        usual = [f"usual{n}" for n in rng.sample(range(30), 2)]
        others = [*usual, *(f"i{n}" for n in rng.sample(range(1_000), 8))]
        met |= {*others}
        buys = [story.act("u", i, "purchase", order_id=f"o{basket}") for i in ("hub", *others)]
        story.tell(*buys)
    twins.compare()
    assert "*" in pruned(twins, "purchase", met)
    story.tell(*(story.act("u", "hub", "refund", order_id=f"o{basket}") for basket in range(30)))
    twins.compare()
    twins.erase("u")
    twins.compare()


def test_a_wide_hash_of_conversion_pairs_keeps_the_strongest(twins: Twins) -> None:
    story, rng, met = Story(twins), random.Random(3), set[str]()
    for user in range(9):
        bought = [f"i{n}" for n in rng.sample(range(1_000), 40)]
        met |= {*bought}
        for start in range(0, 40, 10):
            story.tell(story.act(f"u{user}", "hub"))
            story.tell(
                *(
                    story.act(f"u{user}", item, "purchase", order_id=f"o{item}")
                    for item in bought[start : start + 10]
                )
            )
    twins.compare()
    pruned(twins, "conversion", met)


def pruned(twins: Twins, kind: str, met: set[str]) -> set[str]:
    """What is left of the hub's pairs with all the items that it met."""
    generation = twins.now_ms // LIMITS.event_ttl_ms
    hub = twins.redis.hkeys(KEYS.pairs(0, kind, generation, "hub"))
    left = {str(field) for field in hub}
    assert PAIRS_KEPT <= len(left) <= PAIRS_MOST < len(met), (len(left), len(met))
    return left


def test_the_oldest_visits_leave_with_their_strings_and_entries(twins: Twins) -> None:
    story, rng = Story(twins), random.Random(4)
    for number in range(VISITS_LIMIT + 20):
        items = [f"i{rng.randrange(6)}" for _ in range(2)]
        story.tell(*(story.act("u", item, session_id=f"s{number}") for item in items))
        if number % 10 == 0:
            story.tell(story.act("u", items[0], "purchase", session_id=f"s{number}"))
            twins.move(3 * HOUR_MS)
    twins.compare()
    assert twins.redis.zcard(KEYS.visits("u")) == VISITS_LIMIT
    twins.erase("u")
    twins.compare()


def test_a_list_that_only_an_evicted_session_was_in_lives_on_with_an_end(twins: Twins) -> None:
    story = Story(twins)
    story.tell(story.act("u", "rare", session_id="oldest"))
    for number in range(VISITS_LIMIT - 1):
        story.tell(story.act("u", "usual", session_id=f"s{number}"))
    story.tell(story.act("u", "rare", session_id="newest"))
    twins.compare()


def test_neither_the_session_nor_the_basket_of_an_event_makes_place_for_the_other(
    twins: Twins,
) -> None:
    story = Story(twins)
    for number in range(VISITS_LIMIT - 1):
        story.tell(story.act("u", "i1", "purchase", order_id=f"o{number}", session_id="s"))
    twins.compare()
    half_an_hour_ago = LIMITS.session_gap_ms
    story.tell(story.act("u", "i2", "purchase", half_an_hour_ago, session_id="t", order_id="p"))
    twins.compare()
    lowest = str(twins.redis.zrange(KEYS.visits("u"), 0, 0)[0])
    story.tell(story.act("u", "i3", "purchase", session_id="x", order_id=lowest[2:]))
    twins.compare()
    assert twins.redis.zscore(KEYS.visits("u"), lowest)
    story.tell(story.act("u", "i3", "purchase", 2 * half_an_hour_ago, order_id="late"))
    story.tell(story.act("u", "i4", "purchase", session_id="y", order_id="z"))
    twins.compare()


def test_a_full_basket_takes_no_more(twins: Twins) -> None:
    story = Story(twins)
    story.tell(story.act("u", "first", "purchase", order_id="o"))
    key = KEYS.basket("u", "o")
    start = f"{twins.now_ms} {twins.now_ms // 1000}"
    entries = " ".join(f"i{n}|purchase|0" for n in range(BASKET_LIMIT - 1))
    twins.plant(key, f"{start} {entries}")
    twins.move(5_000)
    for item in ("last", "too_many", "i7"):
        story.tell(story.act("u", item, "purchase", order_id="o"))
    story.tell(story.act("u", "i1990", "refund", order_id="o"))
    twins.compare()


def test_the_most_popular_items_stay_when_there_are_too_many(twins: Twins) -> None:
    story = Story(twins)
    story.tell(story.act("u", "i0"))
    scores = Zset({f"i{n}": float(n % 7 + 1) for n in range(9_999)})
    twins.plant(KEYS.popular(0, "view", twins.now_ms // HOUR_MS), scores)
    for item in ("i1", "new", "i2", "newer", "newest"):
        story.tell(story.act("u", item))
    assert twins.redis.zcard(KEYS.popular(0, "view", twins.now_ms // HOUR_MS)) < 9_999
    twins.compare()
