"""Commands packed by native code, which the driver has for its synchronous connections only.

A group of events is a command of some hundred arguments: in Python packing it takes longer than all else of sending it.
"""

from typing import Any

import hiredis
from redis.asyncio import ConnectionPool
from redis.exceptions import DataError


def packed(*arguments: Any) -> bytes:
    """A command as it is sent. The first argument may be of several words, as `SCRIPT LOAD`. Raises DataError."""
    name, *others = arguments
    words = (name.encode() if isinstance(name, str) else name).split()
    try:
        return bytes(hiredis.pack_command((*words, *others)))
    except TypeError as error:  # as the driver says of what it cannot send
        raise DataError(str(error)) from error


class NativelyPacked:
    """Put in front of one of the driver's asynchronous connections."""

    def pack_command(self, *arguments: Any) -> list[bytes]:
        """The bytes to send."""
        return [packed(*arguments)]


def pack_natively(pool: ConnectionPool) -> None:
    """Makes the pool's connections, of which it has none yet, pack so."""
    plain = pool.connection_class
    pool.connection_class = type(f"Packed{plain.__name__}", (NativelyPacked, plain), {})
