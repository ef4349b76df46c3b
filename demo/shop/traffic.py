"""Live shoppers: they behave as those of the past did, a few steps at a time."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from demo.shop.behaviour import Step, browse, buy, wanted_kit
from demo.shop.catalogue import products
from demo.shop.kits import Kit
from service.model import NewEvent

SHOPPERS = 200
VISITS = 40  # under way at a time: the next one who acts is mostly somebody else
MOST_EVENTS = 6
BUYS = 0.35
THEME_MS = 240_000
FOLLOWS_THEME = 0.35


@dataclass(frozen=True, slots=True)
class _Visit:
    """What is left of a visit. Its name keeps one visit's session and basket apart from the next one's."""

    user_id: str
    name: str
    steps: deque[Step]


class Shoppers:
    """The 200 live shoppers; `theme` is what is on everybody's mind for some minutes.

    Remembers the visits under way and nothing else.
    """

    def __init__(self, rng: random.Random, clock: Callable[[], int]) -> None:
        self._rng = rng
        self._clock = clock
        self._theme_until_ms = clock() + THEME_MS
        self._visits: list[_Visit | None] = [None] * VISITS
        self._sold_out = {product.item_id for product in products() if not product.in_stock}
        self.theme = wanted_kit(rng)

    def act(self) -> list[NewEvent]:
        """What some of them do next: 1 to 6 events, for the caller to record."""
        if self._clock() >= self._theme_until_ms:
            self.theme = wanted_kit(self._rng)
            self._theme_until_ms = self._clock() + THEME_MS
        return [self._next() for _ in range(self._rng.randint(1, MOST_EVENTS))]

    def _next(self) -> NewEvent:
        place = self._rng.randrange(VISITS)
        visit = self._visits[place] or self._begun(place)
        step = visit.steps.popleft()
        self._visits[place] = visit if visit.steps else None
        return NewEvent(
            user_id=visit.user_id,
            item_id=step.item_id,
            type=step.type,
            session_id=visit.name,
            order_id=visit.name if step.type == "purchase" else None,
        )

    def _begun(self, place: int) -> _Visit:
        """A visit by one of the shoppers of this place, so that nobody is in two visits at a time."""
        number = place + VISITS * self._rng.randrange(SHOPPERS // VISITS) + 1
        return _Visit(f"shopper-{number}", f"visit-{self._clock()}", deque(self._steps()))

    def _steps(self) -> list[Step]:
        kit = self._kit()
        steps = buy(self._rng, kit) if self._rng.random() < BUYS else browse(self._rng, kit)
        return [step for step in steps if step.type == "view" or step.item_id not in self._sold_out]

    def _kit(self) -> Kit:
        return self.theme if self._rng.random() < FOLLOWS_THEME else wanted_kit(self._rng)
