"""What limited senders may not do, on Redis and in the model at once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from store.events import Event, Outcome, Recorded
from store.keys import DAY_MS, MINUTE_MS, Keys
from store.recording import Limits
from store.senders import SenderLimits
from tests.store.counted import Visit
from tests.store.dump import dump
from tests.store.keyspace import Zset
from tests.store.sending import KEYS_MOST
from tests.store.server import Server
from tests.store.story import Story
from tests.store.twins import Twins

KEYS = Keys()
FREE = SenderLimits(*[0] * 9)
NEW, LIMITED, TOO_MANY = Outcome.NEW, Outcome.RATE_LIMITED, Outcome.TOO_MANY_NEW
BY_KEY = "aaaaaaaa 10.0.0.1"
ELSEWHERE = "aaaaaaaa 10.0.0.2"
BY_OTHER_KEY = "bbbbbbbb 10.0.0.3"
BY_TOKEN = "token 10.0.0.4"


@pytest.fixture
def world(server: Server, request: pytest.FixtureRequest) -> Iterator[Twins]:
    """Redis and the model with the limits that the test names, and no others."""
    twins = Twins(server, Limits(senders=SenderLimits(**{**_free(), **request.param})), KEYS)
    yield twins
    twins.compare()
    twins.close()


def _free() -> dict[str, int]:
    return dict.fromkeys(SenderLimits.__slots__, 0)


def limits(**named: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("world", [named], indirect=True, ids=[next(iter(named))])


def outcomes(twins: Twins, *events: Event) -> list[Outcome]:
    answers: list[Recorded] = twins.record(events)
    return [answer.outcome for answer in answers]


def _later(event: Event, ms: int) -> Event:
    return replace(event, at_ms=event.at_ms + ms, now_ms=event.now_ms + ms)


def views(story: Story, users: str, sender: str, **fields: Any) -> list[Event]:
    """One view of the same item by each user, named by one letter."""
    return [story.act(user, "i", sender=sender, **fields) for user in users]


@limits(events_per_user_per_minute=3)
def test_a_user_sends_so_many_events_a_minute(world: Twins) -> None:
    story = Story(world)
    assert outcomes(world, *views(story, "aaaab", BY_KEY)) == [NEW, NEW, NEW, LIMITED, NEW]
    assert outcomes(world, *views(story, "a", BY_TOKEN)) == [LIMITED]
    world.move(MINUTE_MS)
    assert outcomes(world, *views(story, "a", BY_KEY)) == [NEW]


@limits(events_per_user_per_minute=3)
def test_workers_whose_clocks_differ_give_a_user_no_second_minute(world: Twins) -> None:
    story = Story(world)
    for minutes in (1, 2, 5):
        user = f"u{minutes}"
        taken = []
        for _ in range(3):
            taken += outcomes(
                world, _later(story.act(user, "i", sender=BY_KEY), minutes * MINUTE_MS)
            )
            taken += outcomes(world, story.act(user, "i", sender=BY_KEY))
        assert taken == [NEW, NEW, NEW, LIMITED, LIMITED, LIMITED]


@limits(events_per_user_per_minute=3)
def test_a_clock_that_was_far_ahead_locks_nobody_out(world: Twins) -> None:
    story = Story(world)
    ahead = [_later(event, 6 * MINUTE_MS) for event in views(story, "aaa", BY_KEY)]
    assert outcomes(world, *ahead, *views(story, "a", BY_KEY)) == [NEW] * 4


@limits(events_per_user_per_minute=1, events_per_address_per_minute=1)
def test_what_was_acknowledged_and_lost_is_taken_again_whatever_came_since(world: Twins) -> None:
    story = Story(world)
    lost = [replace(event, again=True) for event in views(story, "aa", BY_KEY)]
    world.move(MINUTE_MS)
    assert outcomes(world, *views(story, "a", BY_KEY), *lost) == [NEW] * 3
    assert outcomes(world, *views(story, "a", BY_KEY)) == [LIMITED]


@limits(events_per_address_per_minute=3)
def test_an_address_sends_so_many_events_a_minute_whatever_its_key(world: Twins) -> None:
    story = Story(world)
    assert outcomes(world, *views(story, "abcd", BY_KEY)) == [NEW, NEW, NEW, LIMITED]
    same_place = "bbbbbbbb 10.0.0.1"
    assert outcomes(world, *views(story, "e", same_place)) == [LIMITED]
    assert outcomes(world, *views(story, "e", ELSEWHERE)) == [NEW]


@limits(events_per_key_per_minute=3)
def test_a_key_sends_so_many_events_a_minute_wherever_it_is(world: Twins) -> None:
    story = Story(world)
    assert outcomes(world, *views(story, "abc", BY_KEY)) == [NEW] * 3
    assert outcomes(world, *views(story, "d", ELSEWHERE)) == [LIMITED]
    assert outcomes(world, *views(story, "d", BY_OTHER_KEY)) == [NEW]
    assert outcomes(world, *views(story, "efghi", BY_TOKEN)) == [NEW] * 5


@limits(events_per_user_per_minute=1, new_users_per_key_per_minute=1)
def test_who_has_no_limits_leaves_no_counters_either(world: Twins) -> None:
    assert outcomes(world, *views(Story(world), "aaab", "")) == [NEW] * 4
    assert [key for key in dump(world.redis, KEYS.prefix) if "rate:" in key] == []


@limits(events_per_user_per_minute=1)
def test_an_event_that_is_turned_away_leaves_everything_as_it_was(world: Twins) -> None:
    story = Story(world)
    world.record(views(story, "a", BY_KEY))
    before = dump(world.redis, KEYS.prefix)
    assert outcomes(world, *views(story, "aa", BY_KEY)) == [LIMITED] * 2
    assert dump(world.redis, KEYS.prefix) == before


@limits(events_per_user_per_minute=1)
def test_a_repeated_event_is_a_duplicate_however_many_there_were(world: Twins) -> None:
    (event,) = views(Story(world), "a", BY_KEY)
    assert outcomes(world, event, event) == [NEW, Outcome.DUPLICATE]


@limits(new_users_per_key_per_minute=20)
def test_a_tenth_of_a_keys_new_users_comes_from_one_address(world: Twins) -> None:
    story = Story(world)
    assert outcomes(world, *views(story, "abca", BY_KEY)) == [NEW, NEW, TOO_MANY, NEW]
    assert outcomes(world, *views(story, "c", ELSEWHERE)) == [NEW]


@limits(new_users_per_key_per_minute=3)
def test_a_key_brings_so_many_new_users_a_minute(world: Twins) -> None:
    story = Story(world)
    sent = [story.act(f"u{n}", "i", sender=f"aaaaaaaa 10.0.1.{n}") for n in range(5)]
    assert outcomes(world, *sent) == [NEW] * 3 + [TOO_MANY] * 2
    world.move(MINUTE_MS)
    assert outcomes(world, *views(story, "x", BY_KEY)) == [NEW]


@limits(new_users_per_key_per_minute=1)
def test_who_holds_a_token_is_no_made_up_user(world: Twins) -> None:
    assert outcomes(world, *views(Story(world), "abc", BY_TOKEN)) == [NEW] * 3


@limits(new_items_per_key_per_minute=20)
def test_new_items_are_those_without_counts_that_no_catalogue_holds(world: Twins) -> None:
    story = Story(world)
    world.record([story.act("u", "known")])
    sent = [story.act("u", item, sender=BY_TOKEN) for item in ("a", "b", "known", "c", "a")]
    assert outcomes(world, *sent) == [NEW, NEW, NEW, TOO_MANY, NEW]
    assert outcomes(world, story.act("u", "c", sender=BY_TOKEN, catalogued=True)) == [NEW]
    world.move(Limits().event_ttl_ms)  # one generation later they are still known
    assert outcomes(world, story.act("u", "b", sender=BY_TOKEN)) == [NEW]


@limits(new_items_per_key_per_minute=1)
def test_what_names_no_key_by_its_item_may_name_any(world: Twins) -> None:
    story = Story(world)
    kinds = ("impression", "dislike", "refund")
    sent = [story.act("u", f"i{n}", kind, sender=BY_KEY) for n, kind in enumerate(kinds)]
    assert outcomes(world, *sent) == [NEW] * 3


@limits(counted_views_per_s=2)
def test_views_in_haste_are_kept_but_not_counted(world: Twins) -> None:
    story = Story(world)
    world.record([story.act("u", item, sender=BY_KEY, session_id="s") for item in "abcd"])
    world.move(1_000)
    world.record([story.act("u", "e", sender=BY_KEY, session_id="s")])
    assert items_of(world, "s") == list("abe")
    assert world.redis.zcard(KEYS.history("u")) == 5


@limits(counted_views_per_s=2)
def test_a_checkout_is_no_haste(world: Twins) -> None:
    story = Story(world)
    bought = [f"i{n}" for n in range(30)]
    world.record(
        [story.act("u", item, "purchase", sender=BY_KEY, session_id="s") for item in bought]
    )
    assert items_of(world, "s") == bought


@limits(counted_views_per_s=2)
def test_views_that_were_gathered_are_no_haste_by_their_own_times(world: Twins) -> None:
    story = Story(world)
    lags = {"a": 9_000, "b": 6_000, "c": 3_000, "d": 0}
    sent = [story.act("u", i, lag_ms=ms, sender=BY_KEY, session_id="s") for i, ms in lags.items()]
    world.record(sent)
    assert items_of(world, "s") == list("abcd")


@limits(counted_views_per_s=2)
def test_who_has_no_limits_may_be_as_fast_as_a_log(world: Twins) -> None:
    story = Story(world)
    world.record([story.act("u", item, session_id="s") for item in "abcdef"])
    assert items_of(world, "s") == list("abcdef")


@limits(counted_visits_per_user=2)
def test_the_third_visit_in_two_days_counts_nothing(world: Twins) -> None:
    story = Story(world)
    for name in ("s1", "s2", "s3", "s1"):
        world.record([story.act("u", f"of-{name}", sender=BY_KEY, session_id=name)])
    assert world.redis.zcard(KEYS.visits("u")) == 2
    world.record([story.act("u", "free", session_id="s4")])
    world.record([story.act("u", "order", "purchase", sender=BY_KEY, order_id="o")])
    assert sorted(world.redis.zrange(KEYS.visits("u"), 0, -1)) == ["s:s1", "s:s2", "s:s4"]
    world.move(2 * DAY_MS + 1)
    world.record([story.act("u", "later", sender=BY_KEY, session_id="s5")])
    assert items_of(world, "s5") == ["later"]


@limits(counted_visits_per_user_of_item=2)
def test_an_item_counts_in_two_sessions_of_two_days(world: Twins) -> None:
    story = Story(world)
    for name in ("s1", "s2", "s3"):
        world.record([story.act("u", i, sender=BY_KEY, session_id=name) for i in ("i", name, "i")])
    assert [items_of(world, name) for name in ("s1", "s2", "s3")] == [
        ["i", "s1", "i"],
        ["i", "s2", "i"],
        ["s3"],
    ]
    world.record([story.act("u", "i", sender=BY_KEY, session_id="s1")])  # it is among the two
    world.record([story.act("u", "i", sender=BY_KEY, session_id="s4")])
    assert world.redis.zscore(KEYS.visits("u"), "s:s4") is None
    world.record([story.act("u", "i", session_id="s5")])
    assert items_of(world, "s5") == ["i"]
    world.move(2 * DAY_MS + 1)
    world.record([story.act("u", "i", sender=BY_KEY, session_id="s6")])
    assert items_of(world, "s6") == ["i"]


@limits(counted_visits_per_user_of_item=2)
def test_an_item_counts_in_two_baskets_of_two_days(world: Twins) -> None:
    story = Story(world)
    for name in ("o1", "o2", "o3"):
        buys = [
            story.act("u", item, "purchase", sender=BY_KEY, order_id=name) for item in ("i", name)
        ]
        world.record(buys)
    held = [str(world.redis.get(KEYS.basket("u", name))) for name in ("o1", "o2", "o3")]
    assert [" i|" in text for text in held] == [True, True, False]


@limits(counted_events_per_user_per_day=3)
def test_what_is_beyond_a_days_number_is_kept_but_not_counted_whoever_sends_it(
    world: Twins,
) -> None:
    story = Story(world)
    world.record([story.act("u", item, session_id="s") for item in "abcde"])
    world.record([story.act("u", "f", "purchase", order_id="o")])
    assert items_of(world, "s") == list("abc")
    assert world.redis.zcard(KEYS.history("u")) == 6
    assert world.redis.zcard(KEYS.visits("u")) == 1
    world.move(DAY_MS)
    world.record([story.act("u", "g", session_id="t")])
    assert items_of(world, "t") == ["g"]
    world.erase("u")
    assert dump(world.redis, KEYS.prefix) == {}


@limits(new_users_per_key_per_minute=1_000)
def test_a_key_is_remembered_with_the_users_whom_it_brought(world: Twins) -> None:
    story = Story(world)
    world.record(views(story, "a", ""))
    world.record(views(story, "abc", BY_KEY))
    world.record(views(story, "bd", BY_OTHER_KEY))
    world.record(views(story, "e", BY_TOKEN))
    assert world.redis.zrange(KEYS.senders(0), 0, -1) == ["aaaaaaaa", "bbbbbbbb"]
    assert world.redis.zrange(KEYS.brought(0, "aaaaaaaa"), 0, -1) == ["b", "c"]
    assert world.redis.zrange(KEYS.brought(0, "bbbbbbbb"), 0, -1) == ["d"]
    assert world.redis.hget(KEYS.profile("b"), "key") == "aaaaaaaa"
    world.erase("b")
    assert world.redis.zrange(KEYS.brought(0, "aaaaaaaa"), 0, -1) == ["c"]


@limits(new_users_per_key_per_minute=1_000)
def test_the_oldest_of_a_hundred_keys_is_forgotten(world: Twins) -> None:
    story = Story(world)
    world.record(views(story, "a", BY_KEY))
    held = {f"{n:08x}": float(world.now_ms - n) for n in range(KEYS_MOST)}
    world.plant(KEYS.senders(0), Zset(held | {"aaaaaaaa": float(world.now_ms)}))
    world.record(views(story, "b", BY_OTHER_KEY))
    assert world.redis.zcard(KEYS.senders(0)) == KEYS_MOST


def test_a_partition_has_its_share_of_what_a_keys_users_use_up_together() -> None:
    shared = SenderLimits(events_per_key_per_minute=10, new_users_per_key_per_minute=9)
    alone, parted = shared.arguments(1), shared.arguments(4)
    assert (alone[6:8], parted[6:8]) == ((10, 9), (3, 3))
    assert (*alone[:6], alone[8]) == (*parted[:6], parted[8])
    assert FREE.arguments(4) == (0,) * 9


def items_of(twins: Twins, session: str) -> list[str]:
    text = twins.redis.get(KEYS.session("u", session))
    return [touch.item for touch in Visit.parse(str(text)).touches]
