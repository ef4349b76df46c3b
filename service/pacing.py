"""Work that can wait leaves most of the time to what cannot."""

import asyncio
from time import perf_counter


async def rest_since(began_s: float, share: float) -> None:
    """Pauses until what was done since then (by `perf_counter`) has taken no more than that share of the time."""
    await asyncio.sleep((perf_counter() - began_s) * (1 / share - 1))
