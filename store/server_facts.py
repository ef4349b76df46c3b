"""What the server says of itself, each fact for itself: a managed or embedded one may hide some."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from store.connection import Calls, open_client
from store.errors import StoreUnavailable
from store.keys import Keys
from store.script import PARTS, source

SETTINGS = ("maxmemory", "maxmemory-policy", "appendonly", "appendfsync")


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """None and missing settings: the server does not say. `meta` is empty in an unused database."""

    version: str | None
    settings: Mapping[str, str]
    time_ms: int | None
    scripts_problem: str | None
    meta: Mapping[str, str]


def script_names() -> list[str]:
    """The scripts that can be run, without those that are only parts of others."""
    folder = files("store") / "scripts"
    names = (entry.name.removesuffix(".lua") for entry in folder.iterdir())
    return sorted(name for name in names if name not in PARTS)


async def server_facts(redis: Redis, keys: Keys, calls: Calls) -> ServerFacts:
    """Asks for each fact. StoreUnavailable when the server does not answer at all."""
    await calls.ask(redis.ping)
    info = await _said(calls, redis.info) or {}
    settings = _settings_of(info)
    for name in SETTINGS:
        settings |= await _said(calls, partial(redis.config_get, name)) or {}
    seconds, microseconds = await _said(calls, redis.time) or (None, 0)
    return ServerFacts(
        version=info.get("redis_version"),
        settings=settings,
        time_ms=None if seconds is None else seconds * 1000 + microseconds // 1000,
        scripts_problem=await _scripts_problem(redis),
        meta=await _said(calls, lambda: redis.hgetall(keys.meta)) or {},
    )


async def takes_strangers(url: str) -> bool:
    """Whether the server answers one who comes without a name and a password."""
    client = open_client(without_login(url))
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


def without_login(url: str) -> str:
    """The same server, as a stranger would call it."""
    parts = urlsplit(url)
    asked = [(k, v) for k, v in parse_qsl(parts.query) if k not in ("username", "password")]
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=urlencode(asked)).geturl()


def _settings_of(info: Mapping[str, Any]) -> dict[str, str]:
    """Those that stand in INFO too, for who may not ask for the configuration."""
    told = {}
    if "maxmemory_policy" in info:
        told["maxmemory-policy"] = str(info["maxmemory_policy"])
    if "aof_enabled" in info:
        told["appendonly"] = "yes" if info["aof_enabled"] else "no"
    return told


async def _said(calls: Calls, question: Callable[[], Awaitable[object]]) -> Any:
    """The answer in the caller's type; None where the server does not know or allow the command."""
    try:
        return await calls.ask(question)
    except ResponseError:
        return None
    except StoreUnavailable as error:
        if error.reason != "storage_refused":
            raise
        return None


async def _scripts_problem(redis: Redis) -> str | None:
    """Why a script cannot be loaded; None when all can."""
    for name in script_names():
        try:
            await redis.script_load(source(name))
        except RedisError as error:
            return f"{name}.lua: {error}"
    return None
