"""Whether this worker hears what is published: it publishes heartbeats and listens for its own.

A link may live, answer pings, and yet bring nothing. Then pushes still heal by the compare of revisions, but late.
"""

import asyncio
import logging
from collections.abc import Mapping

from service.availability import store_answers
from service.errors import ServiceError
from store.pushes import Heartbeat, PushFeed

log = logging.getLogger(__name__)

BEAT_INTERVAL_S = 5.0
UNHEARD_LIMIT = 3  # in a row, 15 s


class Canary:
    """Counts heartbeats. Lives as long as the worker; `beat_always` goes on meanwhile."""

    def __init__(self, feed: PushFeed) -> None:
        self.deaf = False
        self._feed = feed
        self._sent = 0
        self._heard = 0
        self._listeners = 0
        self._workers: dict[str, int] = {}

    def hear(self, heartbeat: Heartbeat) -> None:
        """Some worker's heartbeat has arrived here."""
        self._workers[heartbeat.worker] = self._sent
        if heartbeat.own:
            self._heard = self._sent
            self.deaf = False

    async def beat_always(self) -> None:
        """Publishes a heartbeat every few seconds; makes the link anew when three were not heard."""
        while True:
            await asyncio.sleep(BEAT_INTERVAL_S)
            self._judge()
            await self._beat()

    def statistics(self) -> Mapping[str, float]:
        """Workers whose heartbeats arrive here, connections that hear of changes, links made: for the metrics."""
        return {
            "push_workers": len(self._workers),
            "push_listeners": self._listeners,
            "push_heartbeats_unheard": self._unheard,
            "push_links": self._feed.links,
        }

    @property
    def _unheard(self) -> int:
        return max(0, self._sent - self._heard)

    def _judge(self) -> None:
        silent = self._sent - UNHEARD_LIMIT
        self._workers = {worker: at for worker, at in self._workers.items() if at > silent}
        if self._unheard >= UNHEARD_LIMIT:
            self.deaf = True
            log.error("what is published does not arrive here: the link is made anew")
            self._feed.renew()

    async def _beat(self) -> None:
        self._sent += 1
        try:
            with store_answers():
                self._listeners = await self._feed.beat()
        except ServiceError as error:
            self._sent -= 1  # nobody could have heard it
            log.warning("a heartbeat waits for the store: %s", error.code)
