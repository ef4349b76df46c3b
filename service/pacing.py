"""Work that can wait leaves most of the time to what cannot."""

import asyncio
from time import perf_counter


async def rest_since(began_s: float, share: float) -> None:
    """Pauses until what was done since then (by `perf_counter`) has taken no more than that share of the time."""
    await asyncio.sleep((perf_counter() - began_s) * (1 / share - 1))


class Turn:
    """A stretch of work that blocks the loop for `seconds` at most, if it asks often enough whether it is over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began_s = perf_counter()

    async def is_over(self) -> bool:
        """Whether it was: then all others have had theirs, and the next one begins."""
        if perf_counter() - self._began_s < self._seconds:
            return False
        await asyncio.sleep(0)
        self._began_s = perf_counter()
        return True
