"""The simulated past is true to the shop: what belongs together is bought together, and it never changes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from statistics import median

import pytest

from demo.shop.catalogue import new_items, products
from demo.shop.history import RISING, past_events
from demo.shop.kits import kit, kits
from demo.shop.personas import Persona, personas
from demo.shop.setup import SEED
from service.model import NewEvent
from tests.clock import START_MS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PAST = past_events(SEED, START_MS)
KNOWN = {product.item_id for product in products()} - new_items()
CATEGORY = {product.item_id: product.category for product in products()}


def test_the_same_seed_and_time_give_the_same_events() -> None:
    assert past_events(SEED, START_MS) == PAST


def test_another_seed_gives_other_events() -> None:
    assert past_events(SEED + 1, START_MS) != PAST


def test_another_time_moves_the_same_events() -> None:
    later = past_events(SEED, START_MS + HOUR_MS)
    assert [_time(event) - HOUR_MS for event in later] == [_time(event) for event in PAST]
    assert [(e.event_id, e.user_id, e.item_id) for e in later] == [
        (e.event_id, e.user_id, e.item_id) for e in PAST
    ]


def test_events_come_in_the_order_of_time_and_their_ids_count_them() -> None:
    times = [_time(event) for event in PAST]
    assert times == sorted(times)
    assert [event.event_id for event in PAST] == [f"past-{n:06}" for n in range(len(PAST))]


def test_some_four_thousand_events_fill_ten_days_up_to_now() -> None:
    assert 3_500 <= len(PAST) <= 5_000
    assert START_MS - 11 * DAY_MS < _time(PAST[0]) < START_MS - 9 * DAY_MS
    assert START_MS - HOUR_MS < _time(PAST[-1]) <= START_MS


def test_four_hundred_customers_and_the_personas_act() -> None:
    customers = {f"past-{number}" for number in range(1, 401)}
    assert {e.user_id for e in PAST} == customers | {p.user_id for p in personas()}


def test_every_product_was_acted_on_but_the_new_ones() -> None:
    assert {event.item_id for event in PAST} == KNOWN


def test_some_products_are_more_popular_than_others_but_none_is_everything() -> None:
    acts = Counter(event.item_id for event in PAST)
    assert 2 * median(acts.values()) < max(acts.values()) < 0.05 * len(PAST)
    assert min(acts.values()) >= 5


@pytest.mark.parametrize("seed", [SEED, 1, 2])
def test_each_product_was_bought_with_at_least_two_of_its_kits(seed: int) -> None:
    together = {tuple(sorted(pair)) for kit in kits() for pair in combinations(kit.items, 2)}
    bought = Counter(pair for pair in _bought_pairs(past_events(seed, START_MS)))
    strong = [pair for pair in together if bought[pair] >= 2]
    partners = Counter(item for pair in strong for item in pair)
    assert {item for item in KNOWN if partners[item] < 2} == set()


def test_what_is_rising_was_looked_at_most_in_the_last_hours() -> None:
    recent = Counter(e.item_id for e in PAST if _time(e) > START_MS - 4 * HOUR_MS)
    assert {item for item, _ in recent.most_common(3)} == set(kit(RISING).items)


@pytest.mark.parametrize("persona", personas(), ids=lambda persona: persona.name)
def test_a_persona_has_a_short_fresh_history_by_its_tastes(persona: Persona) -> None:
    own = [event for event in PAST if event.user_id == persona.user_id]
    assert 5 <= len(own) <= 20
    assert _time(own[-1]) > START_MS - DAY_MS
    fitting = [event for event in own if CATEGORY[event.item_id] in persona.tastes]
    assert 3 * len(fitting) >= 2 * len(own)


def _time(event: NewEvent) -> int:
    assert event.timestamp_ms is not None
    return event.timestamp_ms


def _bought_pairs(events: Iterable[NewEvent]) -> Iterator[tuple[str, ...]]:
    """Each pair of items that a user bought within a day, once a user."""
    bought: dict[str, list[NewEvent]] = {}
    for event in events:
        if event.type == "purchase":
            bought.setdefault(event.user_id, []).append(event)
    for own in bought.values():
        near = [
            tuple(sorted((one.item_id, other.item_id)))
            for one, other in combinations(own, 2)
            if one.item_id != other.item_id and _time(other) - _time(one) < DAY_MS
        ]
        yield from set(near)
