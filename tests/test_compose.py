"""The container demo, as far as it can be held to its word without containers."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from websockets.asyncio.client import connect

from service.doctor import check_settings
from service.exposure import check_redis_reach
from service.private_redis import MEND_AOF
from service.settings import Settings
from tests.compose_site import REPLICAS, nginx_configuration, running_site
from tests.redis_server import free_port

ROOT = Path(__file__).parents[1]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
    "services"
]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
NGINX_CONF = (ROOT / "deploy" / "nginx.conf").read_text()


# docker-compose.yml


def test_there_are_a_redis_a_set_up_the_workers_and_an_nginx() -> None:
    assert set(SERVICES) == {"redis", "shop", "api", "nginx"}


def test_the_shop_is_loaded_once_into_the_redis_of_the_workers() -> None:
    shop, api = SERVICES["shop"], SERVICES["api"]
    assert shop["command"] == ["tandem", "demo", "--setup"]
    assert shop["restart"] == "no"
    assert shop["image"] == api["image"]
    assert shop["environment"]["TANDEM_REDIS_URL"] == api["environment"]["TANDEM_REDIS_URL"]


def test_redis_keeps_what_was_acknowledged_and_throws_nothing_away() -> None:
    command = SERVICES["redis"]["command"]
    mounted = f"/{MEND_AOF.name}"
    start = command.index("valkey-server") + 1
    options = dict(zip(command[start::2], command[start + 1 :: 2], strict=True))
    assert command[:start] == ["sh", mounted, "/data", "docker-entrypoint.sh", "valkey-server"]
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "always"
    assert options["--maxmemory-policy"] == "noeviction"
    program = MEND_AOF.relative_to(ROOT)
    assert SERVICES["redis"]["volumes"] == ["redis-data:/data", f"./{program}:{mounted}:ro"]


def test_each_waits_until_what_it_needs_is_healthy() -> None:
    healthy = {"condition": "service_healthy"}
    assert SERVICES["redis"]["healthcheck"]["test"] == ["CMD", "redis-cli", "ping"]
    assert SERVICES["shop"]["depends_on"] == {"redis": healthy}
    loaded = {"condition": "service_completed_successfully"}
    assert SERVICES["api"]["depends_on"] == {"redis": healthy, "shop": loaded}
    assert SERVICES["nginx"]["depends_on"] == {"api": healthy}


def test_the_workers_start_as_they_are_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["api"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings(host="0.0.0.0")
    reach = check_redis_reach(settings, settings.redis_url, takes_strangers=True)
    assert {check.level for check in [*check_settings(settings), *reach]} == {"warn"}


def test_the_workers_can_be_scaled() -> None:
    assert SERVICES["api"].keys().isdisjoint({"container_name", "ports", "network_mode"})


def test_one_port_is_published_to_this_machine_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:5000:80"]


def test_the_workers_listen_where_nginx_looks_for_them() -> None:
    assert "set $workers http://api:5000;" in NGINX_CONF
    assert "EXPOSE 5000" in DOCKERFILE
    assert "listen 80;" in NGINX_CONF


def test_what_is_mounted_exists() -> None:
    mounted = [volume.split(":") for volume in SERVICES["nginx"]["volumes"]]
    assert all((ROOT / source).is_file() for source, *_ in mounted)


# Dockerfile


def test_the_image_installs_what_is_pinned_and_no_more() -> None:
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert "--require-hashes --requirement requirements/run.txt" in installs[0]
    assert all("--no-deps --no-build-isolation" in line for line in installs[1:])


def test_the_image_serves_all_addresses_and_not_as_root() -> None:
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "\nUSER tandem\n" in last
    assert _exec_form(r"^CMD") == ["tandem", "serve", "--host", "0.0.0.0"]


def test_the_health_check_asks_whether_the_process_answers() -> None:
    program, option, code = _exec_form(r"^HEALTHCHECK .*CMD")
    assert (program, option) == ("python", "-c")
    assert "http://127.0.0.1:5000/healthz" in code
    compile(code, "health check", "exec")


def test_each_file_that_the_image_copies_exists_and_is_sent_to_the_builder() -> None:
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    for source in _copied():
        assert (ROOT / source).exists(), source
        assert f"!{source}" in sent, source


def test_what_the_image_copies_is_enough_to_build_the_package(tmp_path: Path) -> None:
    for source in _copied():
        (tmp_path / source).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, tmp_path / source)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    assert len(list((tmp_path / "dist").glob("*.whl"))) == 1


def test_the_image_is_built_with_a_compiler_and_runs_without() -> None:
    building, _, running = DOCKERFILE.rpartition("\nFROM ")
    assert re.search(r"apt-get install .* gcc ", building)
    assert "apt-get" not in running


# deploy/nginx.conf


@pytest.mark.nginx
def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    configuration = nginx_configuration(tmp_path, free_port(), "127.0.0.1:53")
    check = ["nginx", "-t", "-e", str(tmp_path / "error.log"), "-c", str(configuration)]
    run = subprocess.run(check, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "warn" not in run.stderr


@pytest.mark.nginx
async def test_requests_are_spread_over_all_replicas(site: str) -> None:
    async with httpx2.AsyncClient(base_url=site) as http:
        answers = {(await http.get("/who")).json()["replica"] for _ in range(100)}
    assert answers == set(REPLICAS)


@pytest.mark.nginx
async def test_a_replica_hears_of_the_client_what_nginx_saw(site: str) -> None:
    lie = {"X-Forwarded-For": "10.9.8.7"}
    async with httpx2.AsyncClient(base_url=site, headers=lie) as http:
        heard = (await http.get("/who?a=1")).json()
    assert heard["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert f"http://{heard['headers']['host']}" == site
    assert heard["path"] == "/who?a=1"


@pytest.mark.nginx
async def test_a_websocket_goes_through(site: str) -> None:
    async with connect(site.replace("http", "ws") + "/socket.io/") as socket:
        await socket.send("ping")
        assert await socket.recv() in REPLICAS


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[str]:
    async with running_site(tmp_path) as url:
        yield url


def _copied() -> list[str]:
    """What the Dockerfile takes from the repository, in order."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()]


def _exec_form(instruction: str) -> list[str]:
    (found,) = re.findall(rf"{instruction} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    words: list[str] = json.loads(found)
    return words
