"""What was turned away for good, for people to look at: ids and reasons, and nothing of what was written freely."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis

from store.connection import Calls
from store.errors import driver_errors_translated
from store.keys import Keys

LETTERS_KEPT = 10_000
_PAGE = 1_000
_OPTIONAL = ("field", "user", "item", "type", "event_id")
Entry = tuple[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record: when (ms) and where it came from, its row there, why, and what ids could be made out ("": none)."""

    at_ms: int
    source: str
    row: int
    reason: str
    field: str = ""
    user: str = ""
    item: str = ""
    type: str = ""
    event_id: str = ""


class DeadLetterStore:
    """Keeps the newest letters. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, calls: Calls, life_ms: int) -> None:
        self._redis = redis
        self._key = keys.dead_letters
        self._calls = calls
        self._life_ms = life_ms

    async def add(self, letters: Sequence[DeadLetter]) -> None:
        """Adds letters in order. One round trip, tried once: repeated after a lost answer they would stand there twice.

        Raises StoreUnavailable.
        """
        with driver_errors_translated():
            async with self._redis.pipeline(transaction=False) as pipe:
                for letter in letters:
                    pipe.xadd(self._key, _fields(letter), maxlen=LETTERS_KEPT, approximate=True)
                pipe.pexpire(self._key, self._life_ms)
                await pipe.execute()

    async def count(self) -> int:
        """How many are kept. One round trip."""
        held: int = await self._calls.ask(lambda: self._redis.xlen(self._key))
        return held

    async def newest(self, count: int, before: str = "") -> list[tuple[str, DeadLetter]]:
        """Letters by their ids, the newest first; only those older than the id `before`. One round trip."""
        end = f"({before}" if before else "+"
        entries: list[Entry] = await self._calls.ask(
            lambda: self._redis.xrevrange(self._key, end, "-", count)
        )
        return [(name, _letter(fields)) for name, fields in entries]

    async def of(self, user: str) -> list[DeadLetter]:
        """The letters of a user, the oldest first. A round trip a thousand letters."""
        return [_letter(fields) async for own in self._own(user) for _, fields in own]

    async def forget(self, user: str) -> int:
        """Removes the letters of a user; how many. A round trip a thousand letters, and one for each that has some."""
        removed = 0
        async for own in self._own(user):
            names = [name for name, _ in own]
            await self._calls.ask(partial(self._redis.xdel, self._key, *names))
            removed += len(names)
        return removed

    async def _own(self, user: str) -> AsyncIterator[list[Entry]]:
        """A user's letters, those of each page that has some."""
        after = "-"
        while entries := await self._page(after):
            own = [entry for entry in entries if entry[1].get("user") == user]
            if own:
                yield own
            after = f"({entries[-1][0]}"

    async def _page(self, after: str) -> list[Entry]:
        entries: list[Entry] = await self._calls.ask(
            lambda: self._redis.xrange(self._key, after, "+", _PAGE)
        )
        return entries


def _fields(letter: DeadLetter) -> dict[Any, Any]:
    """What is known of it, as the driver's stubs want it; the ids that could not be made out are left out."""
    known: dict[Any, Any] = {
        "at": letter.at_ms,
        "source": letter.source,
        "row": letter.row,
        "reason": letter.reason,
    }
    return known | {name: getattr(letter, name) for name in _OPTIONAL if getattr(letter, name)}


def _letter(fields: Mapping[str, str]) -> DeadLetter:
    optional = {name: fields[name] for name in _OPTIONAL if name in fields}
    return DeadLetter(
        int(fields["at"]), fields["source"], int(fields["row"]), fields["reason"], **optional
    )
