"""The app as a whole: opened once, closed once, and only as a whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import httpx2
import pytest

from service.bootstrap import Tandem
from service.settings import Settings
from tests.asgi import StartupFailed, started
from tests.serving import Browser, served
from tests.web.conftest import StartApp
from web.app import app_from_environment, create_app


async def test_http_and_sockets_share_one_service_that_is_opened_and_closed_once(
    start_app: StartApp,
) -> None:
    steps: list[str] = []
    running = await start_app()

    @asynccontextmanager
    async def open_service(_settings: Settings) -> AsyncIterator[Tandem]:
        steps.append("opened")
        yield running.worker.service
        steps.append("closed")

    app = create_app(Settings(), open_service=open_service)
    async with served(app) as url:
        browser = Browser()
        await browser.connect(url, {"user_id": "7"})
        async with httpx2.AsyncClient(base_url=url) as http:
            assert (await http.get("/readyz")).status_code == 200
        await browser.next("recommendations")
        await browser.close()
        assert steps == ["opened"]
    assert steps == ["opened", "closed"]


async def test_an_app_whose_service_cannot_be_opened_does_not_start() -> None:
    def open_service(_settings: Settings) -> NoReturn:
        raise ConnectionError("no Redis")

    with pytest.raises(StartupFailed, match="no Redis"):
        async with started(create_app(Settings(), open_service=open_service)):
            pass


def test_the_environment_makes_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_WORKER_NAME", "api-9")
    assert app_from_environment().worker.name == "api-9"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "only clients of this machine are answered"),
        ({"demo_open": True}, "everybody may do everything"),
        ({"admin_keys": ("admin-key-0123456789",)}, ""),
    ],
)
async def test_the_start_says_who_may_call(
    settings: dict[str, object],
    said: str,
    start_app: StartApp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await start_app(**settings)
    messages = [record.getMessage() for record in caplog.records if record.name == "web.app"]
    assert len(messages) == (1 if said else 0)
    assert said in "".join(messages)
