"""The Redis user of deploy/tandem.acl may do what the service does, and nothing else."""

import re
from collections.abc import Iterator

import pytest
import redis

from service.bootstrap import Tandem, open_recommender, system_clock
from service.dead_letters import Rejection
from service.doctor import examine
from service.model import NewEvent
from service.settings import Settings
from tests.clock import Clock
from tests.guarded_redis import ACL, GuardedRedis, running_guarded_redis
from tests.store import busy_days
from tests.store.busy_days import AFTER_MS, BEFORE_MS

pytestmark = [pytest.mark.real_redis, pytest.mark.openssl]
GRANTED = set(re.findall(r"\+([a-z|]+)", ACL.read_text()))
OTHER = "other:secret"
FORBIDDEN = [
    ("GET", OTHER),
    ("SET", OTHER, "1"),
    ("DEL", OTHER),
    ("RENAME", "tandem:mine", OTHER),
    ("PUBLISH", "other", "hello"),
    ("SUBSCRIBE", "other"),
    ("PSUBSCRIBE", "*"),
    ("KEYS", "*"),
    ("RANDOMKEY",),
    ("DUMP", "tandem:mine"),
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("SWAPDB", "0", "1"),
    ("CONFIG", "GET", "*"),
    ("CONFIG", "SET", "appendonly", "no"),
    ("ACL", "LIST"),
    ("ACL", "SETUSER", "tandem", "+@all"),
    ("CLIENT", "LIST"),
    ("CLIENT", "KILL", "TYPE", "normal"),
    ("CLIENT", "PAUSE", "1"),
    ("SCRIPT", "FLUSH"),
    ("FUNCTION", "LOAD", "#!lua name=f\nredis.register_function('f', function() end)"),
    ("MODULE", "LIST"),
    ("REPLICAOF", "NO", "ONE"),
    ("BGREWRITEAOF",),
    ("SAVE",),
    ("LATENCY", "RESET"),
    ("SLOWLOG", "GET"),
    ("MONITOR",),
    ("SHUTDOWN", "NOSAVE"),
]
# Those that scripts may call at all.
NOT_IN_SCRIPTS = {"SUBSCRIBE", "PSUBSCRIBE", "ACL", "CLIENT", "SCRIPT", "FUNCTION", "MODULE"} | {
    *("CONFIG", "REPLICAOF", "BGREWRITEAOF", "SAVE", "LATENCY", "SLOWLOG", "MONITOR", "SHUTDOWN"),
}
IN_SCRIPTS = [command for command in FORBIDDEN if command[0] not in NOT_IN_SCRIPTS]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedRedis]:
    with running_guarded_redis(tmp_path_factory.mktemp("guarded")) as running:
        yield running


@pytest.fixture
def operator(guarded: GuardedRedis) -> Iterator[redis.Redis]:
    """Looks on while the service works; nothing is counted yet."""
    with guarded.operator() as client:
        client.flushall()
        client.config_resetstat()
        client.acl_log_reset()
        client.set(OTHER, "kept")
        yield client


@pytest.fixture
def limited(guarded: GuardedRedis) -> Iterator[redis.Redis]:
    """A client with the service's own rights."""
    with redis.Redis.from_url(guarded.url, decode_responses=True) as client:
        yield client


async def do_everything(url: str, operator: redis.Redis) -> None:
    """All that the service can do, over that Redis user."""
    clock = Clock(BEFORE_MS)
    settings = Settings(redis_url=url, partitions=2, learn_rate=100_000, rotate_days=3)
    async with open_recommender(settings, clock) as tandem, tandem.hub.running(_to_nobody):
        await busy_days.before(tandem)
        clock.advance(AFTER_MS - BEFORE_MS)
        await busy_days.after(tandem)
        await tandem.recommender.patch_item("after-0", {"hidden": True})
        await _fill_a_window(tandem, operator)
        assert await tandem.recommender.has_events()
        await tandem.hub.join("ann", "socket")
        await tandem.hub.leave("ann", "socket")
        await tandem.inspection.user("ann")
        await tandem.inspection.item("after-0")
        await tandem.inspection.keys(1_000)
        await _export(tandem, "ann")
        await tandem.dead_letters.note([Rejection(1, "not_utf8", user_id="eve")])
        await tandem.dead_letters.newest(5)
        await tandem.recommender.erase("eve")
        assert await tandem.dead_letters.count() == 1
        await tandem.key_undo.keys()
        await tandem.key_undo.undo("0f0f0f0f")
        assert all((await tandem.recommender.ready()).values())
    await _do_without_a_replica(url, clock)
    checks = await examine(settings, url, system_clock)
    assert [check for check in checks if check.level == "fail"] == []


