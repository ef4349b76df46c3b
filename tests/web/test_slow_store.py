"""A store that keeps a request waiting: what can be shown without it is shown before the request is given up."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest

from tests.asgi import http_client
from web.app import Application

NAMES = {"/similar/a": "similar", "/trending": "trending"}


async def never(*_: object, **__: object) -> None:
    await asyncio.Event().wait()


@pytest.fixture
async def slow(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx2.AsyncClient]:
    """Callers of a service whose store answers no more."""
    for name in NAMES.values():
        monkeypatch.setattr(app.worker.recommender, name, never)
    monkeypatch.setattr("service.availability.REQUEST_S", 0.05)
    async with http_client(app) as http:
        yield http


@pytest.mark.parametrize("path", NAMES)
async def test_a_shelf_is_answered_from_memory(slow: httpx2.AsyncClient, path: str) -> None:
    answer = await slow.get(path)
    assert (answer.status_code, answer.json()) == (200, {"stale": True, "items": []})
