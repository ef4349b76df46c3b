"""What happens exactly at the edges of the rules, where random histories seldom come."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from store.events import Outcome, Recorded
from store.keys import DAY_MS, HOUR_MS, Keys
from store.recording import Limits
from tests.store.dump import dump
from tests.store.server import Server
from tests.store.story import Story
from tests.store.twins import Twins

KEYS = Keys()
TIGHT = Limits(history_limit=3, session_limit=4, events_per_user_per_day=12)
NEW, DUPLICATE, LIMITED = Outcome.NEW, Outcome.DUPLICATE, Outcome.LIMITED


@pytest.fixture
def tight(server: Server) -> Iterator[Twins]:
    """Redis and the model with limits that are soon reached."""
    twins = Twins(server, TIGHT, KEYS)
    yield twins
    twins.close()


def outcomes(answers: list[Recorded]) -> list[Outcome]:
    return [answer.outcome for answer in answers]


@pytest.mark.parametrize(("early_ms", "again"), [(3 * HOUR_MS, DUPLICATE), (3 * HOUR_MS + 1, NEW)])
def test_what_a_clock_past_midnight_recorded_is_known_in_the_three_hours_before(
    twins: Twins, early_ms: int, again: Outcome
) -> None:
    midnight_ms = (twins.now_ms // DAY_MS + 1) * DAY_MS
    twins.move(midnight_ms - early_ms - twins.now_ms)
    event = Story(twins).act("u", "i")
    assert outcomes(twins.record([replace(event, now_ms=midnight_ms)])) == [NEW]
    assert outcomes(twins.record([event])) == [again]
    twins.compare()


def test_an_event_id_is_known_for_two_days_after_its_own(twins: Twins) -> None:
    event = Story(twins).act("u", "i")
    days = [replace(event, now_ms=event.now_ms + day * DAY_MS) for day in (0, 1, 2, 3)]
    assert outcomes(twins.record(days)) == [NEW, DUPLICATE, DUPLICATE, NEW]
    twins.compare()


def test_a_user_records_as_many_events_a_day_as_are_allowed(tight: Twins) -> None:
    story = Story(tight)
    events = [story.act("u", "i") for _ in range(TIGHT.events_per_user_per_day + 2)]
    assert outcomes(tight.record(events)) == [NEW] * 12 + [LIMITED] * 2
    tomorrow = replace(events[-1], now_ms=tight.now_ms + DAY_MS)
    assert outcomes(tight.record([tomorrow])) == [NEW]
    tight.compare()


def test_a_full_session_takes_no_more_and_goes_on(tight: Twins) -> None:
    story = Story(tight)
    for item in "abcdefab":
        story.tell(story.act("u", item))
        tight.move(1_000)
    tight.compare()
    session = tight.redis.get(KEYS.session("u", f"#{(tight.now_ms - 8_000) // 1_000}"))
    assert str(session).count("|view|") == TIGHT.session_limit


@pytest.mark.parametrize("over_ms", [-1, 0])
def test_a_purchase_belongs_to_the_basket_until_its_window_ends(twins: Twins, over_ms: int) -> None:
    story = Story(twins)
    story.tell(story.act("u", "a", "purchase"))
    twins.move(Limits().purchase_window_ms + over_ms)
    story.tell(story.act("u", "b", "purchase"))
    twins.compare()
    assert len(twins.redis.keys(KEYS.basket("u", "*"))) == (1 if over_ms < 0 else 2)


def test_a_pair_of_a_basket_is_counted_within_fifty_places(twins: Twins) -> None:
    story = Story(twins)
    story.tell(*(story.act("u", f"i{n}", "purchase", order_id="o") for n in range(54)))
    story.tell(story.act("u", "i1", "refund", order_id="o"))
    twins.compare()
    twins.erase("u")
    twins.compare()
    assert dump(twins.redis, KEYS.prefix) == {}


def test_a_conversion_is_counted_once_a_session(twins: Twins) -> None:
    story = Story(twins)
    acts = [("a", "view"), ("b", "purchase"), ("c", "view"), ("b", "purchase"), ("b", "purchase")]
    story.tell(*(story.act("u", item, kind) for item, kind in acts))
    twins.compare()
    generation = twins.now_ms // Limits().event_ttl_ms
    for item in ("a", "c"):
        pairs = twins.redis.hgetall(KEYS.pairs(0, "conversion", generation, item))
        assert pairs == {"b": "1"}


@pytest.mark.parametrize(("newer", "left"), [(19, "refund"), (20, "purchase")])
def test_a_refund_looks_at_the_newest_twenty_baskets(twins: Twins, newer: int, left: str) -> None:
    story = Story(twins)
    for number in range(newer + 1):
        story.tell(story.act("u", f"i{number}", "purchase", order_id=f"o{number}"))
        twins.move(1)
    story.tell(story.act("u", "i0", "refund"))
    twins.compare()
    assert f"i0|{left}|" in str(twins.redis.get(KEYS.basket("u", "o0")))


@pytest.mark.parametrize("kind", ["view", "purchase", "refund"])
def test_an_event_that_needs_the_visits_is_refused_when_they_are_broken(
    twins: Twins, kind: str
) -> None:
    story = Story(twins)
    story.tell(story.act("u", "i", "purchase"))
    twins.record_on_a_broken_key(story.act("u", "i", kind), KEYS.visits("u"))


@pytest.mark.parametrize("kind", ["impression", "dislike", "remove_from_cart"])
def test_an_event_that_does_not_is_recorded(twins: Twins, kind: str) -> None:
    story = Story(twins)
    story.tell(story.act("u", "i", "purchase"))
    twins.record_on_a_broken_key(story.act("u", "i", kind), KEYS.visits("u"))
