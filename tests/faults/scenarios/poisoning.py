"""How far one user, and how far many, can move what others are shown, and what undoing gives back.

A shop of two hundred items in ten kinds, with honest sessions; attackers pair the most popular item with one of another
kind that hardly anybody looks at, and all limits of how fast they may send are off: what holds is how events count.
"""

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis

from service.bootstrap import Tandem, open_recommender
from service.model import NewEvent, Query
from service.senders import Sender
from service.settings import Settings
from store.keys import DAY_MS, Keys
from tests.clock import Clock
from tests.redis_server import running_redis_server
from tests.store.dump import dump

PROMISES = "P13, P16"
WHAT = "one user's 10,000 events in a session and over a day, undone by key; colluding users until an item is pushed"

ITEMS, KINDS, TOUCHES = 200, 10, 5
SESSIONS = 1_500
FLOOD_EVENTS = 10_000
COLLUDERS_MOST = 2_000
TOP = 10
STEP_MS = 400
POPULAR, TARGET = "i0-0", "i9-19"
ATTACK_KEY, COLLUDING_KEY = "bad0bad0", "c0c0c0c0"
SUPPORTS = (1, 3)
UNLIMITED = {
    "events_per_user_per_minute": 0,
    "events_per_address_per_minute": 0,
    "events_per_key_per_minute": 0,
    "new_users_per_key_per_minute": 0,
    "new_items_per_key_per_minute": 0,
}
COUNTS = frozenset({"pairs", "totals", "popular", "sessions"})

Lists = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class World:
    """One database under two services, which show pairs of one session and of three."""

    tandems: Mapping[int, Tandem]
    redis: Redis
    clock: Clock

    async def tell(self, events: Sequence[NewEvent], sender: Sender | None) -> None:
        answers = await self.tandems[1].recommender.record(events, sender=sender)
        assert not any(answer.problem for answer in answers), answers

    async def lists(self, support: int = 1) -> Lists:
        """What stands beside each item, and what five passers-by are recommended."""
        recommender = self.tandems[support].recommender
        recommender.forget()
        shown: dict[str, Sequence[str]] = {}
        for item in _items():
            shown[item] = [each.item_id for each in await recommender.similar(item, TOP)]
        for number in range(5):
            made = await recommender.recommend(Query(f"passer{number}", TOP), fresh=True)
            shown[f"passer{number}"] = [each.item_id for each in made.items]
        return shown

    async def rank(self, support: int) -> int:
        """The target's place beside the popular item; 0 where it is not among the first hundred."""
        recommender = self.tandems[support].recommender
        recommender.forget()
        shown = [each.item_id for each in await recommender.similar(POPULAR, 100)]
        return shown.index(TARGET) + 1 if TARGET in shown else 0

    def counts(self) -> Mapping[str, object]:
        """All that is counted and not one person's."""
        held = dump(self.redis, Keys().prefix)
        return {key: value for key, value in held.items() if COUNTS & {*key.split(":")[2:3]}}

    def paired(self, item: str = TARGET) -> int:
        """How many counted sessions it would take in which the item came right after the popular one."""
        generation = self.clock() // (Settings().event_ttl_s * 1000)
        held = self.redis.hget(Keys().pairs(0, "view", generation, POPULAR), f">{item}")
        return int(str(held or 0)) // 12

    @asynccontextmanager
    async def meanwhile(self) -> AsyncIterator[None]:
        """Afterwards it is as early as before: lists differ by what was done, not by what fades."""
        began_ms = self.clock.now_ms
        yield
        self.clock.now_ms = began_ms


def measure(scale: float) -> Mapping[str, float]:
    """Runs the whole attack; 1 is the full length."""
    return asyncio.run(_measure(scale))


async def _measure(scale: float) -> Mapping[str, float]:
    async with _world() as world:
        await _honest(world, round(SESSIONS * scale))
        return {
            **await _in_one_session(world, round(FLOOD_EVENTS * scale)),
            **await _over_a_day(world, round(FLOOD_EVENTS * scale)),
            **await _undone(world, round(FLOOD_EVENTS * scale)),
            **await _by_many(world, round(COLLUDERS_MOST * max(scale, 0.1))),
        }


def problems(figures: Mapping[str, float]) -> list[str]:
    """What is promised: a flood is one session, a day of one user is bounded, and undoing is exact."""
    found = []
    if figures["flood_lists_moved"] > figures["ordinary_lists_moved"]:
        found.append("a flood in one session moved more lists than an ordinary session")
    if figures["flood_pairs"] > figures["ordinary_pairs"]:
        found.append("a flood in one session counted more than an ordinary session")
    if figures["day_pairs"] > Settings().counted_visits_per_user_of_item:
        found.append("one user's day counted more sessions than are allowed")
    if figures["day_rank_support_3"]:
        found.append("one user's day was shown to others although three sessions are asked for")
    if figures["undo_counts_left"] or figures["undo_lists_left"]:
        found.append("undoing left something behind")
    return found


