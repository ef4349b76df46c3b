"""Fifty writers at once: nothing is lost, nothing is doubled, and the counts are the model's."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from store.events import DEFAULT_EVENT_TYPES, Event, Outcome, Recorded
from store.recording import EventStore
from tests.store.twins import TYPES, Twins

WRITERS = 50
USERS = 8
EVENTS = 400
TIMES_SENT = 3
CALL_EVENTS = 6

Calls = list[list[Event]]
Answer = tuple[Event, Recorded]


def test_no_event_is_lost_or_doubled(twins: Twins) -> None:
    rng = random.Random(11)
    events = some_events(rng, twins.now_ms)
    answers = record_at_once(twins, dealt(rng, events))
    outcomes = Counter((event.event_id, answer.outcome) for event, answer in answers)
    for event in events:
        assert outcomes[event.event_id, Outcome.NEW] == 1
        assert outcomes[event.event_id, Outcome.DUPLICATE] == TIMES_SENT - 1
    assert follow(twins, answers) == EVENTS
    twins.compare()


def test_of_two_events_with_one_id_the_first_to_come_is_recorded(twins: Twins) -> None:
    rng = random.Random(12)
    events = some_events(rng, twins.now_ms)
    others = [replace(event, item="other", fingerprint="other") for event in events]
    answers = record_at_once(twins, dealt(rng, [*events, *others]))
    outcomes = Counter((event.event_id, answer.outcome) for event, answer in answers)
    for event in events:
        assert outcomes[event.event_id, Outcome.NEW] == 1
        assert outcomes[event.event_id, Outcome.DUPLICATE] == TIMES_SENT - 1
        assert outcomes[event.event_id, Outcome.CONFLICT] == TIMES_SENT
    assert follow(twins, answers) == EVENTS
    twins.compare()


def some_events(rng: random.Random, now_ms: int) -> list[Event]:
    """Events that tell of themselves when they are recorded; the writers' clocks differ a little."""
    names = [kind.name for kind in DEFAULT_EVENT_TYPES if kind.weight]
    return [_event(rng, number, rng.choice(names), now_ms) for number in range(EVENTS)]


def _event(rng: random.Random, number: int, kind: str, now_ms: int) -> Event:
    said_ms = now_ms + rng.randrange(-2_000, 2_000)
    return Event(
        user=f"u{rng.randrange(USERS)}",
        item=f"i{rng.randrange(12)}",
        type=kind,
        event_id=f"e{number}",
        fingerprint="sent",
        at_ms=said_ms - rng.choice([0, 0, 0, 60_000, 2_000_000]),
        now_ms=said_ms,
        session_id=rng.choice(["", "", "s1", "s2"]),
        order_id=rng.choice(["", "", "o1"]),
    )


def dealt(rng: random.Random, events: Sequence[Event]) -> list[Calls]:
    """Every event goes to several writers; who gets one twice repeats it."""
    cards = [*events] * TIMES_SENT
    rng.shuffle(cards)
    hands = [cards[writer::WRITERS] for writer in range(WRITERS)]
    return [
        [hand[start : start + CALL_EVENTS] for start in range(0, len(hand), CALL_EVENTS)]
        for hand in hands
    ]


def record_at_once(twins: Twins, hands: Sequence[Calls]) -> list[Answer]:
    """All writers at the same time, each its calls one after another."""

    async def write_all() -> list[list[Answer]]:
        return await asyncio.gather(
            *(write(twins.stores[n % len(twins.stores)], hand) for n, hand in enumerate(hands))
        )

    return [answer for answers in twins.run(write_all()) for answer in answers]


async def write(store: EventStore, calls: Calls) -> list[Answer]:
    answers = []
    for call in calls:
        answers += list(zip(call, await store.record(call), strict=True))
    return answers


def follow(twins: Twins, answers: Sequence[Answer]) -> int:
    """Tell the model the new events in the order in which Redis announced them; how many."""
    new = {
        (twins.keys.push(event.user), _announced(event, answer.revision)): (event, answer)
        for event, answer in answers
        if answer.outcome is Outcome.NEW and TYPES[event.type].weight
    }
    heard = twins.heard(len(new))
    for channel, message in heard:
        act, _, _session = message.rpartition("|")
        event, answer = new[channel, act]
        assert twins.model.record(event) == answer
    assert twins.model.published == heard
    twins.model.published.clear()
    return len(heard)


def _announced(event: Event, revision: int) -> str:
    """What is told of the event, but for the session."""
    return f"{revision}|{event.event_id}|{event.type}|{event.item}|{event.now_ms}|{event.at_ms}"
