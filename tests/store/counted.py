"""What a session or a basket has counted, as a pure function of its string (docs/counting.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from store.keys import HOUR_MS, VIEW_STEP_WEIGHT, VIEW_STEPS, Keys

CONVERSION_ITEMS = 10
BASKET_REACH = 50


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch of a session or one entry of a basket."""

    item: str
    type: str
    offset_s: int

    def __str__(self) -> str:
        return f"{self.item}|{self.type}|{self.offset_s}"


@dataclass(frozen=True, slots=True)
class Visit:
    """A session or a basket: `LAST START TOUCH TOUCH ...`."""

    last_ms: int
    start_s: int
    touches: tuple[Touch, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        last_ms, start_s, *touches = text.split(" ")
        parts = [touch.split("|") for touch in touches]
        parsed = (Touch(item, kind, int(offset_s)) for item, kind, offset_s in parts)
        return cls(int(last_ms), int(start_s), tuple(parsed))

    def __str__(self) -> str:
        return " ".join(map(str, [self.last_ms, self.start_s, *self.touches]))

    def grown(self, item: str, kind: str, now_ms: int) -> "Visit":
        """With one touch more; its offset never runs backwards."""
        newest_s = self.touches[-1].offset_s if self.touches else 0
        touch = Touch(item, kind, max(now_ms // 1000 - self.start_s, newest_s))
        return replace(self, touches=(*self.touches, touch))

    def time_ms(self, place: int) -> int:
        return (self.start_s + self.touches[place].offset_s) * 1000

    def hour(self, place: int) -> int:
        return self.time_ms(place) // HOUR_MS

    def is_first(self, place: int) -> bool:
        """Whether the item of touch number `place` is new there."""
        item = self.touches[place].item
        return all(earlier.item != item for earlier in self.touches[:place])

    def refunded(self, place: int) -> "Visit":
        touches = list(self.touches)
        touches[place] = replace(touches[place], type="refund")
        return replace(self, touches=tuple(touches))

    def live(self, item: str) -> int | None:
        """Place of the item's entry that has not been refunded."""
        places = [i for i, e in enumerate(self.touches) if (e.item, e.type) == (item, "purchase")]
        return places[0] if places else None


@dataclass(frozen=True, slots=True)
class Count:
    """`by` is counted for `field` of `key`, which lives until `end_ms`."""

    key: str
    field: str
    by: int
    end_ms: int
    sorted_set: bool = False


@dataclass(frozen=True, slots=True)
class Counting:
    """Names what is counted in one partition."""

    keys: Keys
    partition: int
    length_ms: int
    trending_hours: int

    def touch(self, session: Visit, place: int) -> Iterator[Count]:
        """What touch number `place` of the session counts."""
        item = session.touches[place].item
        time_ms = session.time_ms(place)
        if place == 0:
            yield self._total("view", time_ms, "sessions")
        if session.is_first(place):
            yield self._pair("view", time_ms, item, "*", 1)
        yield from self._popularity(session, place)
        for other, weight in view_pairs(session.touches, place):
            yield self._pair("view", time_ms, other, f">{item}", weight)
            yield self._pair("view", time_ms, other, ">*", weight)
            yield self._pair("view", time_ms, item, f"<{other}", weight)
        for other in conversion_pairs(session.touches, place):
            yield self._pair("conversion", time_ms, other, item, 1)

    def entry(self, basket: Visit, place: int) -> Iterator[Count]:
        """What entry number `place` of the basket counts when it is appended."""
        if place == 0:
            yield self._total("purchase", basket.time_ms(0), "baskets")
        for other in range(place):
            yield from self._bought_together(basket, other, place)
        yield self._pair("purchase", basket.time_ms(place), basket.touches[place].item, "*", 1)

    def refunded(self, basket: Visit, place: int) -> Iterator[Count]:
        """What is counted for the live entry number `place`, by it and by later ones."""
        yield self._pair("purchase", basket.time_ms(place), basket.touches[place].item, "*", 1)
        for other in range(len(basket.touches)):
            if other != place:
                yield from self._bought_together(basket, *sorted((other, place)))

    def session(self, session: Visit) -> Iterator[Count]:
        for place in range(len(session.touches)):
            yield from self.touch(session, place)

    def basket(self, basket: Visit) -> Iterator[Count]:
        """What is still counted: refunded entries have been subtracted, but for the total."""
        yield self._total("purchase", basket.time_ms(0), "baskets")
        for place, entry in enumerate(basket.touches):
            if entry.type == "purchase":
                yield self._pair("purchase", basket.time_ms(place), entry.item, "*", 1)
                for other in range(place):
                    yield from self._bought_together(basket, other, place)

    def items(self, session: Visit) -> Iterator[tuple[str, int]]:
        """Each item of the session with the generation of its first touch."""
        for place, touch in enumerate(session.touches):
            if session.is_first(place):
                yield touch.item, session.time_ms(place) // self.length_ms

    def generation_end_ms(self, time_ms: int) -> int:
        return (time_ms // self.length_ms + 2) * self.length_ms

    def _popularity(self, session: Visit, place: int) -> Iterator[Count]:
        touch, hour = session.touches[place], session.hour(place)
        same_hour = [
            earlier.type
            for i, earlier in enumerate(session.touches[:place])
            if earlier.item == touch.item and session.hour(i) == hour
        ]
        if not same_hour:
            yield self._popular("view", hour, touch.item)
        if touch.type == "purchase" and "purchase" not in same_hour:
            yield self._popular("purchase", hour, touch.item)

    def _bought_together(self, basket: Visit, earlier: int, later: int) -> Iterator[Count]:
        """The pair of two live entries, both ways."""
        a, y = basket.touches[earlier], basket.touches[later]
        if later - earlier <= BASKET_REACH and a.type == y.type == "purchase":
            time_ms = basket.time_ms(later)
            yield self._pair("purchase", time_ms, a.item, y.item, 1)
            yield self._pair("purchase", time_ms, y.item, a.item, 1)

    def _pair(self, kind: str, time_ms: int, item: str, field: str, by: int) -> Count:
        key = self.keys.pairs(self.partition, kind, time_ms // self.length_ms, item)
        return Count(key, field, by, self.generation_end_ms(time_ms))

    def _total(self, kind: str, time_ms: int, field: str) -> Count:
        key = self.keys.totals(self.partition, kind, time_ms // self.length_ms)
        return Count(key, field, 1, self.generation_end_ms(time_ms))

    def _popular(self, kind: str, hour: int, item: str) -> Count:
        key = self.keys.popular(self.partition, kind, hour)
        return Count(key, item, 1, (hour + 1 + self.trending_hours) * HOUR_MS, sorted_set=True)


def items_before(touches: Sequence[Touch], place: int, most: int) -> list[str]:
    """The last distinct items, other than its own, before touch number `place`; newest first."""
    distinct = dict.fromkeys(touch.item for touch in reversed(touches[:place]))
    distinct.pop(touches[place].item, None)
    return list(distinct)[:most]


def view_pairs(touches: Sequence[Touch], place: int) -> Iterator[tuple[str, int]]:
    """Items with which touch number `place` counts as a view pair, and the weights."""
    counted = {
        other
        for i, earlier in enumerate(touches[:place])
        if earlier.item == touches[place].item
        for other in items_before(touches, i, VIEW_STEPS)
    }
    for step, other in enumerate(items_before(touches, place, VIEW_STEPS), start=1):
        if other not in counted:
            yield other, VIEW_STEP_WEIGHT // step


def conversion_pairs(touches: Sequence[Touch], place: int) -> Iterator[str]:
    """Items whose touch led to this purchase, unless an earlier touch has counted that already."""
    if touches[place].type != "purchase":
        return
    counted = {
        other
        for i, earlier in enumerate(touches[:place])
        if earlier.type == "purchase" and earlier.item == touches[place].item
        for other in items_before(touches, i, CONVERSION_ITEMS)
    }
    for other in items_before(touches, place, CONVERSION_ITEMS):
        if other not in counted:
            yield other
