"""Learning the ranker's weights from what people do next.

An event by which a user touches item y is a labelled example: the candidates just before it, y the right answer. The
candidates are computed before the event is recorded (afterwards the counts would contain the answer), and used only
if nothing else of this user was recorded in between. Each example is made by one strategy, so that all of them learn.
Sums go to the store every second or so, where any number of workers learn together.
"""

import logging
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from service.bounded import keep_newest
from service.lessons import Example, Lessons, Predictions
from service.list_making import ListMaker
from service.model import EventAnswer, NewEvent
from service.people import People
from service.senders import Sender
from service.settings import Settings
from service.strategies import DEFAULT, Strategies, Strategy
from service.weights import Weights, kind_of
from service.wishes import Person, Wish
from store.errors import StoreUnavailable
from store.events import EventType

log = logging.getLogger(__name__)

CUT = 20
NETWORK_GAP_MS = 10_000
NETWORKS_KEPT = 10_000


class Sampling:
    """Draws which events are learned from, and by which strategy. Lives as long as the worker."""

    def __init__(
        self,
        settings: Settings,
        strategies: Strategies,
        clock: Callable[[], int],
        rng: random.Random,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._share = settings.learn_share if settings.learn_rate else 0.0
        self._gap_ms = int(1000 / settings.learn_rate) if settings.learn_rate else 0
        self._gap_of_sessions_ms = settings.session_gap_s * 1000
        self._next_ms = 0
        self._taught_ms: OrderedDict[str, int] = (
            OrderedDict()
        )  # by network, the one that has waited longest first
        self._default = strategies.get(DEFAULT)
        self._others = [each for each in strategies if each is not self._default]

    @property
    def rests(self) -> bool:
        """Whether it is too early for another example, whoever sends it."""
        return not self._share or self._clock() < self._next_ms

    def due(self, sender: Sender | None = None) -> bool:
        """Whether an example may be computed: at most so many a second, of a share of the events, and of each network
        that limited senders call from one in ten seconds, or a few who send most would teach all.
        """
        now_ms = self._clock()
        if self.rests or self._rng.random() >= self._share:
            return False
        if sender is not None and not self._may_teach(sender.network, now_ms):
            return False
        self._next_ms = now_ms + self._gap_ms
        return True

    def _may_teach(self, network: str, now_ms: int) -> bool:
        if now_ms < self._taught_ms.get(network, now_ms - NETWORK_GAP_MS) + NETWORK_GAP_MS:
            return False
        keep_newest(self._taught_ms, network, now_ms, NETWORKS_KEPT)
        return True

    def is_now(self, event: NewEvent) -> bool:
        """Whether the event is of the running session, not one that comes late."""
        at_ms = event.timestamp_ms
        return at_ms is None or abs(self._clock() - at_ms) <= self._gap_of_sessions_ms

    def one_of(self, places: Sequence[int]) -> int:
        """Any of them."""
        return self._rng.choice(places) if len(places) > 1 else places[0]

    def strategy(self) -> Strategy:
        """The default one in half of the cases, else any of the others."""
        return self._default if self._rng.random() < 1 / 2 else self._rng.choice(self._others)


class Learner:
    """Learns from a sampled share of the events of one worker. Lives as long as it.

    `strategy` fixes the one that examples are made by; None: one is drawn for each.
    """

    def __init__(
        self,
        lists: ListMaker,
        people: People,
        weights: Weights,
        lessons: Lessons,
        sampling: Sampling,
        types: Mapping[str, EventType],
    ) -> None:
        self._lists = lists
        self._people = people
        self._weights = weights
        self._lessons = lessons
        self._sampling = sampling
        self._types = types
        self.strategy: Strategy | None = None
        self.paused = False
        self.examples = 0

    def choose(self, events: Sequence[NewEvent], sender: Sender | None = None) -> int | None:
        """The place of that one of these events which is to be learned from; mostly none is."""
        if self.paused or self._sampling.rests:
            return None
        places = [place for place, event in enumerate(events) if self._teaches(event)]
        if not places or not self._sampling.due(sender):
            return None
        return self._sampling.one_of(places)

    async def before(self, place: int, event: NewEvent) -> Example | None:
        """An example of the event at that place, which is about to be recorded; None where it makes none."""
        try:
            return await self._example(place, event, self._types[event.type].weight)
        except StoreUnavailable as error:  # recording will say so, if it lasts
            log.info("nothing is learned from an event: %s", error.reason)
            return None

    def _teaches(self, event: NewEvent) -> bool:
        """Whether it says what its user wants now."""
        kind = self._types.get(event.type)
        return kind is not None and kind.touches and self._sampling.is_now(event)

    async def _example(self, place: int, event: NewEvent, worth: float) -> Example | None:
        state = await self._people.load(event.user_id)
        person = self._people.person(state)
        example = await self._ranked(person, event.item_id, worth)
        return example and replace(example, event=place, revision=state.revision)

    async def _ranked(self, person: Person, item_id: str, worth: float) -> Example | None:
        chosen, interest = self.strategy or self._sampling.strategy(), person.interest
        if not interest.recent or self._lists.withholds(item_id, interest, chosen):
            return None
        current = await self._weights.get(chosen, interest.last_type)
        _, ranked = await self._lists.rank(person, Wish(chosen, CUT))
        item, last = self._lists.number(item_id), kind_of(interest.last_type)
        return Example(item, worth, chosen, last, ranked, current)

    async def study(self, person: Person, item_id: str, type_: str) -> None:
        """Learns that the item was right for this person by an act of that type: for replays, where it is no event."""
        example = await self._ranked(person, item_id, self._types[type_].weight)
        if example is not None:
            self.examples += 1
            await self._lessons.add(example)

    async def after(self, example: Example, answers: Sequence[EventAnswer]) -> None:
        """Learns from the example, if its event was recorded as the user's next."""
        answer = answers[example.event]
        alone = answer.revision == example.revision + 1 or not example.revision
        if answer.problem is None and not answer.duplicate and alone:
            self.examples += 1
            await self._lessons.add(example)

    @property
    def predictions(self) -> Mapping[str, Predictions]:
        """How well each strategy has predicted examples, since the start."""
        return self._lessons.predictions

    def sent_in_time(self) -> AbstractAsyncContextManager[None]:
        """While entered, what was learned is sent within a second."""
        return self._lessons.sent_in_time()

    async def flush(self) -> None:
        """Sends what was gathered."""
        await self._lessons.flush()
