"""One socket from its opening to its end, and all of this worker's sockets."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from service.model import Push
from web.sockets.allowance import Allowance
from web.sockets.line import Line
from web.tokens import Identity


@dataclass(slots=True, eq=False)
class Connection:
    """A socket. It has no identity until it has authenticated, and gets no lists before `ready`; those with what
    each feature adds where it asked to `explain`.
    """

    address: str
    line: Line
    allowance: Allowance
    engine_id: str = ""
    socket_id: str = ""
    identity: Identity | None = None
    ready: bool = False
    explain: bool = False
    unsent: Push | None = None
    flushing: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    malformed: int = 0

    def keep_newest(self, push: Push) -> None:
        """Only the newest list waits for a slow socket."""
        if self.unsent is None or _order(self.unsent) <= _order(push):
            self.unsent = push

    def set_timer(self, timer: asyncio.TimerHandle | None) -> None:
        """Replaces what is to happen to this socket at a later time."""
        if self.timer is not None:
            self.timer.cancel()
        self.timer = timer


@dataclass(frozen=True, slots=True)
class Caps:
    """Most sockets of this worker: all, of one address, of one user."""

    sockets: int
    per_address: int
    per_user: int


@dataclass(slots=True)
class Connections:
    """All sockets of this worker, with the caps that keep one address or user from taking all."""

    caps: Caps
    _by_engine_id: dict[str, Connection] = field(default_factory=dict)
    _by_user: dict[str, set[Connection]] = field(default_factory=dict)
    _addresses: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self._by_engine_id)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._by_engine_id.values()))

    def is_full_for(self, address: str) -> bool:
        """Whether one more socket of that address would be one too many."""
        full = len(self) >= self.caps.sockets
        return full or self._addresses[address] >= self.caps.per_address

    def is_full_of(self, user_id: str) -> bool:
        """Whether one more socket of that user would be one too many."""
        return len(self._by_user.get(user_id, ())) >= self.caps.per_user

    def add(self, connection: Connection) -> None:
        self._by_engine_id[connection.engine_id] = connection
        self._addresses[connection.address] += 1

    def get(self, engine_id: str) -> Connection | None:
        return self._by_engine_id.get(engine_id)

    def remove(self, engine_id: str) -> Connection | None:
        """Takes a socket out; None if it is out already."""
        connection = self._by_engine_id.pop(engine_id, None)
        if connection is None:
            return None
        connection.set_timer(None)
        self._addresses -= Counter([connection.address])
        self.stop_watching(connection)
        return connection

    def watch(self, connection: Connection, user_id: str) -> None:
        """From now on the socket gets the user's lists."""
        self._by_user.setdefault(user_id, set()).add(connection)

    def stop_watching(self, connection: Connection) -> None:
        user_id = connection.identity.user_id if connection.identity else ""
        watching = self._by_user.get(user_id, set())
        watching.discard(connection)
        if not watching:
            self._by_user.pop(user_id, None)

    def of_user(self, user_id: str) -> tuple[Connection, ...]:
        return tuple(self._by_user.get(user_id, ()))


def _order(push: Push) -> tuple[int, int]:
    return push.recommendations.revision, push.recommendations.computed_at_ms
