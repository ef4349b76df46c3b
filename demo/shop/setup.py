"""Loads the sample shop into a store that holds no events yet."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from demo.shop.catalogue import items
from demo.shop.history import DAY_MS, past_events
from service.bootstrap import Tandem
from service.errors import NotFound, Unavailable
from service.model import NewEvent

SEED = 7
BATCH = 500
# On a machine that is slow for a moment.
TRIES, PAUSE_S = 5, 1.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much the shop has put into the store."""

    items: int
    events: int


@dataclass(frozen=True, slots=True)
class _Load:
    """A load of the past: its name, the time that its past ends at, and how many of its events are in."""

    name: str
    until_ms: int
    done: int


async def set_up(tandem: Tandem, clock: Callable[[], int]) -> Loaded | None:
    """Loads items and past events; None when the store holds events already, the shop's own or others.

    The progress is kept as that of an import, with the time at which the load began. So one that was killed goes on
    with the same events when this is called again on the same or the next day; what it had recorded but not noted
    is known by the event ids. Raises the ServiceError of an event that is not taken.
    """
    load = await _known(tandem, clock()) or await _started(tandem, clock())
    past = past_events(SEED, load.until_ms) if load else []
    if load is None or load.done == len(past):
        return None
    shop = items()
    await tandem.recommender.put_items(shop)
    await tandem.recommender.settled()
    for start in range(load.done, len(past), BATCH):
        batch = past[start : start + BATCH]
        await _record(tandem, batch)
        await tandem.imports.put(load.name, load.until_ms, start + len(batch))
    return Loaded(len(shop), len(past))


async def _known(tandem: Tandem, now_ms: int) -> _Load | None:
    """The load that began today or yesterday: the store remembers event ids for two days."""
    for day in (now_ms // DAY_MS, now_ms // DAY_MS - 1):
        try:
            state = await tandem.imports.get(_name(day))
        except NotFound:
            continue
        return _Load(_name(day), state.shift_ms, state.rows_done)
    return None


async def _started(tandem: Tandem, now_ms: int) -> _Load | None:
    """A new load; None in a store with events. Of two that start at once, both use the first one's time."""
    if await tandem.recommender.has_events():
        return None
    name = _name(now_ms // DAY_MS)
    state = await tandem.imports.put(name, now_ms, 0)
    return _Load(name, state.shift_ms, state.rows_done)


def _name(day: int) -> str:
    """Names the content too: after a change of the simulation an old load is not continued."""
    content = repr((day, past_events(SEED, 0)))
    return blake2b(content.encode(), digest_size=16).hexdigest()


async def _record(tandem: Tandem, batch: Sequence[NewEvent]) -> None:
    """What the store could not take in time is sent again: the ids say what it had taken."""
    for tries_left in reversed(range(TRIES)):
        answers = await tandem.recommender.record(batch, as_of_event=True)
        problem = next((answer.problem for answer in answers if answer.problem is not None), None)
        if problem is None:
            return
        if not tries_left or not isinstance(problem, Unavailable):
            raise problem
        await asyncio.sleep(PAUSE_S)
