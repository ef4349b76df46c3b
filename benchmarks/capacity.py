"""The tables of docs/capacity.md: from measured costs (docs/performance) to memory, cores and machines.

.venv/bin/python -m benchmarks.capacity     writes the tables
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from benchmarks.marked import Marked
from benchmarks.page import DOCS, END, number, result, table

SHOWN = Marked(DOCS / "capacity.md", "<!-- tables: written by benchmarks.capacity -->", END)

DAY_S = 86_400
DEDUPE_DAYS = 3
TRENDING_DAYS = 2
#: Families of keys by what their life depends on (the table of keys in store/keys.py).
FOR_ONE_TTL = ("history", "profile", "active")
FOR_TWO_TTL = ("session", "basket", "visits", "sessions", "pairs", "totals")
#: How busy a core may be at the peak: beyond, latency grows faster than load.
BUSY = 0.6
#: How full a primary may be.
FULL = 0.7
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured: bytes of Redis for an event, by family of keys, and for an item; of a worker for a socket; and
    microseconds of a worker and of Redis for an event, a list, and an event whose user is pushed a list.
    """

    bytes_an_event: Mapping[str, float]
    bytes_an_item: float
    bytes_a_socket: float
    event_us: float
    list_us: float
    pushed_event_us: float
    redis_event_us: float
    redis_list_us: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a shop brings. `peak`: the busiest minute, of the mean; `lists`: asked for, an event; `connected`: the share
    of events whose user has a socket open; `sockets`: open at the peak.
    """

    name: str
    events_a_day: float
    items: float
    sockets: float
    event_ttl_days: float = 14
    peak: float = 3
    lists: float = 0.5
    connected: float = 0.3


PLANS = (
    Traffic("1 M events a day, 100,000 items", 1e6, 1e5, 2e3),
    Traffic("100 M events a day, 10 M items", 1e8, 1e7, 2e5),
    Traffic("the same, events count for 3 days", 1e8, 1e7, 2e5, event_ttl_days=3),
    Traffic("10 bn events a day, 1 bn items", 1e10, 1e9, 2e7),
)


def measured() -> Costs:
    """The costs as the results in docs/performance have them."""
    names = ("growth", "items", "sockets", "push", "profile")
    missing = [name for name in names if result(name) is None]
    if missing:
        sys.exit(f"measure first: scripts/bench --out docs/performance {' '.join(missing)}")
    growth, items, sockets, push, profile = (result(name)["figures"] for name in names)
    event, made = profile["an event"], profile["a list of `balanced`"]
    return Costs(
        bytes_an_event=growth["sizes"][-1]["components"],
        bytes_an_item=items["bytes_an_item"],
        bytes_a_socket=1024 * sockets["kb_a_socket_after_a_push"],
        event_us=event["worker"],
        list_us=made["worker"],
        pushed_event_us=push["worker_us_an_event"],
        redis_event_us=event["Redis"],
        redis_list_us=made["Redis"],
    )


def life_days(family: str, ttl_days: float) -> float:
    """For how many days a key's bytes of an event are held at most; 0 for what does not grow with events."""
    if family in FOR_ONE_TTL:
        return ttl_days
    if family in FOR_TWO_TTL:
        return 2 * ttl_days
    return {"ids": DEDUPE_DAYS, "popular": TRENDING_DAYS}.get(family, 0.0)


def redis_bytes(costs: Costs, traffic: Traffic) -> float:
    """Once as much expires as comes in, and no cap is reached: those only make it less."""
    held = sum(
        each * life_days(family, traffic.event_ttl_days)
        for family, each in costs.bytes_an_event.items()
    )
    return traffic.events_a_day * held + traffic.items * costs.bytes_an_item


def peak_per_s(traffic: Traffic) -> float:
    return traffic.peak * traffic.events_a_day / DAY_S


def worker_cores(costs: Costs, traffic: Traffic) -> float:
    """Busy as they may be at the peak."""
    pushed = traffic.connected * costs.pushed_event_us
    recorded = (1 - traffic.connected) * costs.event_us
    an_event_us = pushed + recorded + traffic.lists * costs.list_us
    return peak_per_s(traffic) * an_event_us / 1e6 / BUSY


def redis_cores(costs: Costs, traffic: Traffic) -> float:
    """Of as many primaries at least, since each has one."""
    lists = traffic.lists + traffic.connected
    an_event_us = costs.redis_event_us + lists * costs.redis_list_us
    return peak_per_s(traffic) * an_event_us / 1e6 / BUSY


def primaries(costs: Costs, traffic: Traffic, gib_each: float = 64) -> int:
    """By memory, with room for fragmentation and for a second version of the models, and by processor time."""
    memory = redis_bytes(costs, traffic) / (FULL * gib_each * GIB)
    return ceil(max(memory, redis_cores(costs, traffic)))


def tables() -> str:
    costs = measured()
    constants = [
        ("Redis memory of an event, all of its keys, bytes", sum(costs.bytes_an_event.values())),
        ("Redis memory of an item, bytes", costs.bytes_an_item),
        ("worker memory of a socket, bytes", costs.bytes_a_socket),
        ("worker, an event, µs", costs.event_us),
        ("worker, a list of `balanced` with reasons, µs", costs.list_us),
        ("worker, an event with its list pushed, µs", costs.pushed_event_us),
        ("Redis, an event, µs", costs.redis_event_us),
        ("Redis, a list, µs", costs.redis_list_us),
    ]
    first = table(("constant", "measured"), [(name, number(value)) for name, value in constants])
    return f"{first}\n\n{table(('', *(each.name for each in PLANS)), rows(costs, PLANS))}"


def rows(costs: Costs, plans: Sequence[Traffic]) -> list[tuple[str, ...]]:
    """What each of the plans comes to."""

    def row(name: str, values: Sequence[float]) -> tuple[str, ...]:
        return (name, *map(number, values))

    return [
        row("events a second, mean", [each.events_a_day / DAY_S for each in plans]),
        row("events a second, peak", [peak_per_s(each) for each in plans]),
        row("Redis memory, GiB", [redis_bytes(costs, each) / GIB for each in plans]),
        row("Redis cores at the peak", [redis_cores(costs, each) for each in plans]),
        row("Redis primaries of 64 GiB", [primaries(costs, each) for each in plans]),
        row("worker cores at the peak", [worker_cores(costs, each) for each in plans]),
        row(
            "worker memory of sockets, GiB",
            [each.sockets * costs.bytes_a_socket / GIB for each in plans],
        ),
    ]


def main() -> None:
    SHOWN.write(tables())


if __name__ == "__main__":
    main()
