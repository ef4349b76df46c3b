"""Whether a Redis is there: one that refuses to serve is, and nobody may start another on its data."""

from pathlib import Path

import pytest
from redis import Redis

from store.reachability import process_id, state_of
from tests.redis_server import free_port, running_redis_server


@pytest.mark.real_redis
def test_a_server_that_answers_is_ready_until_it_ends(tmp_path: Path) -> None:
    with running_redis_server(tmp_path) as server:
        assert state_of(server.url) == "ready"
        assert process_id(server.url) == server.process.pid
    assert state_of(server.url) == "absent"
    assert process_id(server.url) is None


@pytest.mark.real_redis
def test_a_server_that_refuses_to_serve_is_busy(tmp_path: Path) -> None:
    with running_redis_server(tmp_path) as server, Redis.from_url(server.url) as operator:
        operator.config_set("replica-serve-stale-data", "no")
        operator.replicaof("127.0.0.1", free_port())
        assert state_of(server.url) == "busy"
