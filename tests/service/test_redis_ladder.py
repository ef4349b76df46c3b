"""Every command finds the one Redis that it should use, and ends only what it started."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from service.private_redis import RedisDidNotStart, stop_orphan
from service.redis_ladder import TOY_BANNER, NoStoreRunning, redis_place, running_redis
from service.settings import Settings
from store.events import DEFAULT_EVENT_TYPES, Event, Outcome, type_table
from store.keys import Keys
from store.reachability import state_of
from store.recording import EventStore, Limits
from store.script import load_scripts

HOLDER = """
import sys
from service.redis_ladder import redis_place
from service.settings import Settings
with redis_place(Settings(data_dir=sys.argv[1])) as place:
    print(place.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("TANDEM_REDIS_URL", raising=False)
    return settings_with(data_dir=str(tmp_path / "data"))


def settings_with(**changes: Any) -> Settings:
    return Settings(**changes)


@pytest.fixture
def toy_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Where no redis-server is on PATH."""
    monkeypatch.setenv("PATH", "")
    return settings


def held_by_another(settings: Settings) -> subprocess.Popen[str]:
    """Another command that holds the place until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, settings.data_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def url_of(command: subprocess.Popen[str]) -> str:
    assert command.stdout is not None
    return command.stdout.readline().strip()


def server_pid(settings: Settings) -> int:
    noted = json.loads((Path(settings.data_dir) / "redis.json").read_text())
    return int(noted["pid"])


def test_a_given_redis_is_used_as_it_is(tmp_path: Path) -> None:
    settings = settings_with(redis_url="redis://example.invalid/0", data_dir=str(tmp_path / "data"))
    with redis_place(settings) as place:
        assert (place.url, place.kind) == ("redis://example.invalid/0", "given")
    assert not (tmp_path / "data").exists()


def test_without_redis_server_the_toy_store_says_what_it_is(toy_settings: Settings) -> None:
    with redis_place(toy_settings) as place, Redis.from_url(place.url) as redis:
        assert (place.kind, place.note) == ("embedded", TOY_BANNER)
        redis.set("a", "1")
        assert redis.get("a") == b"1"
    assert state_of(place.url) == "absent"
    assert not (Path(toy_settings.data_dir) / "redis.json").exists()


def test_a_second_command_joins_the_toy_store(toy_settings: Settings) -> None:
    with redis_place(toy_settings) as first:
        with redis_place(toy_settings) as second:
            assert second.url == first.url
            assert "joined" in second.note
        assert state_of(first.url) == "ready"


async def test_the_toy_store_records_events_and_announces_them(toy_settings: Settings) -> None:
    with redis_place(toy_settings) as place:
        async with (
            AsyncRedis.from_url(place.url, decode_responses=True) as redis,
            redis.pubsub() as channel,
        ):
            await channel.subscribe(Keys().push("u"))
            scripts = await load_scripts(redis)
            types = type_table(DEFAULT_EVENT_TYPES)
            store = EventStore(redis, Keys(), Limits(), types, scripts)
            event = Event("u", "i", "view", "e", "f", at_ms=1_000, now_ms=1_000)
            for outcome in (Outcome.NEW, Outcome.DUPLICATE):
                assert (await store.record([event]))[0].outcome is outcome
            await redis.script_flush()
            assert (await store.record([event]))[0].outcome is Outcome.DUPLICATE
            await channel.get_message(timeout=5)
            message = await channel.get_message(timeout=5)
            assert message is not None
            assert message["data"] == "1000|e|view|i|1000|1000|#1"


async def test_the_toy_store_keeps_a_connection_after_an_error(toy_settings: Settings) -> None:
    with redis_place(toy_settings) as place:
        async with AsyncRedis.from_url(place.url, single_connection_client=True) as redis:
            client_id = await redis.client_id()
            async with redis.pipeline(transaction=False) as pipe:
                pipe.set("a", "x")
                pipe.incr("a")
                pipe.get("a")
                answers = await pipe.execute(raise_on_error=False)
            assert isinstance(answers[1], Exception)
            assert answers[2] == b"x"
            assert await redis.client_id() == client_id


async def test_the_toy_store_takes_and_gives_large_values(toy_settings: Settings) -> None:
    with redis_place(toy_settings) as place:
        async with AsyncRedis.from_url(place.url) as redis:
            await redis.set("big", b"\r\n" * 500_000)
            assert await redis.get("big") == b"\r\n" * 500_000


@pytest.mark.real_redis
def test_a_private_server_keeps_its_data_and_is_ended(settings: Settings) -> None:
    with redis_place(settings) as place, Redis.from_url(place.url) as redis:
        assert place.kind == "private"
        redis.set("a", "1")
        assert redis.config_get("append*")["appendfsync"] == "always"
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert state_of(place.url) == "absent"
    with redis_place(settings) as again, Redis.from_url(again.url) as redis:
        assert redis.get("a") == b"1"


@pytest.mark.real_redis
def test_a_private_server_listens_on_loopback_where_a_socket_path_is_too_long(
    tmp_path: Path, settings: Settings
) -> None:
    deep = settings.model_copy(update={"data_dir": str(tmp_path / ("d" * 120))})
    with redis_place(deep) as place:
        assert place.url.startswith("redis://127.0.0.1:")
        assert state_of(place.url) == "ready"


@pytest.mark.real_redis
def test_a_command_beside_another_joins_and_leaves_the_server_alone(settings: Settings) -> None:
    other = held_by_another(settings)
    try:
        url = url_of(other)
        with redis_place(settings) as place:
            assert place.url == url
        assert state_of(url) == "ready"
    finally:
        other.communicate("")
    assert other.returncode == 0
    assert state_of(url) == "absent"


@pytest.mark.real_redis
def test_two_that_start_at_once_start_one_server(settings: Settings) -> None:
    others = [held_by_another(settings) for _ in range(3)]
    try:
        assert len({url_of(other) for other in others}) == 1
    finally:
        for other in others:
            other.communicate("")


@pytest.mark.real_redis
def test_the_server_of_a_killed_command_is_taken_over(settings: Settings) -> None:
    other = held_by_another(settings)
    url = url_of(other)
    other.kill()
    other.communicate()
    assert state_of(url) == "ready"
    with redis_place(settings) as place:
        assert place.url == url
    assert state_of(url) == "absent"


@pytest.mark.real_redis
def test_a_note_of_a_dead_server_is_replaced(settings: Settings) -> None:
    other = held_by_another(settings)
    url_of(other)
    os.kill(server_pid(settings), signal.SIGKILL)
    other.kill()
    other.communicate()
    with redis_place(settings) as place:
        assert state_of(place.url) == "ready"


@pytest.mark.real_redis
def test_a_server_that_does_not_answer_is_not_doubled(settings: Settings) -> None:
    with redis_place(settings):
        pid = server_pid(settings)
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(RedisDidNotStart, match="does not answer"), redis_place(settings):
                pass
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.real_redis
def test_a_server_that_cannot_start_says_why(settings: Settings) -> None:
    folder = Path(settings.data_dir)
    (folder / "appendonlydir").mkdir(parents=True)
    (folder / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(RedisDidNotStart, match="AOF"), redis_place(settings):
        pass


def test_who_only_looks_starts_nothing(settings: Settings) -> None:
    with pytest.raises(NoStoreRunning, match=settings.data_dir):
        running_redis(settings)
    assert not Path(settings.data_dir).exists()


def test_a_store_that_has_ended_does_not_run(toy_settings: Settings) -> None:
    with redis_place(toy_settings):
        noted = (Path(toy_settings.data_dir) / "redis.json").read_text()
    (Path(toy_settings.data_dir) / "redis.json").write_text(noted)
    with pytest.raises(NoStoreRunning):
        running_redis(toy_settings)


@pytest.mark.real_redis
def test_who_only_looks_leaves_the_server_of_a_killed_command_alone(settings: Settings) -> None:
    other = held_by_another(settings)
    url = url_of(other)
    other.kill()
    other.communicate()
    assert running_redis(settings).url == url
    assert state_of(url) == "ready"
    stop_orphan(url, server_pid(settings))