async def _export(tandem: Tandem, user: str) -> None:
    exported = await tandem.users.export(user)
    for record in exported.records:
        async for _ in tandem.users.visits(record):
            pass


async def _do_without_a_replica(url: str, clock: Clock) -> None:
    """Strict mode waits for a replica that is not there."""
    settings = Settings(redis_url=url, partitions=2, wait_replicas=1, wait_timeout_ms=10)
    async with open_recommender(settings, clock) as tandem:
        (answer,) = await tandem.recommender.record([NewEvent("ann", "tent", "view")])
        assert answer.problem is not None
        assert answer.problem.code == "not_replicated"


async def _fill_a_window(tandem: Tandem, operator: redis.Redis) -> None:
    """The first minute of a caller, and half of the next."""
    for _ in range(2):
        for _ in range(3):
            await tandem.rates.hit("user", "ann", per_minute=2)
        for key in operator.scan_iter("tandem:rate:*"):
            operator.pexpire(key, 30_000)


async def _to_nobody(_user_id: str, _push: object) -> None:
    """There are no sockets."""


async def test_all_that_the_service_does_it_may_do(
    guarded: GuardedRedis, operator: redis.Redis
) -> None:
    try:
        await do_everything(guarded.url, operator)
    finally:
        # It says what was missing where all else only fails. The doctor asks, and does without.
        denied = {entry["object"] for entry in operator.acl_log()}
        assert denied - {"config|get"} == set()


async def test_all_that_it_may_do_the_service_does(
    guarded: GuardedRedis, operator: redis.Redis
) -> None:
    await do_everything(guarded.url, operator)
    told = operator.info("commandstats")
    used = {name.removeprefix("cmdstat_") for name, of in told.items() if of["calls"]}
    assert GRANTED - used == set()


@pytest.mark.parametrize("command", FORBIDDEN, ids=" ".join)
def test_what_it_never_does_is_denied(
    command: tuple[str, ...], limited: redis.Redis, operator: redis.Redis
) -> None:
    with pytest.raises(redis.exceptions.NoPermissionError):
        limited.execute_command(*command)  # type: ignore[no-untyped-call]  # the driver's
    assert operator.get(OTHER) == "kept"


@pytest.mark.parametrize("command", IN_SCRIPTS, ids=" ".join)
def test_a_script_may_no_more_than_who_sends_it(
    command: tuple[str, ...], limited: redis.Redis, operator: redis.Redis
) -> None:
    script = "return redis.call(unpack(ARGV))"
    refusal = "The user executing the script can't|ACL failure in script"  # Redis 7, Redis 8
    with pytest.raises(redis.exceptions.ResponseError, match=refusal):
        limited.eval(script, 0, *command)
    assert operator.get(OTHER) == "kept"


def test_without_its_password_nobody_gets_in(guarded: GuardedRedis, operator: redis.Redis) -> None:
    for url in (
        guarded.url_of("tandem", "another password"),
        guarded.url.replace("tandem:", "default:"),
    ):
        with (
            redis.Redis.from_url(url) as client,
            pytest.raises(redis.exceptions.AuthenticationError),
        ):
            client.ping()


def test_a_link_to_a_server_that_nobody_vouches_for_is_refused(guarded: GuardedRedis) -> None:
    url = guarded.url.partition("?")[0]
    with redis.Redis.from_url(url) as client, pytest.raises(redis.exceptions.ConnectionError):
        client.ping()
