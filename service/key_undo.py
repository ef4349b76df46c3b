"""Taking back all that a write key's users did: after a key was abused."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from service.availability import store_answers
from service.model import Erasure
from service.senders import key_id_of_setting
from service.settings import Settings
from store.senders import SenderStore

USERS_AT_ONCE = 200
STEP_S = 1.0  # after which a step ends: a request has little more than two


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key by its id: what kind it is of ("" for one that is no longer set), and how many users it has brought."""

    key_id: str
    kind: str
    users: int


@dataclass(frozen=True, slots=True)
class KeyUndone:
    """What one step took back, and how many users of the key are `left`."""

    key_id: str
    users: int
    visits: int
    keys: int
    left: int


class KeyUndo:
    """Erases the users whom a key has brought, some at a time. Holds no state: who asks again goes on."""

    def __init__(
        self,
        settings: Settings,
        senders: SenderStore,
        erase: Callable[[str], Awaitable[Erasure]],
    ) -> None:
        self._kinds = _kinds(settings)
        self._senders = senders
        self._erase = erase

    async def keys(self) -> list[KeyUse]:
        """The keys that are set, and those that were and have brought users."""
        with store_answers():
            known = await self._senders.known()
        names = [*self._kinds, *(name for name in known if name not in self._kinds)]
        return [KeyUse(name, self._kinds.get(name, ""), known.get(name, 0)) for name in names]

    async def undo(self, key: str, since_ms: int = 0) -> KeyUndone:
        """Erases at most 200 of the users first seen with the key since then, as many as there is time for.

        Unavailable; then repeat it.
        """
        until = asyncio.get_running_loop().time() + STEP_S
        with store_answers():
            users = await self._senders.brought(key, since_ms, USERS_AT_ONCE)
        receipts = []
        for user in users:
            receipts.append(await self._erase(user))
            if asyncio.get_running_loop().time() > until:
                break
        with store_answers():
            left = await self._senders.how_many(key, since_ms)
        visits, keys = sum(each.visits for each in receipts), sum(each.keys for each in receipts)
        return KeyUndone(key, len(receipts), visits, keys, left)


def _kinds(settings: Settings) -> Mapping[str, str]:
    """The kind of each key that is set, by its id."""
    kinds = (
        ("write", settings.write_keys),
        ("server", settings.server_keys),
        ("admin", settings.admin_keys),
    )
    return {key_id_of_setting(key): kind for kind, keys in kinds for key in keys}
