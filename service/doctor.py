"""Says whether Redis and the settings are fit for real data, and what to do where they are not."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Literal

from service.model import Quality
from service.rulebook import RuleReader, slips
from service.settings import Settings
from service.strategies import Strategies
from service.strategy_files import UnusableStrategy, strategies_at
from service.weight_control import TELLING, quality_of
from service.weights import LAST_ACTS
from store.catalogue import CatalogueStore
from store.connection import Calls, open_client
from store.errors import StoreUnavailable
from store.keys import SCHEMA_VERSION, Keys
from store.rules import RuleStore
from store.server_facts import ServerFacts, server_facts
from store.weights import Sums, read_weights

Level = Literal["ok", "open", "warn", "fail"]

OLDEST_VERSION = (6, 2)
CLOCK_WARN_MS = 2_000
CLOCK_FAIL_MS = 300_000  # beyond it events count as coming from the future
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the report; `advice` is empty where all is well. `open`: it is too soon to tell."""

    level: Level
    name: str
    found: str
    advice: str = ""


async def examine(settings: Settings, url: str, clock: Callable[[], int]) -> list[Check]:
    """All checks, the most fundamental first. Never raises for what it finds."""
    return [*await examine_redis(settings, url, clock), *check_settings(settings)]


async def examine_redis(settings: Settings, url: str, clock: Callable[[], int]) -> list[Check]:
    """What the server and the database say; one failure when there is no answer."""
    keys = Keys(settings.key_prefix, settings.partitions)
    client, calls = open_client(url), Calls(random.Random())
    try:
        facts = await server_facts(client, keys, calls)
        names = [each.name for each in _strategies(settings)]
        places = [(name, last) for name in names for last in LAST_ACTS]
        learned = await read_weights(client, keys, calls, places)
        rules = RuleReader().rules(await RuleStore(client, keys, calls).read())
        unsure = await slips(
            rules, CatalogueStore(client, keys, calls, settings.event_ttl_s * 1000)
        )
    except StoreUnavailable as error:
        advice = "Start Redis, or correct TANDEM_REDIS_URL."
        return [Check("fail", "Redis", f"no answer ({error.reason})", advice)]
    finally:
        await client.aclose()
    sums = [(name, each.sums) for (name, _), each in zip(places, learned, strict=True)]
    return [
        *check_server(facts, clock()),
        *check_database(facts, settings),
        *check_rules(unsure),
        *check_quality(sums),
    ]


def check_server(facts: ServerFacts, now_ms: int) -> Iterator[Check]:
    """Version, memory, durability, scripts and clock."""
    yield _version(facts.version)
    yield _policy(facts.settings)
    yield _durability(facts.settings)
    if facts.scripts_problem is None:
        yield Check("ok", "scripts", "load")
    else:
        yield Check(
            "fail", "scripts", facts.scripts_problem, "Allow EVAL, EVALSHA and SCRIPT LOAD."
        )
    yield _clock(facts.time_ms, now_ms)


def check_database(facts: ServerFacts, settings: Settings) -> Iterator[Check]:
    """Whether this program may use what is stored there."""
    if not facts.meta:
        yield Check(
            "ok", "database", f"empty: the first start fixes {settings.partitions} partitions"
        )
        return
    wanted = {
        "schema": SCHEMA_VERSION,
        "partitions": settings.partitions,
        "generation_ms": settings.event_ttl_s * 1000,
    }
    advice = {
        "schema": "Use the program that made it, or an empty database.",
        "partitions": f"Set TANDEM_PARTITIONS={facts.meta.get('partitions')}: it cannot change.",
        "generation_ms": "Set TANDEM_EVENT_TTL_S to what it was: it cannot change.",
    }
    for name, value in wanted.items():
        held = facts.meta.get(name, "nothing")
        if held == str(value):
            yield Check("ok", name, held)
        else:
            yield Check("fail", name, f"{held}, this program has {value}", advice[name])


def check_quality(sums: Sequence[tuple[str, Sums]]) -> Iterator[Check]:
    """How well each strategy predicts what users do next, by name; nothing of one that has not predicted yet."""
    for strategy in dict.fromkeys(name for name, _ in sums):
        quality = quality_of([each for name, each in sums if name == strategy])
        if quality is not None:
            yield _quality(f"quality of {strategy}", quality)


def check_rules(slips: Sequence[str]) -> Iterator[Check]:
    """What the shop's rules name and nobody knows; nothing where there are no such rules."""
    advice = "Correct the item id: PUT /admin/rules replaces all rules."
    for slip in slips:
        yield Check("warn", "rules", slip.rstrip("."), advice)


