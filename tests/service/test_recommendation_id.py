"""Ids that say what was shown to whom, and that nobody else can make."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidInput
from service.recommendation_id import RecommendationIds, Shown
from tests.clock import START_MS
from tests.service.shop import Shop

IDS = RecommendationIds("the database's secret")
SHOWN = Shown("ann", "balanced", "", START_MS)
words = st.text(string.ascii_letters + string.digits + "._~@-", min_size=0, max_size=40)


@given(st.builds(Shown, words, words, words, st.integers(0, 2**53)))
def test_an_id_says_what_was_shown(shown: Shown) -> None:
    made = IDS.make(shown)
    assert IDS.read(made) == shown
    assert made[0] == "r"
    assert set(made) <= set(string.ascii_letters + string.digits + "-_")


@given(st.data())
def test_an_id_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    made = IDS.make(SHOWN)
    place = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_=!é\ud800"))
    changed = made[:place] + other + made[place + 1 :]
    if changed != made:
        with pytest.raises(InvalidInput):
            IDS.read(changed)


@given(st.text(string.printable + "é\ud800"))
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        IDS.read(text)
    assert refused.value.field == "recommendation_id"


def test_an_id_of_another_database_is_refused() -> None:
    with pytest.raises(InvalidInput):
        IDS.read(RecommendationIds("another secret").make(SHOWN))


async def test_every_list_carries_an_id_of_its_own(shop: Shop) -> None:
    made = await shop.ask("ann", strategy="fast")
    secret = await shop.redis.hget("tandem:meta", "secret")
    assert RecommendationIds(str(secret)).read(made.recommendation_id) == Shown(
        "ann", "fast", "", shop.clock.now_ms
    )
