"""Shared timers end waits as asyncio's own time limits do."""

import asyncio

import pytest

from store.time_limit import STEP_S, time_limit


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_wait_ends_in_time_and_not_before() -> None:
    until = now() + 0.12
    with pytest.raises(TimeoutError), time_limit(until):
        await asyncio.sleep(10)
    assert until <= now() < until + STEP_S + 1


async def test_what_is_done_in_time_is_left_alone() -> None:
    with time_limit(now() + 0.05):
        await asyncio.sleep(0)
    await asyncio.sleep(0.15)
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]


async def test_without_a_time_it_never_ends() -> None:
    with time_limit(None):
        await asyncio.sleep(0.15)


async def test_a_time_that_has_passed_strikes_at_the_next_wait() -> None:
    with pytest.raises(TimeoutError), time_limit(now() - 1):
        await asyncio.sleep(10)


async def test_many_waits_end_each_at_its_own_time() -> None:
    async def ended_after(seconds: float) -> float:
        began = now()
        with pytest.raises(TimeoutError), time_limit(began + seconds):
            await asyncio.sleep(10)
        return now() - began

    waits = [0.05 * (1 + number % 4) for number in range(100)]
    took = await asyncio.gather(*map(ended_after, waits))
    assert all(wait <= time < wait + 1 for wait, time in zip(waits, took, strict=True))


async def test_it_can_be_put_off() -> None:
    began, limit = now(), time_limit(now() + 0.05)

    async def work() -> None:
        with limit:
            limit.reschedule(began + 0.3)
            await asyncio.sleep(10)

    with pytest.raises(TimeoutError):
        await work()
    assert now() - began >= 0.3


async def test_an_error_of_the_work_is_the_works_own() -> None:
    with pytest.raises(LookupError), time_limit(now() + 10):
        raise LookupError


async def test_whoever_cancels_the_task_is_not_answered_by_a_timeout() -> None:
    async def work() -> None:
        with time_limit(now() + 10):
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_meets_the_limit_wins() -> None:
    async def work() -> None:
        with time_limit(now() + 10) as limit:
            limit.strike()
            task.cancel()
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_inner_of_two_limits_ends_alone() -> None:
    with time_limit(now() + 10):
        with pytest.raises(TimeoutError), time_limit(now() + 0.05):
            await asyncio.sleep(10)
        await asyncio.sleep(0)


async def test_an_outer_limit_that_strikes_inside_an_inner_one_is_the_outers() -> None:
    seen: list[type[BaseException]] = []

    async def work() -> None:
        try:
            with time_limit(now() + 10):
                await asyncio.sleep(10)
        except BaseException as error:
            seen.append(type(error))
            raise

    with pytest.raises(TimeoutError), time_limit(now() + 0.05):
        await work()
    assert seen == [asyncio.CancelledError]


async def test_two_limits_of_the_same_moment_leave_nothing_behind() -> None:
    until = now() + 0.05
    with pytest.raises(TimeoutError), time_limit(until):
        await _waits_until(until)
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]


async def _waits_until(until: float) -> None:
    with time_limit(until):
        await asyncio.sleep(10)


async def test_it_is_entered_once_and_rescheduled_only_inside() -> None:
    limit = time_limit(now() + 10)
    with pytest.raises(RuntimeError):
        limit.reschedule(now())
    with limit:
        pass
    with pytest.raises(RuntimeError):
        limit.reschedule(now())
    with pytest.raises(RuntimeError):
        limit.__enter__()
