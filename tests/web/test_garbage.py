"""Garbage is collected little and often while the service runs, and as before when it has ended."""

import asyncio
import gc
import weakref

import pytest

from tests.web.conftest import StartApp
from web import garbage
from web.garbage import THRESHOLDS, collected_often


class Knot:
    """Refers to itself: only a collection frees it."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_refers_to_itself_is_freed_within_a_period(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(garbage, "PERIOD_S", 0.01)
    async with collected_often():
        there = weakref.ref(Knot())
        async with asyncio.timeout(5):
            while there() is not None:  # noqa: ASYNC110 - it tells in no other way
                await asyncio.sleep(0.01)


async def test_afterwards_all_is_as_it_was() -> None:
    before = gc.get_threshold()
    async with collected_often():
        assert gc.get_threshold() == THRESHOLDS
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


async def test_a_service_that_runs_collects_so(start_app: StartApp) -> None:
    await start_app()
    assert gc.get_threshold() == THRESHOLDS
