"""Random histories of a small world, run on Redis and on the model at once."""

import os
from dataclasses import dataclass, replace
from itertools import count

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from store.events import DEFAULT_EVENT_TYPES, Event
from store.keys import DAY_MS, HOUR_MS, Keys
from store.recording import Limits
from store.senders import SenderLimits
from tests.store.server import Server
from tests.store.twins import CLIENTS, Patch, Twins, leave_scripts

LONG = os.environ.get("TANDEM_LONG") == "1"
MINUTE_MS = 60_000

SMALL = Limits(
    event_ttl_ms=6 * HOUR_MS,
    session_gap_ms=30 * MINUTE_MS,
    purchase_window_ms=HOUR_MS,
    history_limit=6,
    session_limit=8,
    sessions_per_item=3,
    events_per_user_per_day=40,
    trending_hours=2,
    senders=SenderLimits(
        counted_events_per_user_per_day=24,
        counted_visits_per_user=4,
        counted_visits_per_user_of_item=1,
        counted_views_per_s=2,
        events_per_user_per_minute=8,
        events_per_address_per_minute=14,
        events_per_key_per_minute=18,
        new_users_per_key_per_minute=2,
        new_items_per_key_per_minute=11,
    ),
)
GAP_MS = SMALL.session_gap_ms

users = st.sampled_from(["ann", "bob", "cy", "dee"])
items = st.sampled_from(["i1", "i2", "i3", "i4", "i5", "i6"])
event_types = st.sampled_from([event_type.name for event_type in DEFAULT_EVENT_TYPES])
buying_types = st.sampled_from(["view", "view", "purchase", "purchase", "refund"])
session_ids = st.sampled_from(["", "", "s1", "s2"])
order_ids = st.sampled_from(["", "", "o1", "o2"])
senders = st.sampled_from(["", "aaaaaaaa 10.0.0.1", "bbbbbbbb 10.0.0.2", "token 10.0.0.1"])
clients = st.integers(0, CLIENTS - 1)
lags_ms = st.sampled_from(
    [0, 0, 0, 0, 1, 1000, 5 * MINUTE_MS, GAP_MS, GAP_MS + 1, 2 * HOUR_MS, DAY_MS, -2 * MINUTE_MS]
)
ages_ms = st.sampled_from([MINUTE_MS, HOUR_MS, 7 * HOUR_MS, 2 * DAY_MS])
steps_ms = st.sampled_from(
    [1, 999, 5000, MINUTE_MS, 10 * MINUTE_MS, GAP_MS, GAP_MS + 1, HOUR_MS, 5 * HOUR_MS, DAY_MS]
)


@dataclass(frozen=True, slots=True)
class Act:
    """What a user does; the machine makes it an event with an id and a time."""

    item: str
    type: str
    session_id: str
    order_id: str
    lag_ms: int
    sender: str = ""


def acts(types: st.SearchStrategy[str] = event_types) -> st.SearchStrategy[Act]:
    kinds = st.one_of(types, buying_types)
    return st.builds(Act, items, kinds, session_ids, order_ids, lags_ms, senders)


a_few_acts = st.lists(acts(), min_size=1, max_size=5)


