"""Says whether Redis and the settings are fit for real data, and what to do where they are not."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence

from service.check import Check
from service.exposure import check_callers, check_redis_reach, leaves_machine
from service.model import Quality
from service.rulebook import RuleReader, slips
from service.server_checks import check_server
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
from store.server_facts import ServerFacts, server_facts, takes_strangers
from store.weights import Sums, read_weights


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
    reach: Iterable[Check] = ()
    if leaves_machine(url):
        strangers = await takes_strangers(url)
        reach = check_redis_reach(settings, url, takes_strangers=strangers)
    sums = [(name, each.sums) for (name, _), each in zip(places, learned, strict=True)]
    return [
        *check_server(facts, settings, clock()),
        *reach,
        *check_database(facts, settings),
        *check_rules(unsure),
        *check_quality(sums),
    ]


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
    yield from check_callers(settings)
    if settings.strategies:
        yield _strategy_files(settings)


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
