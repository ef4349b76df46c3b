"""Two days of a shop in which the service does to a database all that it can do."""

from service.bootstrap import Tandem
from service.dead_letters import Rejection
from service.model import Item, NewEvent, Query
from service.rules import Rule
from service.senders import Sender
from store.events import DEFAULT_EVENT_TYPES
from store.keys import HOUR_MS
from store.recording import Limits
from tests.clock import START_MS
from tests.service.shop import comes_true

LENGTH_MS = Limits().event_ttl_ms
NEXT_GENERATION_MS = (START_MS // LENGTH_MS + 1) * LENGTH_MS
BEFORE_MS = NEXT_GENERATION_MS - HOUR_MS // 2
AFTER_MS = NEXT_GENERATION_MS + HOUR_MS // 2
DIGEST = "0f" * 32
SENDER = Sender("0f0f0f0f", "192.0.2.1")
USERS = (("ann", None, None), ("bob", "s", "o"), ("cy", "s", "o"))


async def before(tandem: Tandem) -> None:
    """Half an hour before a generation ends."""
    names = [f"{part}-{n}" for part in ("before", "after") for n in range(4)]
    items = [Item(name, title="Blue lamp", category=("home", "lamps")) for name in names]
    await tandem.recommender.put_items([*items, Item("gone")])
    await tandem.recommender.settled()
    await tandem.recommender.delete_item("gone")
    await tandem.recommender.set_attributes("ann", {"country": "no"})
    await _act(tandem, "before", BEFORE_MS)


async def after(tandem: Tandem) -> None:
    """Half an hour after the next has begun."""
    await _act(tandem, "after", AFTER_MS)
    await tandem.recommender.record([NewEvent("eve", "after-3", "view")], sender=SENDER)
    for name in ("after-0", "after-1", "after-2"):  # one after another: what comes next is learned
        await tandem.recommender.record([NewEvent("dora", name, "view")])
    await tandem.learner.flush()
    basket = [NewEvent("dora", name, "purchase") for name in ("after-0", "after-1")]
    await tandem.recommender.record(basket)
    await tandem.rules.replace([Rule("block", item="before-0")])
    await tandem.recommender.recommend(Query("dora"))
    await tandem.imports.put(DIGEST, shift_ms=0, rows_done=1)
    await tandem.recommender.record([NewEvent("visitor", "after-0", "view")])
    await tandem.users.merge("visitor", "cy")
    await tandem.dead_letters.add(DIGEST, [Rejection(2, "not_utf8")])
    await tandem.rates.hit("user", "ann", per_minute=10)
    await tandem.recommender.erase("bob")
    job = await tandem.jobs.start()

    async def has_ended() -> bool:
        return (await tandem.jobs.job(job.job_id)).state == "done"

    await comes_true(has_ended)


async def _act(tandem: Tandem, part: str, now_ms: int) -> None:
    """Events of all types, a late one too, with and without the client's sessions and orders."""
    events = [
        NewEvent(user, f"{part}-{n}", kind.name, session_id=session_id, order_id=order_id)
        for user, session_id, order_id in USERS
        for kind in DEFAULT_EVENT_TYPES
        for n in range(4)
    ]
    late_ms = now_ms - Limits().session_gap_ms - 1
    late = NewEvent("ann", f"{part}-1", "purchase", timestamp_ms=late_ms, order_id=part)
    answers = await tandem.recommender.record([*events, late])
    assert [answer.problem for answer in answers if answer.problem] == []
