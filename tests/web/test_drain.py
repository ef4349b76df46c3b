"""SIGTERM and Ctrl-C drain alike; a second one waits for nothing."""

import asyncio
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from web.drain import SIGNALS, before_stop

both = pytest.mark.parametrize("number", SIGNALS)


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """What the server's own handlers were given."""
    numbers: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        numbers.append(number)

    before = {number: signal.signal(number, hear) for number in SIGNALS}
    yield numbers
    for number, handler in before.items():
        signal.signal(number, handler)


class Drain:
    """Ends when it is let."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self) -> None:
        self.begun.set()
        await self.may_end.wait()


async def until_heard(heard: list[int]) -> None:
    async with asyncio.timeout(5):
        while not heard:  # noqa: ASYNC110 - a signal handler's list tells in no other way
            await asyncio.sleep(0)


@both
async def test_the_server_hears_of_a_signal_when_all_is_drained(
    heard: list[int], number: int
) -> None:
    drain = Drain()
    with before_stop(drain):
        signal.raise_signal(number)
        await drain.begun.wait()
        assert heard == []
        drain.may_end.set()
        await until_heard(heard)
    assert heard == [number]


@both
async def test_a_second_ctrl_c_reaches_the_server_at_once(heard: list[int], number: int) -> None:
    drain = Drain()
    with before_stop(drain):
        signal.raise_signal(number)
        await drain.begun.wait()
        signal.raise_signal(signal.SIGINT)
        assert heard == [number, signal.SIGINT]
        drain.may_end.set()


async def test_a_ctrl_c_after_the_drain_reaches_the_server_at_once(heard: list[int]) -> None:
    drain = Drain()
    drain.may_end.set()
    with before_stop(drain):
        signal.raise_signal(signal.SIGTERM)
        await until_heard(heard)
        signal.raise_signal(signal.SIGINT)
        assert heard == [signal.SIGTERM, signal.SIGINT]


async def test_a_drain_that_fails_does_not_keep_the_server(heard: list[int]) -> None:
    async def fail() -> None:
        raise OSError

    # asyncio tells of it in the end.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    with before_stop(fail):
        signal.raise_signal(signal.SIGTERM)
        await until_heard(heard)
    assert heard == [signal.SIGTERM]


@both
async def test_afterwards_signals_go_straight_to_the_server(heard: list[int], number: int) -> None:
    with before_stop(Drain()):
        pass
    signal.raise_signal(number)
    assert heard == [number]


async def test_where_no_server_handles_signals_nothing_changes(heard: list[int]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    before = [signal.getsignal(number) for number in SIGNALS]
    with before_stop(Drain()):
        assert [signal.getsignal(number) for number in SIGNALS] == before