def check_settings(settings: Settings) -> Iterator[Check]:
    """Who may call, and from where; which strategies there are."""
    if settings.demo_open:
        advice = "Unset TANDEM_DEMO_OPEN wherever real people are served."
        yield Check("warn", "TANDEM_DEMO_OPEN", "everybody may do everything", advice)
    elif not settings.keyed and (settings.host == "localhost" or is_loopback(settings.host)):
        advice = "Set TANDEM_WRITE_KEYS, TANDEM_SERVER_KEYS and TANDEM_ADMIN_KEYS to open it."
        yield Check("warn", "keys", "none: this machine's own clients only", advice)
    elif not settings.keyed:
        yield Check("fail", "keys", f"none, but {settings.host} is open to others", OPEN_ADVICE)
    else:
        yield Check("ok", "keys", "set")
    if settings.strategies:
        yield _strategy_files(settings)
    if settings.token_secret and len(settings.token_secret.encode()) < SECRET_BYTES:
        advice = f"Use {SECRET_BYTES} random bytes or more."
        yield Check("fail", "TANDEM_TOKEN_SECRET", "too short", advice)


def _strategies(settings: Settings) -> Strategies:
    """Those that the settings offer, or those in code where the files cannot be used."""
    try:
        return strategies_at(settings.strategies)
    except UnusableStrategy:
        return Strategies()


def _strategy_files(settings: Settings) -> Check:
    try:
        names = [each.name for each in strategies_at(settings.strategies)]
    except UnusableStrategy as error:
        advice = "Mend or remove the file."
        return Check("fail", "TANDEM_STRATEGIES", str(error).rstrip("."), advice)
    return Check("ok", "strategies", ", ".join(names))


OPEN_ADVICE = (
    "Set TANDEM_WRITE_KEYS, TANDEM_SERVER_KEYS and TANDEM_ADMIN_KEYS, "
    "or TANDEM_DEMO_OPEN=1 for a demo without real data."
)


@lru_cache(maxsize=1_024)
def is_loopback(address: str) -> bool:
    """Whether the address is this machine's for itself: who listens there is reached by nobody else,
    and who calls from there is here. False for what is no IP address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def _quality(name: str, quality: Quality) -> Check:
    if quality.predictions < TELLING:
        # Old predictions fade, so that they are seldom a whole number.
        found = f"too few to tell ({quality.predictions:,.0f} of {TELLING} predictions)"
        return Check("open", name, found)
    found = (
        f"HR@20 {quality.hit_rate:.2f}, MRR@20 {quality.reciprocal_rank:.2f} "
        f"over the newest {quality.predictions:,.0f} predictions"
    )
    return Check("ok", name, found)


def _version(version: str | None) -> Check:
    if version is None:
        return Check(
            "warn", "Redis", "answers, hides its version", "Tandem needs Redis 6.2 or newer."
        )
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if numbers < OLDEST_VERSION:
        return Check("fail", "Redis", version, "Tandem needs Redis 6.2 or newer.")
    return Check("ok", "Redis", version)


def _policy(held: Mapping[str, str]) -> Check:
    name = "maxmemory-policy"
    policy = held.get(name)
    if policy is None:
        return Check("warn", name, "hidden", "Make sure that it is noeviction.")
    if policy != "noeviction":
        advice = "redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf."
        return Check("fail", name, f"{policy}: counts may vanish without a word", advice)
    return Check("ok", name, policy)


def _durability(held: Mapping[str, str]) -> Check:
    name = "appendonly"
    if name not in held:
        return Check("warn", name, "hidden", "Events may be lost when the server ends.")
    if held[name] != "yes":
        advice = "appendonly yes and appendfsync always, or a restart loses events."
        return Check("warn", name, "no", advice)
    if held.get("appendfsync") != "always":
        advice = "appendfsync always: with everysec a power cut loses acknowledged events."
        return Check("warn", "appendfsync", held.get("appendfsync", "hidden"), advice)
    return Check("ok", name, "yes, appendfsync always")


def _clock(server_ms: int | None, now_ms: int) -> Check:
    if server_ms is None:
        return Check("warn", "clock", "the server hides its own", "Compare the clocks by hand.")
    offset_ms = server_ms - now_ms
    found = f"Redis is {abs(offset_ms)} ms {'ahead' if offset_ms >= 0 else 'behind'}"
    if abs(offset_ms) >= CLOCK_FAIL_MS:
        return Check("fail", "clock", found, "Set the clock: run NTP on both machines.")
    if abs(offset_ms) >= CLOCK_WARN_MS:
        return Check("warn", "clock", found, "Run NTP on both machines.")
    return Check("ok", "clock", found)
