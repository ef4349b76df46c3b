"""The doctor finds what would lose or expose data, and says what to do."""

import random
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import open_recommender
from service.check import Check
from service.doctor import check_database, check_quality, examine
from service.model import Item, NewEvent
from service.rules import Rule
from service.settings import Settings
from store.embedded import embedded_redis
from store.server_facts import ServerFacts
from store.weights import Sums
from tests.clock import Clock
from tests.redis_server import running_redis_server

KEY = "k" * 16
SOUND = {
    "maxmemory": "0",
    "maxmemory-policy": "noeviction",
    "appendonly": "yes",
    "appendfsync": "always",
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def named(checks: Any) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_database_of_another_shape_is_refused() -> None:
    meta = {"schema": "1", "partitions": "4", "generation_ms": "1209600000"}
    facts = ServerFacts("7.2", SOUND, 0, None, meta)
    checks = named(check_database(facts, Settings()))
    assert checks["partitions"].level == "fail"
    assert "TANDEM_PARTITIONS=4" in checks["partitions"].advice
    assert checks["generation_ms"].level == "ok"


def test_the_quality_of_each_strategy_is_told_in_one_line() -> None:
    sums = [
        ("balanced", Sums(8_000, 4_100, 1_400)),
        ("balanced", Sums(100, 31, 12)),
        ("fast", Sums()),
    ]
    (check,) = check_quality(sums)
    told = "HR@20 0.51, MRR@20 0.17 over the newest 8,100 predictions"
    assert check == Check("ok", "quality of balanced", told)


def test_of_a_few_predictions_it_is_said_that_they_tell_nothing_yet() -> None:
    (few,) = check_quality([("balanced", Sums(1, 1, 1))])
    told = "too few to tell (1 of 200 predictions)"
    assert few == Check("open", "quality of balanced", told)
    (enough,) = check_quality([("balanced", Sums(200, 100, 50))])
    assert enough.level == "ok"


async def test_quality_is_read_from_the_store(clock: Clock) -> None:
    with embedded_redis() as url:
        settings = Settings(redis_url=url, learn_rate=100_000)
        async with open_recommender(settings, clock, rng=random.Random(1)) as tandem:
            for item in ("a", "b", "c"):
                await tandem.recommender.record([NewEvent("ann", item, "view")])
        told = [check for check in await examine(settings, url, now_ms) if "quality" in check.name]
    assert {check.level for check in told} == {"open"}
    assert all(re.search("[12] of 200 predictions", check.found) for check in told)


async def test_a_rule_of_an_item_that_nobody_knows_is_named(clock: Clock) -> None:
    with embedded_redis() as url:
        settings = Settings(redis_url=url)
        async with open_recommender(settings, clock) as tandem:
            await tandem.recommender.put_items([Item("tent")])
            await tandem.rules.replace([Rule("pin", item=i, place=1) for i in ("tent", "tnet")])
        found = [check for check in await examine(settings, url, now_ms) if check.name == "rules"]
    assert [(check.level, check.found.partition(":")[0]) for check in found] == [
        ("warn", "The pin of tnet")
    ]
    assert found[0].advice


async def test_no_redis_is_the_first_finding() -> None:
    first, *others = await examine(Settings(), "redis://127.0.0.1:1/0", now_ms)
    assert (first.level, first.name) == ("fail", "Redis")
    assert [check.name for check in others] == ["keys"]


async def test_the_toy_store_hides_most_but_works() -> None:
    with embedded_redis() as url:
        checks = named(await examine(Settings(), url, now_ms))
    assert checks["scripts"].level == "ok"
    assert checks["clock"].level == "ok"
    assert checks["appendonly"].level == "warn"


@pytest.mark.real_redis
async def test_a_server_as_we_start_it_is_ok(tmp_path: Path) -> None:
    with running_redis_server(tmp_path) as running:
        checks = await examine(Settings(admin_keys=(KEY,)), running.url, now_ms)
    # How old the server is, is the machine's affair.
    assert {check.level for check in checks if check.name != "Redis"} == {"ok"}, checks


@pytest.mark.real_redis
async def test_a_server_that_forgets_is_found_out(tmp_path: Path) -> None:
    options = ("--maxmemory-policy", "allkeys-lru", "--appendonly", "no")
    with running_redis_server(tmp_path, *options) as running:
        checks = named(await examine(Settings(), running.url, now_ms))
    assert checks["maxmemory-policy"].level == "fail"
    assert checks["appendonly"].level == "fail"
    shutil.rmtree(tmp_path)
