"""Newcomers go together in the next call; a further one is in flight only where it is full."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from service.batching import Batches


@dataclass(slots=True)
class Counter:
    """Answers each number with its double when let; negative numbers fail, 666 fails all of its batch."""

    batches: list[list[int]] = field(default_factory=list)
    free: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, numbers: list[int]) -> Sequence[int | Exception]:
        self.batches.append(numbers)
        self.called.set()
        await self.free.wait()
        if 666 in numbers:
            raise RuntimeError("all of it")
        return [2 * n if n >= 0 else ValueError(str(n)) for n in numbers]


@pytest.fixture
def counter() -> Counter:
    return Counter()


async def test_requests_of_one_turn_go_in_one_call(counter: Counter) -> None:
    counter.free.set()
    batches = Batches(counter)
    assert await asyncio.gather(*map(batches.submit, range(5))) == [0, 2, 4, 6, 8]
    assert counter.batches == [[0, 1, 2, 3, 4]]


async def test_newcomers_wait_for_the_call_in_flight_and_go_together(counter: Counter) -> None:
    batches = Batches(counter)
    first = batches.submit(0)
    await counter.called.wait()
    late = [batches.submit(1), batches.submit(2)]
    assert len(batches) == 2
    counter.free.set()
    assert await asyncio.gather(first, *late) == [0, 2, 4]
    assert counter.batches == [[0], [1, 2]]


async def test_a_batch_stays_within_the_summed_cost(counter: Counter) -> None:
    counter.free.set()
    batches = Batches(counter, cost=lambda n: n, limit=10)
    await asyncio.gather(*map(batches.submit, [4, 4, 4, 30, 1, 9, 1]))
    assert counter.batches == [[4, 4], [4], [30], [1, 9], [1]]


async def test_a_second_call_does_not_wait_for_the_first_where_it_is_full(counter: Counter) -> None:
    batches = Batches(counter, limit=3, at_once=2)
    answers = [batches.submit(0)]
    await counter.called.wait()
    for number in (1, 2):
        answers.append(batches.submit(number))
        await asyncio.sleep(0)
    assert counter.batches == [[0]]
    answers.append(batches.submit(3))
    await asyncio.sleep(0)
    assert counter.batches == [[0], [1, 2, 3]]
    answers += [batches.submit(number) for number in range(4, 9)]
    await asyncio.sleep(0)
    assert counter.batches == [[0], [1, 2, 3]], "two are enough"
    counter.free.set()
    assert await asyncio.gather(*answers) == [2 * number for number in range(9)]
    assert counter.batches[2:] == [[4, 5, 6], [7, 8]]


async def test_many_requests_of_one_turn_go_in_full_calls(counter: Counter) -> None:
    batches = Batches(counter, limit=3, at_once=2)
    answers = [batches.submit(number) for number in range(8)]
    await asyncio.sleep(0.01)
    assert counter.batches == [[0, 1, 2], [3, 4, 5]]
    counter.free.set()
    await asyncio.gather(*answers)
    assert counter.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]


async def test_what_belongs_together_is_never_in_two_calls(counter: Counter) -> None:
    batches = Batches(counter, limit=3, at_once=2, key=lambda number: number % 10)
    answers = [batches.submit(number) for number in (1, 2, 3, 11, 4, 21, 5, 6, 31)]
    await asyncio.sleep(0.01)
    assert counter.batches == [[1, 2, 3], [4, 5, 6]]
    counter.free.set()
    assert await asyncio.gather(*answers) == [2, 4, 6, 22, 8, 42, 10, 12, 62]
    assert counter.batches[2:] == [[11, 21, 31]]


async def test_where_all_belongs_together_one_call_follows_the_other(counter: Counter) -> None:
    batches = Batches(counter, limit=3, at_once=2, key=lambda _: "one")
    answers = [batches.submit(number) for number in range(7)]
    await asyncio.sleep(0.01)
    assert counter.batches == [[0, 1, 2]]
    counter.free.set()
    await asyncio.gather(*answers)
    assert counter.batches == [[0, 1, 2], [3, 4, 5], [6]]
    assert await batches.submit(8) == 16


async def test_a_failing_request_fails_alone(counter: Counter) -> None:
    counter.free.set()
    batches = Batches(counter)
    good, bad = batches.submit(1), batches.submit(-1)
    assert await good == 2
    with pytest.raises(ValueError, match="-1"):
        await bad


async def test_a_failing_call_fails_its_requests_and_no_others(counter: Counter) -> None:
    counter.free.set()
    batches = Batches(counter)
    lost = [batches.submit(1), batches.submit(666)]
    assert [str(error) for error in await asyncio.gather(*lost, return_exceptions=True)] == [
        "all of it",
        "all of it",
    ]
    assert await batches.submit(3) == 6


async def test_a_caller_that_goes_away_cancels_nothing(counter: Counter) -> None:
    batches = Batches(counter)
    caller = asyncio.create_task(_wait_for(batches, 1))
    await counter.called.wait()
    patient = batches.submit(2)
    caller.cancel()
    counter.free.set()
    assert await patient == 4
    assert counter.batches == [[1], [2]]


async def test_a_request_that_nobody_waits_for_any_more_fails_silently(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    counter.free.set()
    batches = Batches(counter)
    batches.submit(-1)
    assert await batches.submit(1) == 2
    assert caplog.text == ""


async def _wait_for(batches: Batches[int, int], number: int) -> int:
    return await batches.submit(number)
