"""Strict mode: a write is acknowledged when replicas hold it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from store.errors import StoreUnavailable
from store.script import Script


@dataclass(frozen=True, slots=True)
class Replication:
    """So many replicas must confirm a write, within that time. 0: none is asked."""

    replicas: int
    timeout_ms: int


NOT_ASKED = Replication(0, 200)


async def run_replicated(
    redis: Redis, script: Script, key: str, arguments: Sequence[str | int], wanted: Replication
) -> Any:
    """Runs a script that writes, or answers a number where it did not, and waits for the replicas on the same
    connection. One round trip.

    Raises StoreUnavailable("not_replicated") when too few confirm in time: it is written here, and may be lost in a
    failover. Repeating it is safe, and asks the replicas anew.
    """
    try:
        answer, confirmed = await _once(redis, ("EVALSHA", script.digest), key, arguments, wanted)
    except NoScriptError:
        # Not loaded by a command of its own: that may reach another server, where a failover is under way.
        answer, confirmed = await _once(redis, ("EVAL", script.text), key, arguments, wanted)
    if not isinstance(answer, int) and confirmed < wanted.replicas:
        raise StoreUnavailable("not_replicated")
    return answer


async def _once(
    redis: Redis,
    command: tuple[str, str],
    key: str,
    arguments: Sequence[str | int],
    wanted: Replication,
) -> tuple[Any, int]:
    async with redis.pipeline(transaction=False) as pipe:
        # WAIT asks for this connection's last write: a script that writes nothing would be confirmed unseen.
        pipe.execute_command(*command, 1, key, *arguments)
        pipe.execute_command("WAIT", wanted.replicas, wanted.timeout_ms)
        answer, confirmed = await pipe.execute()
    return answer, int(confirmed)
