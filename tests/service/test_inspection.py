"""What is shown is what Redis holds, and the line beside it shows the same."""

import asyncio
import random
import re
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from service.inspection import Inspection, Table, duration, open_inspection, redis_cli
from service.redis_ladder import RedisPlace
from service.settings import Settings
from store import keys as key_table
from store.catalogue import CatalogueStore
from store.connection import Calls, open_client
from store.embedded import embedded_redis
from store.events import DEFAULT_EVENT_TYPES, Event, type_table
from store.inspection import FAMILIES, NEIGHBOURS_SHOWN, UNKNOWN_FAMILY, family_of
from store.keys import Keys
from store.recording import EventStore, Limits
from store.script import load_scripts

NOW_MS = 1_760_000_000_000
RULES = '[{"kind": "pin", "item": "tent", "place": 1}]'
SHOWN = "1760000000001|balanced||tent stove"


@pytest.fixture(params=["embedded", pytest.param("given", marks=pytest.mark.real_redis)])
def place(request: pytest.FixtureRequest) -> Iterator[RedisPlace]:
    if request.param == "given":
        yield RedisPlace(request.getfixturevalue("real_redis_url"), "private", "")
        return
    with embedded_redis() as url:
        yield RedisPlace(url, "embedded", "")


@pytest.fixture
async def redis(place: RedisPlace) -> AsyncIterator[Redis]:
    client = open_client(place.url)
    yield client
    await client.aclose()


@pytest.fixture
async def inspection(place: RedisPlace, redis: Redis) -> AsyncIterator[Inspection]:
    """Of a database in which u viewed a tent and bought a lamp."""
    types = type_table(DEFAULT_EVENT_TYPES)
    store = EventStore(redis, Keys(), Limits(), types, await load_scripts(redis))
    for number, (item, kind) in enumerate([("tent", "view"), ("lamp", "purchase")]):
        at_ms = NOW_MS + number
        await store.record([Event("u", item, kind, f"e{number}", "f", at_ms, at_ms, "s1")])
    catalogue = CatalogueStore(redis, Keys(), Calls(random.Random(1)), Limits().event_ttl_ms)
    await catalogue.put({"tent": {"title": "Tent", "price": 99.5}}, NOW_MS)
    await redis.set(Keys().rules, RULES)
    await redis.lpush(Keys().served("u"), SHOWN)
    await redis.hset(Keys().models, mapping={"walk": 7, "walk:7": 1})
    near = " ".join(f"near{place} 0.1" for place in range(20))
    await redis.set(f"{Keys().written('walk', 7)}:lamp", f"{near} tent 0.05")
    async with open_inspection(Settings(), place, lambda: NOW_MS + 2) as opened:
        yield opened


def shell(line: str) -> list[str]:
    """The words that a command line prints."""
    return subprocess.run(
        line, shell=True, capture_output=True, text=True, check=True
    ).stdout.split()


def table(tables: list[Table], title: str) -> Table:
    return next(each for each in tables if each.title == title)


async def test_a_user_is_shown_with_history_sessions_and_baskets(inspection: Inspection) -> None:
    tables = await inspection.user("u")
    assert [row[0] for row in table(tables, "history").rows] == ["e1|purchase|lamp", "e0|view|tent"]
    assert table(tables, "session s1").rows[0][0].endswith("tent|view|0 lamp|purchase|0")
    assert any(each.title.startswith("basket #") for each in tables)
    assert ("n:view", "1") in table(tables, "profile").rows
    assert table(tables, "lists shown").rows == ((SHOWN,),)


async def test_times_are_shown_for_people_too(inspection: Inspection) -> None:
    (_, newest), *_ = table(await inspection.user("u"), "history").rows
    assert newest == "1760000000001  2025-10-09 08:53:20"


async def test_an_item_is_shown_with_its_counts(inspection: Inspection) -> None:
    tables = await inspection.item("tent")
    assert ("title", '"Tent"') in table(tables, "catalogue").rows
    assert table(tables, "view pairs").rows[0] == (">*", "12")
    assert ("lamp", "1") in table(tables, "conversion pairs").rows
    assert table(tables, "sessions").rows == (("u:s1",),)


async def test_of_nobody_nothing_is_shown(inspection: Inspection) -> None:
    assert await inspection.user("nobody") == []
    assert await inspection.item("nothing") == []


async def test_the_keys_are_counted_by_the_key_table(inspection: Inspection) -> None:
    rows = {row[0]: row for row in (await inspection.keys(10_000)).rows}
    assert rows["{p}:history:USER"][1:3] == ("zset", "1")
    assert rows["item:ITEM"][4] == "1"
    assert "13." in rows["{p}:profile:USER"][3] or "14." in rows["{p}:profile:USER"][3]
    assert UNKNOWN_FAMILY not in rows


async def test_a_stranger_among_the_keys_is_noticed(inspection: Inspection, redis: Redis) -> None:
    await redis.set("tandem:stranger", "1")
    assert (await inspection.keys(10_000)).rows[-1][:3] == (UNKNOWN_FAMILY, "string", "1")


async def test_a_census_of_many_keys_says_where_it_ended(
    inspection: Inspection, redis: Redis
) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(5_000):
            pipe.set(f"tandem:item:{number}", "1")
        await pipe.execute()
    assert "more are there" in (await inspection.keys(1_000)).title


