"""Parts of a log: what is recorded, what is learned from, what is asked."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from service.evaluation.options import Options
from service.evaluation.questions import sessions_of
from service.evaluation.readers import Log
from service.model import NewEvent


@dataclass(frozen=True, slots=True)
class Lessons:
    """The end of a log: its events, and at which places those stand that are learned from."""

    events: Sequence[NewEvent]
    labels: Collection[int]


def held_out(log: Log, share: float) -> tuple[Log, list[list[NewEvent]]]:
    """The log without the last share of its sessions (by their start), and those sessions."""
    sessions = sessions_of(log.events, log.gap_s)
    last = sessions[len(sessions) - round(share * len(sessions)) :]
    gone = {id(event) for session in last for event in session}
    kept = [event for event in log.events if id(event) not in gone]
    return replace(log, events=kept), last


def lessons_of(log: Log, options: Options) -> tuple[Sequence[NewEvent], Lessons]:
    """The events before the last share of the sessions began, and the lessons from there on.

    A label is an event of one of those sessions that is not its first; at most `options.labels` are drawn.
    """
    sessions = sessions_of(log.events, log.gap_s)
    last = sessions[len(sessions) - round(options.valid_share * len(sessions)) :]
    if not last:
        return log.events, Lessons((), frozenset())
    first = next(place for place, event in enumerate(log.events) if event is last[0][0])
    labels = {
        id(event)
        for session in last
        for before, event in pairwise(session)
        if options.rules.keep_repeats or event.item_id != before.item_id
    }
    events = log.events[first:]
    places = [place for place, event in enumerate(events) if id(event) in labels]
    if len(places) > options.labels:
        places = random.Random(options.seed).sample(places, options.labels)
    return log.events[:first], Lessons(events, frozenset(places))
