"""Who a user is now: whoever they were merged into."""

from collections.abc import Sequence
from typing import cast

from redis.asyncio import Redis

from store.keys import Keys

ALIAS = "alias"
#: Chains are taken apart by the merge that makes them; while it does there may be one this long.
HOPS = 8


async def final_user(redis: Redis, keys: Keys, user: str) -> str:
    """The user behind all names: themselves unless they were merged. One round trip for each merge, and one."""
    for _ in range(HOPS):
        # (The driver's stubs know of no text.)
        alias = cast("str | None", await redis.hget(keys.profile(user), ALIAS))
        if alias is None:
            break
        user = alias
    return user


async def merged_into(redis: Redis, keys: Keys, user: str) -> Sequence[str]:
    """The other names that a user has now. Two round trips."""
    named = cast("list[str]", await redis.hkeys(keys.aliases(user)))
    async with redis.pipeline(transaction=False) as pipe:
        for name in named:
            pipe.hget(keys.profile(name), ALIAS)
        held = await pipe.execute()
    return [name for name, alias in zip(named, held, strict=True) if alias == user]
