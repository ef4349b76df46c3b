"""A log that a killed Redis has left by half is mended before the next Redis reads it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from service.private_redis import start
from tests.redis_server import RedisDidNotStart, RedisServer, free_port, start_redis_server

pytestmark = pytest.mark.real_redis

#: Ten effects, which the log holds between MULTI and EXEC.
COUNT = "for n = 1, 10 do redis.call('HINCRBY', KEYS[1], n, 1) end"
ONCE = {str(n): "1" for n in range(1, 11)}
IN_THE_MIDST = 100  # bytes of a transaction: within its third effect


def counts(url: str, key: str) -> dict[str, str]:
    with Redis.from_url(url, decode_responses=True) as client:
        return dict(client.hgetall(key))


def count(url: str, key: str) -> None:
    with Redis.from_url(url) as client:
        client.eval(COUNT, 1, key)


def log_of(folder: Path) -> Path:
    (log,) = (folder / "appendonlydir").glob("*.incr.aof")
    return log


def killed(server: RedisServer) -> None:
    server.process.kill()
    server.process.wait()


def torn_log(folder: Path, left: int) -> None:
    """One transaction in full, and of a second one only the first bytes."""
    server = start_redis_server(folder, free_port())
    count(server.url, "whole")
    whole = log_of(folder).stat().st_size
    count(server.url, "torn")
    killed(server)
    log = log_of(folder)
    log.write_bytes(log.read_bytes()[: whole + left])


@pytest.mark.parametrize("left", [1, 12, 15, 30, IN_THE_MIDST, 200])
def test_what_was_sent_again_is_counted_once(tmp_path: Path, left: int) -> None:
    torn_log(tmp_path, left)
    server = start_redis_server(tmp_path, free_port())
    assert counts(server.url, "torn") == {}
    count(server.url, "torn")
    killed(server)
    server = start_redis_server(tmp_path, free_port())
    try:
        assert counts(server.url, "torn") == ONCE
        assert counts(server.url, "whole") == ONCE
    finally:
        server.stop()


def test_where_redis_logs_does_not_matter(tmp_path: Path) -> None:
    torn_log(tmp_path, IN_THE_MIDST)
    torn = log_of(tmp_path).stat().st_size
    server = start_redis_server(tmp_path, free_port(), "--logfile", str(tmp_path / "elsewhere"))
    server.stop()
    assert log_of(tmp_path).stat().st_size == torn - IN_THE_MIDST


def test_the_private_redis_of_the_demo_is_mended_too(tmp_path: Path) -> None:
    torn_log(tmp_path, IN_THE_MIDST)
    server = start("redis-server", tmp_path)
    count(server.url, "torn")
    server.process.kill()
    server.process.wait()
    server = start("redis-server", tmp_path)
    try:
        assert counts(server.url, "torn") == ONCE
    finally:
        server.stop()


def spoiled(log: bytes) -> bytes:
    """The first command's name has one byte too many."""
    return log.replace(b"SELECT", b"SELECTT", 1)


def without_the_middle(log: bytes) -> bytes:
    return log[:60] + log[160:]


@pytest.mark.parametrize("damage", [spoiled, without_the_middle])
def test_a_log_that_is_damaged_elsewhere_is_left_as_it_is(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    torn_log(tmp_path, IN_THE_MIDST)
    log = log_of(tmp_path)
    damaged = damage(log.read_bytes())
    log.write_bytes(damaged)
    with pytest.raises(RedisDidNotStart, match="Bad file format"):
        start_redis_server(tmp_path, free_port())
    assert log.read_bytes() == damaged


def test_without_redis_check_aof_redis_is_started_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "redis-server"):
        (programs / name).symlink_to(_program(name))
    monkeypatch.setenv("PATH", str(programs))
    folder = tmp_path / "redis"
    folder.mkdir()
    server = start_redis_server(folder, free_port())
    server.stop()


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found is not None
    return found
