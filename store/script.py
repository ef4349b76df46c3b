"""Loads the Lua scripts and runs them by digest.

Lua is source: each script is a file beside this one, with its keys, arguments and result in its head comment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from store.errors import unavailable
from store.linked_client import ask_together

_SHEBANG = "#!lua{flags}\n"
_READS = " flags=no-writes"  # goes on when memory is full
_FREES = " flags=allow-oom"  # what frees memory must not need any
# What stands in front of a script: rules that several share, or that would make one file too long.
_IN_FRONT = {"record": ("counting", "limits"), "erase_visit": ("counting",)}
PARTS = frozenset(part for parts in _IN_FRONT.values() for part in parts)


def source(name: str) -> str:
    """The whole text of a script, with the parts that it needs in front."""
    folder = files("store") / "scripts"
    names = (*_IN_FRONT.get(name, ()), name)
    return "".join((folder / f"{part}.lua").read_text(encoding="utf8") for part in names)


class Script:
    """One script on one server. Lives as long as the client."""

    def __init__(self, redis: Redis, text: str) -> None:
        self._redis = redis
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, key: str, arguments: Sequence[str | int]) -> Any:
        """One round trip; two after the server has lost its scripts (restart, failover, flush)."""
        try:
            return await self._redis.evalsha(self.digest, 1, key, *arguments)
        except NoScriptError:
            return await self._redis.eval(self.text, 1, key, *arguments)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a script, to be sent together with others."""

    script: Script
    key: str
    arguments: Sequence[str | int]


async def run_together(redis: Redis, runs: Sequence[Run]) -> list[Any]:
    """Runs scripts that only read, in one round trip; two after the server has lost its scripts."""
    try:
        return await ask_together(
            redis, [("EVALSHA", r.script.digest, 1, r.key, *r.arguments) for r in runs]
        )
    except NoScriptError:
        return await ask_together(
            redis, [("EVAL", r.script.text, 1, r.key, *r.arguments) for r in runs]
        )


class Scripts:
    """All scripts of the store, in the dialect that the server knows."""

    def __init__(self, redis: Redis, *, shebang: bool) -> None:

        def script(name: str, flags: str = "") -> Script:
            start = _SHEBANG.format(flags=flags) if shebang else ""
            return Script(redis, start + source(name))

        self.record = script("record")
        self.erase_visit = script("erase_visit", _FREES)
        self.erase_user = script("erase_user", _FREES)
        self.merge_open = script("merge_open")
        self.merge_alias = script("merge_alias")
        self.merge_copy = script("merge_copy")
        self.merge_close = script("merge_close")
        self.merge_abort = script("merge_abort", _FREES)
        self.merge_strip = script("merge_strip", _FREES)
        self.lease = script("lease")
        self.learn = script("learn")
        self.replace_weights = script("replace_weights")
        self.served = script("served")
        self.switch = script("switch")
        self.write_lists = script("write_lists")
        self.neighbours = script("neighbours", _READS)
        self.supports = script("supports", _READS)
        self.postings = script("postings", _READS)
        self.users = script("users", _READS)
        self.lists = script("lists", _READS)


async def load_scripts(redis: Redis) -> Scripts:
    """Asks the server whether it knows `#!lua`, which has a whole script refused when memory is full.

    Redis before 7 and the embedded toy store do not; there a script is checked at its first write.
    """
    try:
        await redis.eval(_SHEBANG.format(flags=_READS) + "return 1", 0)
    except ResponseError as error:
        if unavailable(error):
            raise
        return Scripts(redis, shebang=False)
    return Scripts(redis, shebang=True)