class StoreMachine(RuleBasedStateMachine):
    """Users look, buy, send back, repeat themselves and are erased, while the clock runs."""

    def __init__(
        self, server: Server, limits: Limits, keys: Keys, patch: Patch = leave_scripts
    ) -> None:
        super().__init__()
        self.twins = Twins(server, limits, keys, patch)
        self.numbers = count(1)
        self.sent: list[Event] = []

    @rule(user=users, act=acts(), client=clients)
    def record(self, user: str, act: Act, client: int) -> None:
        self._record([self._event(user, act)], client)

    @rule(user=users, several=st.lists(acts(), min_size=2, max_size=12), client=clients)
    def record_several(self, user: str, several: list[Act], client: int) -> None:
        self._record([self._event(user, act) for act in several], client)

    @rule(pairs=st.lists(st.tuples(users, acts()), min_size=2, max_size=8), client=clients)
    def record_of_several_users(self, pairs: list[tuple[str, Act]], client: int) -> None:
        self._record_by_partition([self._event(user, act) for user, act in pairs], client)

    @rule(user=users, other=users, one=a_few_acts, two=a_few_acts)
    def record_at_once(self, user: str, other: str, one: list[Act], two: list[Act]) -> None:
        """Two clients' calls are under way at the same moment."""
        first = [self._event(user, act) for act in one]
        second = [self._event(other, act) for act in two]
        self.twins.record_at_once(first, second)
        self.sent += [*first, *second]

    @rule(user=users, several=a_few_acts)
    def retry_before_the_answer(self, user: str, several: list[Act]) -> None:
        """The same events by both clients at once: whichever comes second finds duplicates."""
        events = [self._event(user, act) for act in several]
        self.twins.record_at_once(events, events)
        self.sent += events

    @rule(user=users, several=a_few_acts, data=st.data())
    def deliver_out_of_order(self, user: str, several: list[Act], data: st.DataObject) -> None:
        """What was done minute by minute arrives in any order, through either client."""
        now_ms = self.twins.now_ms
        events = [
            replace(self._event(user, act), at_ms=now_ms - minutes * MINUTE_MS)
            for minutes, act in enumerate(several)
        ]
        for event in data.draw(st.permutations(events)):
            self._record([event], data.draw(clients))

    @precondition(lambda self: self.sent)
    @rule(length=st.integers(1, 12), client=clients)
    def replay(self, length: int, client: int) -> None:
        """Who heard no answer sends all of it again, in the same order, by now's clock."""
        now_ms = self.twins.now_ms
        self._record_by_partition(
            [replace(event, now_ms=now_ms) for event in self.sent[-length:]], client
        )

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), client=clients, fingerprint=st.sampled_from(["", "other"]))
    def repeat(self, data: st.DataObject, client: int, fingerprint: str) -> None:
        """The same event again, by now's clock; with another fingerprint it is a conflict."""
        event = data.draw(st.sampled_from(self.sent[-30:]))
        again = replace(event, now_ms=self.twins.now_ms)
        if fingerprint:
            again = replace(again, fingerprint=fingerprint, item="i1", type="view")
        self._record([again, again], client)

    @rule(user=users, act=acts(), skew_ms=st.sampled_from([-5000, -1, 1, 5000, HOUR_MS]))
    def record_by_a_skewed_clock(self, user: str, act: Act, skew_ms: int) -> None:
        """Another worker's clock is ahead or behind."""
        event = self._event(user, act)
        now_ms = event.now_ms + skew_ms
        self._record([replace(event, now_ms=now_ms, clock_ms=now_ms)], client=0)

    @rule(user=users, several=a_few_acts, ago_ms=ages_ms)
    def record_by_the_clock_of_the_events(self, user: str, several: list[Act], ago_ms: int) -> None:
        """An import tells what happened as if it were then."""
        events = [self._event(user, act) for act in several]
        then_ms, clock_ms = self.twins.now_ms - ago_ms, self.twins.now_ms
        self._record(
            [replace(e, at_ms=then_ms, now_ms=then_ms, clock_ms=clock_ms) for e in events], client=1
        )

    @precondition(lambda self: self.sent)
    @rule(user=users, act=acts(), data=st.data())
    def record_on_a_broken_key(self, user: str, act: Act, data: st.DataObject) -> None:
        """One key that the event would write holds another type for the length of one call."""
        event = self._event(user, act)
        keys = self.twins.would_write(event)
        if keys:
            self.twins.record_on_a_broken_key(event, data.draw(st.sampled_from(keys)))

    @rule()
    def lose_the_scripts(self) -> None:
        """The server forgets its scripts, as after a restart or a failover."""
        self.twins.redis.script_flush()

    @rule(ms=steps_ms)
    def move_the_clock(self, ms: int) -> None:
        self.twins.move(ms)

    @rule()
    def move_the_clock_over_the_end_of_a_generation(self) -> None:
        length_ms = self.twins.model.limits.event_ttl_ms
        self.twins.move(length_ms - self.twins.now_ms % length_ms)

    @rule(before_ms=st.sampled_from([1, MINUTE_MS, HOUR_MS]))
    def move_the_clock_to_just_before_midnight(self, before_ms: int) -> None:
        self.twins.move((-before_ms - self.twins.now_ms) % DAY_MS)

    @rule(user=users, client=clients)
    def erase(self, user: str, client: int) -> None:
        self.twins.erase(user, client)

    @invariant()
    def both_are_equal(self) -> None:
        self.twins.compare()

    def teardown(self) -> None:
        self.twins.close()

    def _event(self, user: str, act: Act) -> Event:
        now_ms = self.twins.now_ms
        return Event(
            user=user,
            item=act.item,
            type=act.type,
            event_id=f"e{next(self.numbers)}",
            fingerprint="sent",
            at_ms=now_ms - act.lag_ms,
            now_ms=now_ms,
            session_id=act.session_id,
            order_id=act.order_id,
            sender=act.sender,
        )

    def _record_by_partition(self, events: list[Event], client: int) -> None:
        partitions = [self.twins.keys.partition(event.user) for event in events]
        for wanted in sorted(set(partitions)):
            group = [e for e, p in zip(events, partitions, strict=True) if p == wanted]
            self._record(group, client)

    def _record(self, events: list[Event], client: int) -> None:
        self.twins.record(events, client)
        self.sent += events


def machine_in(
    server: Server, limits: Limits, keys: Keys, patch: Patch = leave_scripts
) -> type[StoreMachine]:
    """The machine in one world, as Hypothesis wants it: a class without arguments."""

    class World(StoreMachine):
        def __init__(self) -> None:
            super().__init__(server, limits, keys, patch)

    return World


def effort(examples: int, steps: int) -> settings:
    """Quick as a rule; `TANDEM_LONG=1` takes fifteen times as many examples of twice the length."""
    return settings(
        max_examples=examples * (15 if LONG else 1),
        stateful_step_count=steps * (2 if LONG else 1),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # Explaining a failure runs hundreds of examples more under a tracer.
        phases=(Phase.generate, Phase.shrink),
    )