@asynccontextmanager
async def _world() -> AsyncIterator[World]:
    clock = Clock()
    clock.advance(-clock.now_ms % (Settings().event_ttl_s * 1000))  # all in one generation
    with (
        tempfile.TemporaryDirectory() as folder,
        running_redis_server(Path(folder), "--appendfsync", "no") as server,
        Redis.from_url(server.url, decode_responses=True) as redis,
    ):
        plain = Settings(redis_url=server.url, learn_rate=0, result_cache=False)
        settings = plain.model_copy(update=UNLIMITED)
        strict = settings.model_copy(update={"min_support": SUPPORTS[1]})
        async with (
            open_recommender(settings, clock, rng=random.Random(1)) as one,
            open_recommender(strict, clock, rng=random.Random(1)) as other,
        ):
            yield World(dict(zip(SUPPORTS, (one, other), strict=True)), redis, clock)


def _items() -> list[str]:
    return [f"i{kind}-{n}" for kind in range(KINDS) for n in range(ITEMS // KINDS)]


async def _honest(world: World, sessions: int) -> None:
    """Everybody looks about in one kind, mostly at what is popular; the target is the least of all."""
    rng = random.Random(13)
    popularity = [1 / (1 + n) for n in range(ITEMS // KINDS)]
    for number in range(sessions):
        (kind,) = rng.choices(range(KINDS), [1 / (1 + kind) for kind in range(KINDS)])
        places = rng.choices(range(ITEMS // KINDS), popularity, k=TOUCHES)
        events = [NewEvent(f"honest{number}", f"i{kind}-{place}", "view") for place in places]
        await world.tell(events, None)
        world.clock.advance(10_000)
    for number in range(5):
        await world.tell([NewEvent(f"passer{number}", POPULAR, "view")], None)
    await world.tell([NewEvent("collector", TARGET, "view")], None)


async def _in_one_session(world: World, events: int) -> Mapping[str, float]:
    before, found = await world.lists(), {}
    for name, length in (("ordinary", 3), ("flood", events)):
        async with world.meanwhile():
            await _pair(world, name, length, lambda _: "only")
        found[f"{name}_pairs"] = world.paired()
        found[f"{name}_lists_moved"] = _moved(before, await world.lists())
        found[f"{name}_rank"] = await world.rank(1)
        await world.tandems[1].recommender.erase(name)
    return found


async def _over_a_day(world: World, events: int) -> Mapping[str, float]:
    """A session of two views each, one after another, as many as one user may send in a day."""
    before = await world.lists()
    async with world.meanwhile():
        await _pair(world, "daylong", events, lambda n: f"s{n // 2}", DAY_MS // (events + 1))
    found = {"day_events": events, "day_pairs": world.paired()}
    found["day_lists_moved"] = _moved(before, await world.lists())
    for support in SUPPORTS:
        found[f"day_rank_support_{support}"] = await world.rank(support)
    await world.tandems[1].recommender.erase("daylong")
    return found


async def _undone(world: World, events: int) -> Mapping[str, float]:
    """Ten users with one key, each with as much as a day lets count; then the key is undone."""
    counts, lists = world.counts(), await world.lists()
    async with world.meanwhile():
        for number in range(10):
            await _pair(world, f"bot{number}", max(events // 100, 20), lambda n: f"s{n // 2}")
    at_worst = _moved(lists, await world.lists())
    undone = await world.tandems[1].key_undo.undo(ATTACK_KEY)
    after = world.counts()
    return {
        "undo_users": undone.users,
        "undo_lists_moved_before": at_worst,
        "undo_counts_left": sum(
            counts.get(k) != after.get(k) for k in counts.keys() | after.keys()
        ),
        "undo_lists_left": _moved(lists, await world.lists()),
    }


async def _by_many(world: World, most: int) -> Mapping[str, float]:
    """Users come one by one, each with one ordinary session, until the target stands beside the popular item."""
    tenth = (await world.lists())[POPULAR][TOP - 1]
    needed: dict[int, int] = {}
    for number in range(1, most + 1):
        session = [NewEvent(f"colluder{number}", item, "view") for item in (POPULAR, TARGET)]
        await world.tell(session, Sender(COLLUDING_KEY, f"198.51.100.{number % 250}"))
        for support in SUPPORTS:
            if support not in needed and 0 < await world.rank(support) <= TOP:
                needed[support] = number
        if len(needed) == len(SUPPORTS):
            break
    found = {f"colluders_support_{s}": needed.get(s, most + 1) for s in SUPPORTS}
    return {**found, "colluders_tried_at_most": most, "tenth_neighbours_pairs": world.paired(tenth)}


async def _pair(
    world: World,
    user: str,
    length: int,
    session: Callable[[int], str],
    step_ms: int = STEP_MS,
) -> None:
    """The popular item and the target in turn, slowly enough to be no haste, by the attackers' key."""
    sender = Sender(ATTACK_KEY, "198.51.100.7")
    for number in range(length):
        item = (POPULAR, TARGET)[number % 2]
        event = NewEvent(user, item, "view", session_id=session(number))
        await world.tell([event], sender)
        world.clock.advance(step_ms)


def _moved(before: Lists, after: Lists) -> int:
    """How many lists are not what they were."""
    return sum(before[name] != after[name] for name in before)
