"""Opens everything that this package offers over one database."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from redis.asyncio import Redis
from redis.exceptions import RedisError

from store.catalogue import CatalogueStore
from store.connection import Calls, Clients
from store.dead_letters import DeadLetterStore
from store.errors import StoreUnavailable, unavailable
from store.events import EventType
from store.exporting import ExportStore
from store.imports import ImportStore
from store.inspection import InspectionStore
from store.item_state import ItemStore
from store.jobs import JobStore
from store.keys import Keys
from store.linked_client import connect_anew
from store.meta import Meta, agree
from store.models import ModelStore
from store.pushes import PushFeed
from store.rates import RateStore
from store.recording import EventStore, Limits
from store.rules import RuleStore
from store.script import Scripts, load_scripts
from store.senders import SenderStore
from store.served import ServedStore
from store.users import UserStore
from store.weights import WeightStore


@dataclass(frozen=True, slots=True)
class Store:
    """All stores of one database. Lives as long as the clients behind it."""

    meta: Meta
    calls: Calls
    events: EventStore
    senders: SenderStore
    users: UserStore
    exports: ExportStore
    items: ItemStore
    catalogue: CatalogueStore
    jobs: JobStore
    weights: WeightStore
    rules: RuleStore
    served: ServedStore
    models: ModelStore
    imports: ImportStore
    dead_letters: DeadLetterStore
    inspection: InspectionStore
    rates: RateStore
    feed: PushFeed


@asynccontextmanager
async def open_store(
    clients: Clients,
    keys: Keys,
    limits: Limits,
    types: Mapping[str, EventType],
    rng: random.Random,
    now_ms: int,
) -> AsyncIterator[Store]:
    """The stores, after the database has agreed to partitions and lives. Closes the clients at the end.

    Raises StoreUnavailable when Redis does not answer, StoreMismatch when this worker must not use the database.
    """
    redis, ttl_ms = clients.commands, limits.event_ttl_ms
    calls = Calls(rng, partial(connect_anew, redis))
    try:
        scripts, meta = await _agreed(redis, keys, ttl_ms, now_ms)
        yield Store(
            meta=meta,
            calls=calls,
            events=EventStore(redis, keys, limits, types, scripts),
            senders=SenderStore(redis, keys, calls),
            users=UserStore(redis, keys, scripts, calls, ttl_ms),
            exports=ExportStore(redis, keys, calls, ttl_ms),
            items=ItemStore(redis, keys, scripts, calls, ttl_ms),
            catalogue=CatalogueStore(redis, keys, calls, ttl_ms),
            jobs=JobStore(redis, keys, scripts, calls),
            weights=WeightStore(redis, keys, scripts, calls),
            rules=RuleStore(redis, keys, calls),
            served=ServedStore(redis, keys, scripts, calls),
            models=ModelStore(redis, keys, scripts, calls, ttl_ms),
            imports=ImportStore(redis, keys, calls, life_ms=2 * ttl_ms),
            dead_letters=DeadLetterStore(redis, keys, calls, life_ms=2 * ttl_ms),
            inspection=InspectionStore(redis, keys.prefix, calls),
            rates=RateStore.shared(redis, keys),
            feed=PushFeed(clients, calls, keys, rng),
        )
    finally:
        await clients.aclose()


async def _agreed(
    redis: Redis, keys: Keys, generation_ms: int, now_ms: int
) -> tuple[Scripts, Meta]:
    """The scripts in the server's dialect, and what the database and we agree to."""
    try:
        return await load_scripts(redis), await agree(redis, keys, generation_ms, now_ms)
    except RedisError as error:
        raise unavailable(error) or StoreUnavailable("storage_unavailable") from error
