"""The database's own facts, fixed when it is first used, and the guard that holds workers to them."""

import secrets
from dataclasses import dataclass
from typing import cast

from redis.asyncio import Redis

from store.errors import StoreMismatch
from store.keys import SCHEMA_VERSION, Keys


@dataclass(frozen=True, slots=True)
class Meta:
    """What every worker of a database must agree on. `secret` signs recommendation ids."""

    schema: int
    partitions: int
    generation_ms: int
    created_ms: int
    secret: str


async def agree(redis: Redis, keys: Keys, generation_ms: int, now_ms: int) -> Meta:
    """Writes the facts into an empty database, and refuses a database with other ones.

    Raises StoreMismatch. Two workers that start together write the same: the first field written wins.
    """
    # Read first: a worker must be able to start while memory is full. (The driver's stubs know of no text.)
    held = cast("dict[str, str]", await redis.hgetall(keys.meta))
    if not held:
        held = await _found(redis, keys, generation_ms, now_ms)
    meta = Meta(
        schema=int(held["schema"]),
        partitions=int(held["partitions"]),
        generation_ms=int(held["generation_ms"]),
        created_ms=int(held["created"]),
        secret=held["secret"],
    )
    _check(meta, keys, generation_ms)
    return meta


async def _found(redis: Redis, keys: Keys, generation_ms: int, now_ms: int) -> dict[str, str]:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hsetnx(keys.meta, "schema", str(SCHEMA_VERSION))
        pipe.hsetnx(keys.meta, "partitions", str(keys.partitions))
        pipe.hsetnx(keys.meta, "generation_ms", str(generation_ms))
        pipe.hsetnx(keys.meta, "created", str(now_ms))
        pipe.hsetnx(keys.meta, "secret", secrets.token_hex(16))
        pipe.hgetall(keys.meta)
        held: dict[str, str] = (await pipe.execute())[-1]
    return held


def _check(meta: Meta, keys: Keys, generation_ms: int) -> None:
    if meta.schema != SCHEMA_VERSION:
        raise StoreMismatch(
            f"the database has schema {meta.schema}, this program speaks {SCHEMA_VERSION}: use the program that "
            "made it, or an empty database"
        )
    if meta.partitions != keys.partitions:
        raise StoreMismatch(
            f"the database has {meta.partitions} partitions, TANDEM_PARTITIONS asks for {keys.partitions}: the "
            "number is fixed when a database is first used"
        )
    if meta.generation_ms != generation_ms:
        raise StoreMismatch(
            f"the database's events live {meta.generation_ms // 1000} s, TANDEM_EVENT_TTL_S asks for "
            f"{generation_ms // 1000}: the length is fixed when a database is first used"
        )
