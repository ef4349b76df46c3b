"""Redis is there and does not serve: paused, stuck, full, read-only, loading, busy, or with its clients cut off."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.faults.audit import AMISS, amiss, audit
from tests.faults.ledger import Ledger
from tests.faults.mortal import MortalRedis, mortal_fleet, mortal_redis
from tests.faults.probing import REFUSED, Probe
from tests.faults.rounds import add, in_rounds
from tests.faults.writers import Writers, session
from tests.redis_server import free_port
from tests.serving import Browser

PROMISES = "P5, P8, P9, P11"
WHAT = (
    "Redis pauses writes, stands still, drops its clients or scripts, is full, read-only, loading "
    "or busy: requests get 503 with a named code and Retry-After, and all goes on afterwards"
)

SEED = 20_264
ROUNDS = 5
HOLD_S = 2.2
ASK_EVERY_S = 0.1
LONGEST_S = 2.5
RECOVERY_S = 3.0
PUSH_RECOVERY_S = 10.0
LOAD_DELAY_US = "50"
STORED_USERS = 25  # so that loading takes a while
CONNECTIONS = 200
PUSHED = "watcher"


@dataclass(frozen=True, slots=True)
class State:
    """How Redis gets there and back, and the code that a refused request then has; `code` empty: none need be."""

    name: str
    code: str
    enter: Callable[[MortalRedis], None]
    leave: Callable[[MortalRedis], None]


def told(*words: str) -> Callable[[MortalRedis], None]:
    """A command to the server."""

    def tell(redis: MortalRedis) -> None:
        with Redis.from_url(redis.url) as control:
            control.execute_command(*words)

    return tell


def nothing(_redis: MortalRedis) -> None:
    """The state ends by itself."""


def load_slowly(redis: MortalRedis) -> None:
    """Starts anew, in a thread: until all is loaded the server says that it is loading."""
    redis.kill()
    loading = threading.Thread(target=redis.start, args=("--key-load-delay", LOAD_DELAY_US))
    loading.start()


def run_for_ever(redis: MortalRedis) -> None:
    """A script that does not end: its sender gives up waiting."""
    once = Retry(NoBackoff(), 0)
    with Redis.from_url(redis.url, socket_timeout=0.3, retry=once) as control:
        control.config_set("lua-time-limit", 100)
        with suppress(RedisError):
            control.eval("while true do end", 0)


def until_loaded(redis: MortalRedis) -> None:
    """Waits for the server that `load_slowly` has started."""
    with Redis.from_url(redis.url) as control:
        while True:
            with suppress(RedisError):
                control.ping()
                return
            time.sleep(0.02)


STATES = (
    State("writes paused", "storage_timeout", told("CLIENT", "PAUSE", "2500", "WRITE"), nothing),
    State("stands still", "storage_timeout", MortalRedis.freeze, MortalRedis.thaw),
    State("drops clients", "", told("CLIENT", "KILL", "TYPE", "normal"), nothing),
    State("drops listeners", "", told("CLIENT", "KILL", "TYPE", "pubsub"), nothing),
    State("forgets scripts", "", told("SCRIPT", "FLUSH"), nothing),
    State(
        "full",
        "storage_full",
        told("CONFIG", "SET", "maxmemory", "1mb"),
        told("CONFIG", "SET", "maxmemory", "0"),
    ),
    State(
        "read-only",
        "storage_read_only",
        told("REPLICAOF", "127.0.0.1", str(free_port())),
        told("REPLICAOF", "NO", "ONE"),
    ),
    State("loading", "storage_loading", load_slowly, until_loaded),
    State("busy", "storage_busy", run_for_ever, told("SCRIPT", "KILL")),
)


def measure(scale: float) -> dict[str, float]:
    return in_rounds(max(1, round(ROUNDS * scale)), SEED, one_round)


async def one_round(folder: Path, seed: int) -> dict[str, float]:
    ledger, browser = Ledger(seed), Browser()
    figures: dict[str, float] = {}
    with mortal_redis(folder / "redis") as redis:
        async with (
            mortal_fleet(folder / "workers", 1, redis_url=redis.url) as fleet,
            session(CONNECTIONS) as http,
        ):
            writers = Writers(ledger, lambda: fleet.urls)
            for _ in range(STORED_USERS):
                await writers.deliver(http, ledger.next_user())
            await browser.connect(fleet.urls[0], {"user_id": PUSHED})
            for state in STATES:
                probe = Probe(http, fleet.urls[0], ledger)
                add(figures, await _through(state, redis, probe, browser))
                await writers.deliver(http, probe.left)
            await browser.close()
        found = await asyncio.to_thread(audit, redis.url, ledger)
    return {"states": len(STATES), **figures, **found.figures(), "tracebacks": fleet.tracebacks}


async def _through(
    state: State, redis: MortalRedis, probe: Probe, browser: Browser
) -> dict[str, float]:
    """Into the state and out of it, under requests."""
    async with probe.asking(ASK_EVERY_S):
        await asyncio.to_thread(state.enter, redis)
        await asyncio.sleep(HOLD_S)
        await asyncio.to_thread(state.leave, redis)
        back_s = await probe.seconds_until_fine(probe.write)
    return {
        **judged(state, probe),
        "slowest_answer_s": round(max(answer.seconds for answer in probe.answers), 2),
        "recovery_s": round(back_s, 2),
        "push_recovery_s": round(await _seconds_until_pushed(browser, probe), 2),
    }


def judged(state: State, probe: Probe) -> dict[str, float]:
    """What the answers were; a link that breaks or hangs may be called so in any state."""
    failed = [answer for answer in probe.answers if not answer.fine]
    refused = [answer for answer in failed if answer.status == REFUSED]
    usual = {state.code, "storage_timeout", "storage_unavailable"}
    return {
        "requests": len(probe.answers),
        "refused": len(refused),
        "other_errors": len(failed) - len(refused),
        "no_retry_after": sum(not answer.says_when for answer in refused),
        "other_codes": sum(answer.code not in usual for answer in refused),
        "never_named": bool(state.code) and state.code not in {each.code for each in refused},
    }


async def _seconds_until_pushed(browser: Browser, probe: Probe) -> float:
    """From an act of the user to its list in the browser; those of others come in between."""
    began = time.monotonic()
    act = {"user_id": PUSHED, "item_id": "g0-i0", "type": "dislike"}
    async with probe.http.post(f"{probe.url}/event", json=act) as answer:
        revision = (await answer.json())["revision"]
    async with asyncio.timeout(2 * PUSH_RECOVERY_S):
        while (await browser.next("recommendations", PUSH_RECOVERY_S))["revision"] < revision:
            pass
    return time.monotonic() - began


SHOWN = ("other_errors", "no_retry_after", "other_codes", "never_named", "tracebacks")


def problems(figures: Mapping[str, float]) -> list[str]:
    broken = amiss(figures, *AMISS, *SHOWN)
    bounds = {
        "slowest_answer_s": LONGEST_S,
        "recovery_s": RECOVERY_S,
        "push_recovery_s": PUSH_RECOVERY_S,
    }
    return broken + [
        f"{name.removesuffix('_s').replace('_', ' ')} {figures[name]:g} s, more than {bound:g} s"
        for name, bound in bounds.items()
        if figures[name] > bound
    ]
