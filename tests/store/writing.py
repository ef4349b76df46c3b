"""What one new event writes in the model (docs/counting.md, from `Always` to `Caps and lives`)."""

from collections.abc import Iterable
from dataclasses import replace

from store.events import Event, EventType
from store.keys import BASKET_LIMIT, DAY_MS, PAIRS_KEPT, Keys
from store.recording import Limits
from tests.store.counted import Count, Visit
from tests.store.keyspace import Keyspace, WrongType
from tests.store.sending import Sending
from tests.store.visits import Visits

PAIRS_MOST = 256
POPULAR_MOST = 10_000
POPULAR_KEPT = 5_000
BASKETS_SEARCHED = 20
SPANS = 64
ALWAYS_KEPT = ("*", ">*")


class Writing:
    """The writes of one event that no check has turned away."""

    def __init__(
        self, space: Keyspace, keys: Keys, limits: Limits, event: Event, kind: EventType
    ) -> None:
        self.sending = Sending(space, keys, limits, event, kind)
        self.event_type = kind
        self.space = space
        self.keys = keys
        self.limits = limits
        self.event = event
        self.visits = Visits(space, keys, limits, event.user, event.now_ms)
        self.partition = keys.partition(event.user)
        self.profile_key = keys.profile(event.user)
        self.counted: dict[str, bool] = {}
        self.repeated: dict[str, bool] = {}

    def write(self) -> None:
        event = self.event
        session, basket = self._visits()
        self._always()
        self.sending.write()
        if self.event_type.weight:
            self._screen()
        if session:
            self._touch(session, own=(session, basket))
        if basket:
            self._buy(basket, own=(session, basket))
        if event.type == "refund":
            self._refund()
        for key, sorted_set in self.counted.items():
            if not sorted_set:
                self._prune(key)
            elif len(self.space.zset(key)) > POPULAR_MOST:
                self._cut_to(key, POPULAR_KEPT)

    def _visits(self) -> tuple[str, str]:
        """The session and the basket in which the event counts; "" for none."""
        event = self.event
        late = event.at_ms < event.now_ms - self.limits.session_gap_ms
        ids = self.keys.ids(event.user, event.now_ms // DAY_MS)
        counts = self.event_type.touches and self.sending.counts_today(len(self.space.hash(ids)))
        buys = event.type == "purchase" and (event.order_id != "" or not late)
        session = "s:" + self._session_name() if counts and not late else ""
        basket = "b:" + self._basket_name() if counts and buys else ""
        return self._if_it_may_open(session), self._if_it_may_open(basket)

    def _if_it_may_open(self, member: str) -> str:
        if not member:
            return ""
        known, starts = self.visits.read(member), self.space.zset(self.visits.key)
        near = [m for m in starts if m[0] == member[0] and m != member]
        others = [self._peek(m) for m in near if self.sending.is_recent(starts[m])]
        self.repeated[member] = self.sending.is_repeated(known, filter(None, others))
        opens = known is not None or (not self.repeated[member] and self.sending.may_open(starts))
        return member if opens else ""

    def _always(self) -> None:
        event, profile = self.event, self.space.hash(self.profile_key)
        ids = self.keys.ids(event.user, event.now_ms // DAY_MS)
        self.space.hset(ids, event.event_id, event.fingerprint)
        self.space.expire_new(ids, 3 * DAY_MS)
        self.space.hincr(self.profile_key, f"n:{event.type}", 1)
        last_ms = max(int(profile.get("last", "0")), event.at_ms)
        self.space.hset(self.profile_key, "last", last_ms)
        if not self.event_type.weight:
            self.space.expire(self.profile_key, self.limits.event_ttl_ms)

    def _screen(self) -> None:
        """What moves the user's own list: revision, history, activity."""
        event, ttl_ms = self.event, self.limits.event_ttl_ms
        known = self.space.hash(self.profile_key).get("rev")
        new = max(event.now_ms, event.clock_ms)
        revision = new if known is None else int(known) + 1
        self.space.hset(self.profile_key, "rev", revision)
        history = self.keys.history(event.user)
        self.space.zadd(history, f"{event.event_id}|{event.type}|{event.item}", event.at_ms)
        self._cut_to(history, self.limits.history_limit)
        self._renew(history)
        active = self.keys.active(self.partition)
        seen_ms = self.space.zset(active).get(event.user, 0)
        self.space.zadd(active, event.user, max(seen_ms, event.at_ms))
        self._cut_by_score(active)
        self.space.expire(active, ttl_ms)

    def _renew(self, history: str) -> None:
        """Once in each 64th of an event's life."""
        ttl_ms, profile = self.limits.event_ttl_ms, self.profile_key
        span = str(SPANS * self.event.now_ms // ttl_ms)
        is_new = self.space.hash(profile).get("span") != span
        if is_new:
            self.space.hset(profile, "span", span)
            self.space.expire(profile, ttl_ms)
        if is_new or len(self.space.zset(history)) == 1:
            self._cut_by_score(history)
            self.space.expire(history, ttl_ms)

    # Sessions.

    def _touch(self, member: str, own: tuple[str, str]) -> None:
        event = self.event
        session = self.visits.enter(member, event.at_ms, own)
        self.space.hset(self.profile_key, "session", member[2:])
        grown = session.grown(event.item, event.type, event.now_ms)
        idle = self.sending.is_hasty(session, grown.touches[-1].offset_s) or self.repeated[member]
        if not idle and not self._is_idle(grown):
            session = grown
            place = len(session.touches) - 1
            self._list_session(member[2:], session, place)
            self._count(self.visits.counting.touch(session, place))
        self._keep(member, session)

    def _session_name(self) -> str:
        session_id = self.event.session_id
        current = self.space.hash(self.profile_key).get("session", "")
        if session_id in ("", current.partition("#")[0]) and self._goes_on(current):
            return current
        if session_id == "":
            return f"#{self.event.at_ms // 1000}"
        return self._name_of_visit(session_id)

    def _name_of_visit(self, session_id: str) -> str:
        """The newest visit of that id when it goes on, else a new name."""
        names = [member[2:] for member in self.visits.newest_first("s")]
        visits = [name for name in names if name.partition("#")[0] == session_id]
        if not visits:
            return session_id
        if self._goes_on(visits[0]):
            return visits[0]
        number = int(visits[0].partition("#")[2] or "1")
        return f"{session_id}#{number + 1}"

    def _goes_on(self, name: str) -> bool:
        session = self.visits.read("s:" + name)
        gap_ms = self.limits.session_gap_ms
        return session is not None and self.event.at_ms - session.last_ms <= gap_ms

    def _is_idle(self, grown: Visit) -> bool:
        """Whether the last touch may not be appended: the session is full, or it repeats."""
        place = len(grown.touches) - 1
        if place == 0:
            return False
        last, new = grown.touches[-2:]
        repeats = last.item == new.item and grown.hour(place) == grown.hour(place - 1)
        counts_anew = new.type == "purchase" and last.type != "purchase"
        return place >= self.limits.session_limit or (repeats and not counts_anew)

    def _list_session(self, name: str, session: Visit, place: int) -> None:
        """Put a session with an item that is new to it on top of the item's list."""
        if not session.is_first(place):
            return
        time_ms = session.time_ms(place)
        generation = time_ms // self.limits.event_ttl_ms
        key = self.keys.sessions(self.partition, generation, session.touches[place].item)
        self.space.lpush(key, f"{self.event.user}:{name}", self.limits.sessions_per_item)
        self._expire_new(key, self.visits.counting.generation_end_ms(time_ms))

    # Baskets.

    def _buy(self, member: str, own: tuple[str, str]) -> None:
        event = self.event
        basket = self.visits.enter(member, event.at_ms, own)
        if not event.order_id:
            self.space.hset(self.profile_key, "basket", member[2:])
        full = len(basket.touches) >= BASKET_LIMIT or self.repeated[member]
        if basket.live(event.item) is None and not full:
            basket = basket.grown(event.item, "purchase", event.now_ms)
            self._count(self.visits.counting.entry(basket, len(basket.touches) - 1))
        self._keep(member, basket)

    def _basket_name(self) -> str:
        event = self.event
        if event.order_id:
            return event.order_id
        current = self.space.hash(self.profile_key).get("basket", "")
        basket = self.visits.read("b:" + current)
        window_ms = self.limits.purchase_window_ms
        if basket is not None and event.at_ms < basket.start_s * 1000 + window_ms:
            return current
        return f"#{event.at_ms // 1000}"

    def _refund(self) -> None:
        for member in self._baskets_searched():
            basket = self._peek(member)
            place = None if basket is None else basket.live(self.event.item)
            if basket is not None and place is not None:
                self.visits.subtract(self.visits.counting.refunded(basket, place))
                self.visits.keep(member, basket.refunded(place))
                return

    def _peek(self, member: str) -> Visit | None:
        """A key of another type is no visit that holds the item: it is left alone."""
        try:
            return self.visits.read(member)
        except WrongType:
            return None

    def _baskets_searched(self) -> list[str]:
        if self.event.order_id:
            return ["b:" + self.event.order_id]
        current = self.space.hash(self.profile_key).get("basket", "")
        return ["b:" + current, *self.visits.newest_first("b")[:BASKETS_SEARCHED]]

    # What they have in common.

    def _keep(self, member: str, visit: Visit) -> None:
        last_ms = max(visit.last_ms, self.event.at_ms)
        self.visits.keep(member, replace(visit, last_ms=last_ms))

    def _count(self, counts: Iterable[Count]) -> None:
        for count in counts:
            if count.sorted_set:
                score = self.space.zset(count.key).get(count.field, 0)
                self.space.zadd(count.key, count.field, score + count.by)
            else:
                self.space.hincr(count.key, count.field, count.by)
            self._expire_new(count.key, count.end_ms)
            self.counted[count.key] = count.sorted_set

    def _expire_new(self, key: str, end_ms: int) -> None:
        """The end is the same at every write, so it is said at the first."""
        self.space.expire_new(key, end_ms - self.event.now_ms)

    def _prune(self, key: str) -> None:
        """Keep the strongest pairs of a hash that has grown too wide."""
        pairs = self.space.hash(key)
        if len(pairs) > PAIRS_MOST:
            others = [field for field in pairs if field not in ALWAYS_KEPT]
            others.sort(key=lambda field: (-int(pairs[field]), field.encode()))
            self.space.hdel(key, others[PAIRS_KEPT:])

    def _cut_by_score(self, key: str) -> None:
        oldest_ms = self.event.now_ms - self.limits.event_ttl_ms
        scores = self.space.zset(key)
        self.space.zrem(key, [member for member in scores if scores[member] < oldest_ms])

    def _cut_to(self, key: str, most: int) -> None:
        members = self.space.zset(key).ranked()
        self.space.zrem(key, members[: max(0, len(members) - most)])
