"""Live shoppers go on with their visits, follow a theme, and keep to what the shop sells."""

import random
import tracemalloc
from collections import Counter

import pytest

from demo.shop.catalogue import new_items, products
from demo.shop.traffic import THEME_MS, Shoppers
from service.model import NewEvent
from tests.clock import Clock
from tests.service.shop import open_shop

SECOND_MS = 1_000
KNOWN = {product.item_id for product in products()} - new_items()
SOLD_OUT = {product.item_id for product in products() if not product.in_stock}


@pytest.fixture
def shoppers(clock: Clock) -> Shoppers:
    return Shoppers(random.Random(3), clock)


def test_a_call_lets_a_few_act(shoppers: Shoppers) -> None:
    assert {len(shoppers.act()) for _ in range(200)} == {1, 2, 3, 4, 5, 6}


def test_the_same_generator_and_clock_give_the_same_acts() -> None:
    one, other = (Shoppers(random.Random(5), Clock()) for _ in range(2))
    assert [one.act() for _ in range(50)] == [other.act() for _ in range(50)]


def test_all_two_hundred_come_and_nobody_else(shoppers: Shoppers, clock: Clock) -> None:
    users = {event.user_id for event in _acts(shoppers, clock, 5_000)}
    assert users == {f"shopper-{number}" for number in range(1, 201)}


def test_they_act_on_every_product_but_the_new_ones(shoppers: Shoppers, clock: Clock) -> None:
    assert {event.item_id for event in _acts(shoppers, clock, 5_000)} == KNOWN


def test_they_mostly_look_and_sometimes_buy(shoppers: Shoppers, clock: Clock) -> None:
    types = Counter(event.type for event in _acts(shoppers, clock, 1_000))
    assert set(types) == {"view", "add_to_cart", "purchase"}
    assert types["view"] > types["add_to_cart"] > types["purchase"] > 100


def test_what_is_sold_out_is_only_looked_at(shoppers: Shoppers, clock: Clock) -> None:
    acts = [event for event in _acts(shoppers, clock, 5_000) if event.item_id in SOLD_OUT]
    assert {event.type for event in acts} == {"view"}


def test_a_shopper_ends_a_visit_before_the_next(shoppers: Shoppers, clock: Clock) -> None:
    visits: dict[str, list[str | None]] = {}
    for event in _acts(shoppers, clock, 2_000):
        own = visits.setdefault(event.user_id, [])
        if own[-1:] != [event.session_id]:
            own.append(event.session_id)
    assert all(len(set(own)) == len(own) for own in visits.values())
    assert max(map(len, visits.values())) > 1


def test_a_visit_is_a_session_and_what_it_buys_is_one_order(
    shoppers: Shoppers, clock: Clock
) -> None:
    acts = _acts(shoppers, clock, 500)
    assert all(event.session_id for event in acts)
    orders = {(event.type == "purchase", event.order_id == event.session_id) for event in acts}
    assert orders == {(True, True), (False, False)}


def test_a_theme_is_looked_at_more_than_it_is_otherwise(shoppers: Shoppers, clock: Clock) -> None:
    everything = Counter(event.item_id for event in _acts(shoppers, clock, 5_000))
    clock.advance(THEME_MS)
    shoppers.act()
    theme = shoppers.theme
    now = Counter(event.item_id for event in _acts(shoppers, clock, THEME_MS // SECOND_MS - 1))
    assert shoppers.theme is theme
    assert _share(now, theme.items) > 2 * _share(everything, theme.items)


def test_a_theme_lasts_for_some_minutes(shoppers: Shoppers, clock: Clock) -> None:
    themes = []
    for _ in range(10):
        shoppers.act()
        themes.append(shoppers.theme.name)
        clock.advance(THEME_MS)
    assert len(set(themes)) > 5


def test_what_they_remember_does_not_grow(shoppers: Shoppers, clock: Clock) -> None:
    _acts(shoppers, clock, 1_000)
    tracemalloc.start()
    _acts(shoppers, clock, 1_000)
    early, _ = tracemalloc.get_traced_memory()
    _acts(shoppers, clock, 4_000)
    late, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert late - early < 20_000


async def test_the_service_takes_all_they_do_and_the_theme_rises(clock: Clock) -> None:
    shoppers = Shoppers(random.Random(3), clock)
    async with open_shop(clock) as shop:
        for _ in range(THEME_MS // SECOND_MS):
            answers = await shop.recommender.record(shoppers.act())
            assert [answer.problem for answer in answers if answer.problem] == []
            clock.advance(SECOND_MS)
        popular = {item.item_id for item in await shop.recommender.trending(10)}
    assert set(shoppers.theme.items) <= popular


def _acts(shoppers: Shoppers, clock: Clock, calls: int) -> list[NewEvent]:
    """What is done in so many calls, one a second."""
    acts = []
    for _ in range(calls):
        acts += shoppers.act()
        clock.advance(SECOND_MS)
    return acts


def _share(acts: Counter[str], items: tuple[str, ...]) -> float:
    return sum(acts[item] for item in items) / acts.total()
