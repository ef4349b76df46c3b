"""Each key that the service leaves stands in the table of `store/keys.py`, and lives as it says."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from redis import Redis

from service.bootstrap import open_recommender
from service.settings import Settings
from store.embedded import embedded_redis
from store.keys import HOUR_MS, Keys
from tests.clock import Clock
from tests.store import busy_days
from tests.store.busy_days import AFTER_MS, BEFORE_MS, LENGTH_MS
from tests.store.counted import Visit
from tests.store.dump import age, names, ttls_ms, types
from tests.store.key_table import FOR_EVER, LIMITS, ROTATE_DAYS, Row, table

PREFIX = Keys().prefix
WITHOUT_END = {
    *("meta", "items", "item:ITEM", "similar:ITEM", "rules", "weights:NAME:LAST"),
    *("models", "lock:NAME"),
}
VISIT_FORMS = {"{p}:session:USER:NAME", "{p}:basket:USER:NAME"}
# Real time goes on while the clock of the service stands still.
REAL_MS = 60_000


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real_redis)])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "real":
        yield request.getfixturevalue("real_redis_url")
    else:
        with embedded_redis() as address:
            yield address


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    """Looks from outside at the database after the busy days."""
    clock = Clock(BEFORE_MS)
    with Redis.from_url(url, decode_responses=True) as outside:
        settings = Settings(
            redis_url=url, partitions=2, learn_rate=100_000, rotate_days=ROTATE_DAYS
        )
        async with open_recommender(settings, clock) as tandem:
            await busy_days.before(tandem)
            clock.advance(AFTER_MS - BEFORE_MS)
            age(outside, PREFIX, AFTER_MS - BEFORE_MS)
            await busy_days.after(tandem)
        yield outside


@dataclass(frozen=True, slots=True)
class Held:
    """A key with the rows that it matches, and what it has left to live."""

    key: str
    rows: list[Row]
    left_ms: int

    @property
    def row(self) -> Row:
        return self.rows[0]

    def place(self, name: str) -> int | None:
        """A number in the key's name."""
        match = self.row.match(PREFIX, self.key)
        number = match.groupdict().get(name) if match else None
        return None if number is None else int(number)


def all_held(redis: Redis) -> list[Held]:
    lives_ms, rows = ttls_ms(redis, names(redis, "")), table()
    return [
        Held(key, [row for row in rows if row.match(PREFIX, key)], left_ms)
        for key, left_ms in lives_ms.items()
    ]


async def test_every_key_has_one_row_and_every_row_a_key(redis: Redis) -> None:
    held = all_held(redis)
    assert [one.key for one in held if len(one.rows) != 1] == []
    assert {row for one in held for row in one.rows} == set(table())


async def test_every_key_has_the_type_of_its_row(redis: Redis) -> None:
    held = all_held(redis)
    found = types(redis, [one.key for one in held])
    wrong = [one.key for one, kind in zip(held, found, strict=True) if kind != one.row.type]
    assert wrong == []


async def test_only_what_is_replaced_in_place_has_no_end(redis: Redis) -> None:
    endless = {one.row.form for one in all_held(redis) if one.left_ms == FOR_EVER}
    assert endless == WITHOUT_END == {row.form for row in table() if row.life_ms == FOR_EVER}


async def test_no_key_outlives_its_row(redis: Redis) -> None:
    ending = {one.key: one for one in all_held(redis) if one.left_ms != FOR_EVER}
    mark_of_deleted = ending.pop(f"{PREFIX}item:gone")
    alias = ending.pop(Keys(partitions=2).profile("visitor"))
    assert LENGTH_MS < alias.left_ms <= 2 * LENGTH_MS >= mark_of_deleted.left_ms
    assert [key for key, one in ending.items() if one.left_ms > one.row.life_ms] == []


async def test_counts_live_as_long_as_the_generation_or_hour_in_their_name(redis: Redis) -> None:
    ends_ms = {}
    for one in all_held(redis):
        generation, hour = one.place("generation"), one.place("hour")
        if generation is not None:
            ends_ms[one.key] = (generation + 2) * LENGTH_MS
        elif hour is not None:
            ends_ms[one.key] = (hour + 1 + LIMITS.trending_hours) * HOUR_MS
    assert len(set(ends_ms.values())) == 4
    assert not_ending_at(ends_ms, redis) == {}


async def test_sessions_and_baskets_live_as_long_as_their_newest_entry_counts(redis: Redis) -> None:
    keys = [one.key for one in all_held(redis) if one.row.form in VISIT_FORMS]
    ends_ms = {}
    for key in keys:
        newest_ms = Visit.parse(str(redis.get(key))).time_ms(-1)
        ends_ms[key] = (newest_ms // LENGTH_MS + 2) * LENGTH_MS
    assert len(set(ends_ms.values())) == 2
    assert not_ending_at(ends_ms, redis) == {}


def not_ending_at(ends_ms: dict[str, int], redis: Redis) -> dict[str, int]:
    """The keys that end at another time, with by how much they end too early."""
    left_ms = ttls_ms(redis, [*ends_ms])
    early_ms = {key: end_ms - AFTER_MS - left_ms[key] for key, end_ms in ends_ms.items()}
    return {key: ms for key, ms in early_ms.items() if not 0 <= ms < REAL_MS}


@pytest.mark.parametrize("user", ["ann", "cy"])
async def test_visits_outlast_what_they_name(redis: Redis, user: str) -> None:
    keys = Keys(partitions=2)
    visits = keys.visits(user)
    members = [str(member) for member in redis.zrange(visits, 0, -1)]
    key_of = {"s": keys.session, "b": keys.basket}
    named = [key_of[member[0]](user, member[2:]) for member in members]
    left_ms = ttls_ms(redis, [visits, *named])
    assert 0 < max(left_ms[key] for key in named) <= left_ms[visits]