async def test_the_line_beside_the_keys_looks_for_the_prefix_that_is_set(place: RedisPlace) -> None:
    settings = Settings(key_prefix="shop-2:")
    async with open_inspection(settings, place, lambda: NOW_MS) as inspection:
        line = (await inspection.keys(10)).line
    assert line.endswith("--scan --pattern 'shop-2:*'")


@pytest.mark.real_redis
async def test_a_line_shows_in_redis_cli_what_the_table_shows(real_redis_url: str) -> None:
    place = RedisPlace(real_redis_url, "private", "")
    client = open_client(real_redis_url)
    await client.hset("tandem:{0}:profile:u", "rev", "17")
    await client.aclose()
    async with open_inspection(Settings(), place, lambda: NOW_MS) as inspection:
        (profile,) = await inspection.user("u")
    assert await asyncio.to_thread(shell, profile.line) == ["rev", "17"]


def test_the_line_of_a_given_redis_shows_no_password() -> None:
    assert "secret" not in redis_cli("redis://:secret@host/0")
    assert "secret" not in redis_cli("unix:///a.sock?password=secret")
    assert redis_cli("unix:///a%20b.sock") == "redis-cli -s '/a b.sock'"


def test_the_families_are_the_rows_of_the_key_table() -> None:
    text = key_table.__doc__ or ""
    rows = re.findall(r"^(\S+) +(?:hash|zset|string|list|stream) ", text, re.MULTILINE)
    assert sorted(rows) == sorted(FAMILIES)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("{0}:pairs:view:1455:tent-4p", "{p}:pairs:KIND:GEN:ITEM"),
        ("{12}:sessions:1455:a.b", "{p}:sessions:GEN:ITEM"),
        ("{0}:session:u:s1#2", "{p}:session:USER:NAME"),
        ("job:import:0f", "job:import:DIGEST"),
        ("job:current", "job:current"),
        ("job:ab12", "job:ID"),
        ("itemsx", UNKNOWN_FAMILY),
    ],
)
def test_a_key_belongs_to_one_row(name: str, family: str) -> None:
    assert family_of(name) == family


def test_a_duration_has_one_unit() -> None:
    assert [duration(ms) for ms in (5, 1_500, 90_000, 5_400_000, 129_600_000)] == [
        "5 ms",
        "1.5 s",
        "1.5 min",
        "1.5 h",
        "1.5 d",
    ]


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        (("viewed_next", "lamp", "tent", "u"), "12"),
        (("viewed_together", "tent", "lamp", "u"), "12"),
        (("bought_after_viewing", "lamp", "tent", "u"), "1"),
        (("trending", "tent", "", "u"), "1"),
        (("similar_sessions", "tent", "", "u"), "u:s1"),
        (("seen_before", "tent", "", "u"), "e1|purchase|lamp"),
        (("pinned", "tent", "", "u"), RULES),
        (("related_to", "tent", "lamp", "u"), "tent"),
        (("newest", "tent", "", "u"), f"{NOW_MS}  2025-10-09 08:53:20"),
    ],
)
async def test_the_evidence_behind_a_reason_is_shown(
    inspection: Inspection, claim: tuple[str, str, str, str], shown: str
) -> None:
    assert shown in [row[0] for table in await inspection.evidence(*claim) for row in table.rows]


async def test_of_a_long_list_the_evidence_is_what_it_says_of_the_item_shown(
    inspection: Inspection,
) -> None:
    (own,) = await inspection.evidence("related_to", "tent", "lamp", "u")
    assert own.rows == (("tent", "0.05"),)
    assert own.line.endswith("GET tandem:walk:7:lamp")
    listed = table(await inspection.item("lamp"), own.title)
    assert listed.rows[0] == ("near0", "0.1")
    assert len(listed.rows) == NEIGHBOURS_SHOWN


async def test_the_baskets_behind_a_reason_are_counted(inspection: Inspection) -> None:
    (own,) = await inspection.evidence("bought_together", "tent", "lamp", "u")
    assert (own.title, own.rows) == ("baskets that hold the named item", (("1",),))


async def test_where_nothing_is_found_the_first_line_to_look_at_is_shown(
    inspection: Inspection,
) -> None:
    (table,) = await inspection.evidence("similar_to", "lamp", "tent", "u")
    assert table.line.endswith("ZSCORE tandem:similar:tent lamp")
    assert await inspection.evidence("no_such_code", "lamp", "tent", "u") == []


async def test_a_revision_is_shown_as_the_number_that_it_is(inspection: Inspection) -> None:
    (profile, *_) = await inspection.user("u")
    (revision,) = [value for field, value in profile.rows if field == "rev"]
    assert revision.isdecimal()


async def test_counts_of_the_generation_before_say_how_much_they_still_count(
    redis: Redis, inspection: Inspection
) -> None:
    generation = NOW_MS // Limits().event_ttl_ms
    await redis.hset(Keys().pairs(0, "view", generation - 1, "tent"), ">lamp", "24")
    now, before = await inspection.evidence("viewed_next", "lamp", "tent", "u")
    assert (now.rows, before.rows) == ((("12",),), (("24",),))
    assert re.search(r", generation before \(counts \d+%\)$", before.title)
