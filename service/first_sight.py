"""What a ranking asks of items that this worker has not met before, read while their lists are."""

import asyncio
import logging

import numpy as np

from scoring.types import IntArray
from service.item_cache import ItemCache
from service.supports import Supports
from store.errors import StoreUnavailable

AT_ONCE = 200
log = logging.getLogger(__name__)


class FirstSight:
    """Learns whether items may be shown, and how popular they are. Lives as long as the worker.

    Otherwise a list turns out not to know its candidates only when it is ranked, and is ranked again.
    """

    def __init__(self, items: ItemCache, supports: Supports) -> None:
        self._items = items
        self._supports = supports

    async def learn(self, ids: IntArray) -> None:
        """Reads what is not known of these. One round trip, mostly none.

        Nothing where that is much, as after a start: then lists read what they come to need.
        """
        strangers, uncounted = self._items.unknown(ids), self._supports.unread(ids)
        if not len(strangers) and not len(uncounted):
            return
        strangers, uncounted = np.unique(strangers), np.unique(uncounted)
        if len(strangers) + len(uncounted) > AT_ONCE:
            return
        try:
            await self._read(strangers, uncounted)
        except StoreUnavailable:
            raise
        except Exception:  # lists that need what cannot be read say so
            log.warning("what is new cannot be learned beforehand", exc_info=True)

    async def _read(self, strangers: IntArray, uncounted: IntArray) -> None:
        if len(strangers) and len(uncounted):
            await asyncio.gather(self._items.read(strangers), self._supports.read(uncounted))
        elif len(strangers):
            await self._items.read(strangers)
        else:
            await self._supports.read(uncounted)
