"""Ids that say what was shown to whom, and that nobody else can make."""

import string
from base64 import urlsafe_b64decode

from hypothesis import given
from hypothesis import strategies as st

from service.recommendation_id import RecommendationIds, Shown
from tests.clock import START_MS
from tests.service.shop import Shop

IDS = RecommendationIds("the database's secret")
SHOWN = Shown("ann", "balanced", "", START_MS)
SIGNATURE_BYTES = 8
words = st.text(string.ascii_letters + string.digits + "._~@-", min_size=0, max_size=40)


def shown_by(recommendation_id: str) -> Shown:
    """What an id says, whoever made it."""
    text = recommendation_id[1:]
    body = urlsafe_b64decode(text + "=" * (-len(text) % 4))[SIGNATURE_BYTES:]
    user, strategy, arm, at = body.decode().split("|")
    return Shown(user, strategy, arm, int(at, 16))


@given(st.builds(Shown, words, words, words, st.integers(0, 2**53)))
def test_an_id_says_what_was_shown(shown: Shown) -> None:
    made = IDS.make(shown)
    assert shown_by(made) == shown
    assert made[0] == "r"
    assert set(made) <= set(string.ascii_letters + string.digits + "-_")


def test_ids_of_another_database_are_different() -> None:
    other = RecommendationIds("another secret").make(SHOWN)
    assert other != IDS.make(SHOWN) == IDS.make(SHOWN)
    assert shown_by(other) == SHOWN


async def test_every_list_carries_an_id_of_its_own(shop: Shop) -> None:
    made = await shop.ask("ann", strategy="fast")
    secret = await shop.redis.hget("tandem:meta", "secret")
    shown = Shown("ann", "fast", "", shop.clock.now_ms)
    assert made.recommendation_id == RecommendationIds(str(secret)).make(shown)
