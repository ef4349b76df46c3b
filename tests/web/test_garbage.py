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


@pytest.mark.parametrize("new_objects", [0, 1_000_000], ids=["busy", "quiet"])
async def test_what_refers_to_itself_is_freed_within_five_periods(
    new_objects: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "PERIOD_S", 0.01)
    monkeypatch.setattr(garbage, "NEW_OBJECTS", new_objects)
    async with collected_often():
        there = weakref.ref(Knot())
        async with asyncio.timeout(5):
            while there() is not None:  # noqa: ASYNC110 - it tells in no other way
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(("made", "after"), [(0, 5), (20_000, 1)])
async def test_garbage_is_looked_for_at_once_only_where_objects_stay(
    made: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where so many stay that Python has begun by itself."""
    periods = 0

    async def pass_(_s: float) -> None:
        nonlocal periods
        periods += 1
        if not collected:
            kept.extend([i] for i in range(made))

    kept: list[list[int]] = []
    collected: list[int] = []

    def collect(generation: int) -> None:
        collected.append(generation)
        raise EOFError

    gc.collect()
    monkeypatch.setattr(asyncio, "sleep", pass_)
    monkeypatch.setattr(gc, "collect", collect)
    with pytest.raises(EOFError):
        await garbage._collect_always()
    assert (periods, collected) == (after, [1])


async def test_afterwards_all_is_as_it_was() -> None:
    before = gc.get_threshold()
    async with collected_often():
        assert gc.get_threshold() == THRESHOLDS
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


async def test_a_service_that_runs_collects_so(start_app: StartApp) -> None:
    await start_app()
    assert gc.get_threshold() == THRESHOLDS
