"""`tandem demo`: a shop to look at, loaded once, and nothing left behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from store.reachability import state_of
from tests.cli.serving import (
    Service,
    clean_environment,
    serving,
    wait_until_ready,
    without_redis_server,
)

DEMO = ("demo", "demo")


def shop_of(service: Service) -> dict[str, object]:
    shop: dict[str, object] = httpx2.get(f"{service.url}/demo/shop").json()
    return shop


def titles(service: Service, user: str) -> list[str]:
    made = httpx2.get(f"{service.url}/realtime-recommend?user_id={user}").json()
    return [item["attributes"]["title"] for item in made["items"]]


def test_without_redis_the_shop_is_there_and_the_page_is_named(tmp_path: Path) -> None:
    with serving(tmp_path, command=DEMO, PATH=without_redis_server(tmp_path)) as service:
        assert httpx2.get(f"{service.url}/demo/realtime").headers["content-type"] == (
            "text/html; charset=utf-8"
        )
        shop = shop_of(service)
        assert shop["toy_store"] is True
        assert len(titles(service, "7")) == 10
        said = service.end(signal.SIGINT)
    assert f"http://127.0.0.1:{service.port}/demo/realtime" in said
    assert "120 products" in said
    assert "Ctrl-C   ends it; the data end with the toy store" in said
    assert service.process.returncode == 0


@pytest.mark.real_redis
def test_a_second_start_keeps_what_happened_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with serving(tmp_path, command=DEMO) as service:
        url = json.loads((tmp_path / "data" / "redis.json").read_text())["url"]
        event = {"user_id": "guest", "item_id": "tent-fjord-2p", "type": "view"}
        assert httpx2.post(f"{service.url}/event", json=event).is_success
        said = service.end(signal.SIGINT)
    assert "Ctrl-C   ends it; the data stay in that folder" in said
    assert state_of(url) == "absent"
    with serving(tmp_path, command=DEMO) as service:
        assert shop_of(service)["toy_store"] is False
        history = httpx2.get(f"{service.url}/users/guest").json()["history"]
        assert [act["item_id"] for act in history] == ["tent-fjord-2p"]
        assert "as it was" in service.end(signal.SIGINT)


@pytest.mark.real_redis
def test_set_up_alone_loads_the_shop_once(tmp_path: Path, real_redis_url: str) -> None:
    def set_up() -> str:
        return subprocess.run(
            [sys.executable, "-m", *DEMO, "--setup"],
            env=clean_environment() | {"TANDEM_REDIS_URL": real_redis_url},
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    assert "120 products" in set_up()
    assert "as it was" in set_up()


@pytest.mark.real_redis
def test_a_fleet_shows_the_page_on_every_port(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", command=("demo", "serve")) as service:
        for port in (service.port, service.port + 1):
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(service, url)
            page = httpx2.get(f"{url}/demo/realtime")
            assert page.headers["content-type"] == "text/html; charset=utf-8"
