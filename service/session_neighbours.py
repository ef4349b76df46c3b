"""Session kNN over Redis: postings and sessions cached in the worker, the rest read in two round trips."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.session_knn import Neighbours, VstanSettings, nearest, recent_distinct, vote
from scoring.session_table import SessionTable
from scoring.types import FloatArray, IntArray
from service.bounded import keep_newest
from service.freshness import Freshness, Renewals
from service.numbering import ItemNumbers
from service.shared_reads import SharedReads
from store.item_state import ItemStore
from store.recording import Limits

OPEN_SESSION_AGE_MS, QUIET_SESSION_AGE_MS = 5_000, 30_000
RENEWED_BEFORE_MS = 500  # its time is over
POSTINGS_PER_CALL = 128
SESSIONS_PER_CALL = 1_024
_FINISHED = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class _Posting:
    """Which sessions hold an item, newest first; when that was read, and how old it may be."""

    sessions: IntArray
    read_ms: int
    age_ms: int


class SessionNeighbours:
    """What sessions like the user's went on to. Lives as long as the worker; bounded by its table.

    A finished session never changes, so its items are kept. One that is still open is read again after 5 s, or after
    as long as nothing had happened in it, up to 30 s; or after the least age of shared lists where that is more.
    """

    def __init__(
        self,
        items: ItemStore,
        numbers: ItemNumbers,
        freshness: Freshness,
        limits: Limits,
        settings: VstanSettings,
    ) -> None:
        self._items = items
        self._numbers = numbers
        self._freshness = freshness
        self._limits = limits
        self._settings = settings
        self._table = SessionTable()
        self._postings: OrderedDict[str, _Posting] = OrderedDict()
        self._posting_reads: SharedReads[str, IntArray] = SharedReads(
            self._read_missed_postings, POSTINGS_PER_CALL
        )
        self._session_reads: SharedReads[str, None] = SharedReads(
            self._read_named_sessions, SESSIONS_PER_CALL
        )
        self._renewals = Renewals(freshness.clock)
        self._forgets = 0
        self._valid_until_ms = np.zeros(self._table.capacity, dtype=np.int64)

    async def candidates(self, touched: Sequence[str], own: str) -> tuple[IntArray, FloatArray]:
        """Item numbers and scores for a user whose touches (oldest first, repeats kept) are given.

        `own` is the posting entry of the user's current session, which is no neighbour of itself.
        """
        current = self._numbers.numbers(touched)
        distinct, steps = recent_distinct(current)
        postings = await self._read_postings(self._numbers.items(distinct), steps)
        scratch = self._table.scratch
        neighbours = nearest(steps, postings, scratch, self._settings, self._table.number(own))
        await self._read_sessions(neighbours)
        sessions = self._table.sessions(neighbours.numbers)
        return vote(current, neighbours, sessions, scratch, self._settings)

    def expect(self, items: Iterable[str]) -> None:
        """Begins to read the postings that are not young. `items`: of a person, newest first."""
        now_ms = self._freshness.clock()
        named = tuple(items)
        shares = self._settings.shares(np.arange(1, len(named) + 1, dtype=np.int32))
        for item, share in zip(named, shares.tolist(), strict=True):
            if self._young(item, now_ms, share) is None:
                self._posting_reads.begin(item)

    def forget(self) -> None:
        """Drops the postings; sessions are asked for anew only through them. What is being read is not kept."""
        self._postings.clear()
        self._posting_reads.forget()
        self._session_reads.forget()
        self._forgets += 1

    async def _read_postings(self, items: Sequence[str], steps: IntArray) -> list[IntArray]:
        """Of each item, so many steps from the end of the session, which sessions hold it."""
        now_ms = self._freshness.clock()
        shares = self._settings.shares(steps).tolist()
        held = {
            item: self._young(item, now_ms, share)
            for item, share in zip(items, shares, strict=True)
        }
        missed = [item for item, posting in held.items() if posting is None]
        read = await self._posting_reads.get(missed) if missed else {}
        return [read[item] if posting is None else posting for item, posting in held.items()]

    def _young(self, item: str, now_ms: int, share: float) -> IntArray | None:
        """Its posting, if that may still be served where it counts for that share."""
        held = self._postings.get(item)
        if held is None:
            return None
        old_ms = now_ms - held.read_ms
        served_ms = self._freshness.served_ms(held.age_ms, share)
        if old_ms >= served_ms:
            return None
        if self._renewals.due(old_ms, served_ms):
            self._posting_reads.begin(item)
        return held.sessions

    async def _read_missed_postings(self, items: list[str]) -> list[IntArray]:
        now_ms, forgets = self._freshness.clock(), self._forgets
        with self._renewals.reading():
            rows = await self._items.postings(items, self._limits.sessions_per_item, now_ms)
        intern = self._table.intern
        postings = [np.array([intern(name) for name in row], dtype=np.int32) for row in rows]
        if forgets == self._forgets:
            for item, posting in zip(items, postings, strict=True):
                self._keep_posting(item, posting, now_ms)
        return postings

    def _keep_posting(self, item: str, sessions: IntArray, now_ms: int) -> None:
        posting = _Posting(sessions, now_ms, self._freshness.age_ms(len(sessions)))
        keep_newest(self._postings, item, posting, self._freshness.capacity)

    async def _read_sessions(self, neighbours: Neighbours) -> None:
        """Waits for those that are not here; what soon grows too old is read meanwhile."""
        now_ms, numbers = self._freshness.clock(), neighbours.numbers
        left_ms = np.where(self._table.knows(numbers), self._valid_until_ms[numbers] - now_ms, 0)
        soon_ms = RENEWED_BEFORE_MS if self._renewals.wanted else 1
        due = (left_ms < soon_ms).nonzero()[0]
        if not len(due):
            return
        missing = {}
        for number, lasts_ms in zip(numbers[due].tolist(), left_ms[due].tolist(), strict=True):
            name = str(self._table.key(number))
            read = self._session_reads.begin(name)
            if lasts_ms <= 0:
                missing[name] = read
        await self._session_reads.finished(missing)

    async def _read_named_sessions(self, names: list[str]) -> list[None]:
        now_ms = self._freshness.clock()
        least_ms = max(OPEN_SESSION_AGE_MS, self._freshness.least_age_ms)
        with self._renewals.reading():
            rows = await self._items.sessions(names)
        for name, session in zip(names, rows, strict=True):
            if session is None:
                self._table.forget(name)
                continue
            last_ms, items = session
            place = self._table.put(name, self._numbers.numbers(items))
            quiet_ms = now_ms - last_ms
            age_ms = max(least_ms, min(quiet_ms, QUIET_SESSION_AGE_MS))
            is_open = quiet_ms <= self._limits.session_gap_ms
            self._valid_until_ms[place] = now_ms + age_ms if is_open else _FINISHED
        return [None] * len(names)
