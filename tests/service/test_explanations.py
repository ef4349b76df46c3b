"""Every list explains itself: what is said to add up does, and what is said to be the cause was done by the reader."""

import random

import pytest

from service.model import Filters, Item, NewEvent, Query, Recommendations
from service.rules import Rule
from service.strategies import BUILT_IN
from tests.service.shop import Shop

REQUESTS = 10_000
ITEMS = [f"i{number}" for number in range(60)]
USERS = [f"u{number}" for number in range(100)]
KINDS = ("view", "view", "view", "add_to_cart", "purchase", "remove_from_cart", "dislike")
TOUCHES = {"view", "add_to_cart", "purchase"}


@pytest.fixture
async def busy_shop(shop: Shop) -> tuple[Shop, dict[str, set[str]]]:
    """A shop in which every source has something to say, and what each user has touched."""
    rng = random.Random(5)
    await shop.recommender.put_items(
        [
            Item(i, title=f"Tent {n % 7}", brand=f"b{n % 5}", category=(f"c{n % 4}",), price=n)
            for n, i in enumerate(ITEMS)
        ]
    )
    await shop.tandem.rules.replace((Rule("boost", brand="b1", factor=1.5),))
    touched: dict[str, set[str]] = {user: set() for user in USERS}
    for _ in range(1_500):
        user, item, kind = rng.choice(USERS), ITEMS[int(60 * rng.random() ** 2)], rng.choice(KINDS)
        await shop.recommender.record([NewEvent(user, item, kind)])
        shop.clock.advance(rng.randrange(60_000))
        if kind in TOUCHES:
            touched[user].add(item)
    await shop.recommender.settled()
    await shop.tandem.jobs.run_to_end()
    return shop, touched


def asked(rng: random.Random) -> Query:
    """Anything that may be asked for."""
    anybody = rng.random() < 0.8
    return Query(
        user_id=rng.choice(USERS) if anybody else None,
        items=() if anybody else tuple(rng.sample(ITEMS, rng.randint(1, 5))),
        limit=rng.randint(1, 30),
        strategy=rng.choice(sorted(BUILT_IN)),
        context_item=rng.choice(ITEMS) if rng.random() < 0.2 else None,
        filters=Filters(price_max=30.0) if rng.random() < 0.2 else Filters(),
        explain=True,
        diversity=rng.choice([None, 0.0, 0.5]),
        max_per_brand=rng.choice([None, 2]),
    )


def causes(query: Query, touched: dict[str, set[str]]) -> set[str]:
    """The items that a reason may name."""
    own = touched[query.user_id] if query.user_id else set(query.items)
    return own | ({query.context_item} if query.context_item else set())


def hold(made: Recommendations, allowed: set[str]) -> int:
    """Checks a list; how many of its reasons name an item."""
    naming = 0
    for item in made.items:
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-6)
        because = item.reason.parameters.get("item_id")
        assert because is None or because in allowed - {item.item_id}
        naming += because is not None
    return naming


async def test_of_ten_thousand_lists_each_adds_up_and_names_what_its_reader_touched(
    busy_shop: tuple[Shop, dict[str, set[str]]],
) -> None:
    shop, touched = busy_shop
    rng, codes, naming = random.Random(7), set[str](), 0
    for _ in range(REQUESTS):
        query = asked(rng)
        made = await shop.recommender.recommend(query)
        naming += hold(made, causes(query, touched))
        codes |= {item.reason.code for item in made.items}
    assert naming > REQUESTS
    assert codes >= {"viewed_together", "related_to", "bought_with_such", "similar_to", "trending"}
