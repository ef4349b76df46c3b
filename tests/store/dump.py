"""Reads a whole database, fake or real, into plain values: the form of `Model.dump`."""

from typing import Any

from redis import Redis


def dump(redis: Redis, prefix: str) -> dict[str, Any]:
    """Every key under the prefix: hashes and sorted sets as dicts, lists as lists, strings, sets, streams.

    But for how far each process has sent: that is none of what was recorded.
    """
    keys = _recorded(redis, prefix)
    return dict(zip(keys, _values(redis, keys, types(redis, keys)), strict=True))


def names(redis: Redis, prefix: str) -> list[str]:
    return sorted(redis.scan_iter(match=f"{prefix}*", count=10_000))


def _recorded(redis: Redis, prefix: str) -> list[str]:
    return [key for key in names(redis, prefix) if ":recorded:" not in key]


def types(redis: Redis, keys: list[str]) -> list[str]:
    """The Redis type of each key, in order."""
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.type(key)
        found: list[str] = pipe.execute()
    return found


def ttls_ms(redis: Redis, keys: list[str]) -> dict[str, int]:
    """What each key has left to live; -1 for ever."""
    with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.pttl(key)
        return dict(zip(keys, pipe.execute(), strict=True))


def age(redis: Redis, prefix: str, ms: int) -> None:
    """Take so much of every key's life. How far each process has sent is kept by real time."""
    lives_ms = ttls_ms(redis, _recorded(redis, prefix))
    with redis.pipeline(transaction=False) as pipe:
        for key, ttl_ms in lives_ms.items():
            if ttl_ms >= 0:
                pipe.pexpire(key, ttl_ms - ms)
        pipe.execute()


def _values(redis: Redis, keys: list[str], kinds: list[str]) -> list[Any]:
    with redis.pipeline(transaction=False) as pipe:
        for key, kind in zip(keys, kinds, strict=True):
            _ask(pipe, key, kind)
        answers = pipe.execute()
    return [
        dict(answer) if kind == "zset" else answer
        for answer, kind in zip(answers, kinds, strict=True)
    ]


def _ask(pipe: Any, key: str, kind: str) -> None:
    if kind == "hash":
        pipe.hgetall(key)
    elif kind == "zset":
        pipe.zrange(key, 0, -1, withscores=True)
    elif kind == "list":
        pipe.lrange(key, 0, -1)
    elif kind == "stream":
        pipe.xrange(key)
    elif kind == "set":
        pipe.smembers(key)
    else:
        pipe.get(key)
