"""What the fixtures promise to every other test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from redis.asyncio import Redis

from tests.clock import START_MS, Clock
from tests.redis_server import (
    RedisDidNotStart,
    free_port,
    running_redis_server,
    start_redis_server,
)

ROOT = Path(__file__).parents[1]
NEEDS_REDIS = """
import pytest

def test_asks_for_the_server(real_redis_url): ...

@pytest.mark.real_redis
def test_skips_itself(): pytest.skip("no reason")
"""


def test_the_clock_stands_still_until_it_is_advanced(clock: Clock) -> None:
    assert clock() == clock() == START_MS
    clock.advance(5)
    assert clock() == START_MS + 5


@pytest.mark.parametrize("run", [1, 2])
async def test_each_test_gets_an_empty_redis(redis_client: Redis, run: int) -> None:
    assert await redis_client.incr("runs") == 1


async def test_both_redis_run_lua_and_answer_in_text(redis_client: Redis) -> None:
    assert await redis_client.eval("return {KEYS[1], ARGV[1]}", 1, "key", "argument") == [
        "key",
        "argument",
    ]


async def test_the_real_server_is_durable_and_never_evicts(real_redis: Redis) -> None:
    config = await real_redis.config_get("appendonly", "appendfsync", "maxmemory-policy", "save")
    assert config == {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "save": "",
    }


@pytest.mark.real_redis
def test_a_server_started_again_in_its_folder_finds_its_data(tmp_path: Path) -> None:
    port = free_port()
    first = start_redis_server(tmp_path, port)
    with redis.Redis.from_url(first.url) as client:
        client.set("greeting", "hello")
    first.stop()
    second = start_redis_server(tmp_path, port)
    try:
        with redis.Redis.from_url(second.url) as client:
            assert client.get("greeting") == b"hello"
    finally:
        second.stop()


@pytest.mark.real_redis
def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RedisDidNotStart, match="no-such-option"):
        start_redis_server(tmp_path, free_port(), "--no-such-option", "1")


@pytest.mark.real_redis
def test_the_server_ends_with_its_context(tmp_path: Path) -> None:
    with running_redis_server(tmp_path) as server:
        assert server.process.poll() is None
    assert server.process.poll() == 0


def test_tests_of_redis_are_skipped_where_there_is_none(tmp_path: Path) -> None:
    run = _run_pytest_without_programs(tmp_path, require_real="0")
    assert run.returncode == 0
    assert "2 skipped" in run.stdout
    assert "redis-server is not on PATH" in run.stdout


def test_a_skipped_test_of_redis_fails_the_run_where_redis_is_required(tmp_path: Path) -> None:
    run = _run_pytest_without_programs(tmp_path, require_real="1")
    assert run.returncode == 1
    assert "skipped although TANDEM_REQUIRE_REAL=1" in run.stdout
    assert "2 errors" in run.stdout


def _run_pytest_without_programs(
    folder: Path, require_real: str
) -> subprocess.CompletedProcess[str]:
    (folder / "test_needs_redis.py").write_text(NEEDS_REDIS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-c", ROOT / "pyproject.toml", "--rootdir", folder, folder],
        cwd=ROOT,
        env={**os.environ, "PATH": "", "TANDEM_REQUIRE_REAL": require_real},
        capture_output=True,
        text=True,
        check=False,
    )
