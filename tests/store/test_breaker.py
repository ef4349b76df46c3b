"""While Redis is away calls fail at once; one at a time finds out whether it is back."""

from contextlib import ExitStack

import pytest

from store.breaker import FAILURES, OPEN_S, WINDOW_S, Breaker
from store.errors import StoreUnavailable


class Watch:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def breaker(watch: Watch) -> Breaker:
    return Breaker(watch)


def fail(breaker: Breaker, times: int = 1, reason: str = "storage_timeout") -> None:
    for _ in range(times):
        with pytest.raises(StoreUnavailable, match=reason), breaker.call():
            raise StoreUnavailable(reason)


def is_refused(breaker: Breaker) -> bool:
    with ExitStack() as stack:
        try:
            stack.enter_context(breaker.call())
        except StoreUnavailable as error:
            return error.reason == "storage_unavailable"
    return False


def test_it_opens_after_some_calls_without_an_answer(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    assert not breaker.is_open
    fail(breaker)
    assert is_refused(breaker)


def test_it_stays_closed_when_they_are_far_between(breaker: Breaker, watch: Watch) -> None:
    for _ in range(3 * FAILURES):
        fail(breaker)
        watch.now += WINDOW_S / (FAILURES - 1) + 0.01
    assert not breaker.is_open


def test_it_stays_closed_when_the_server_answers_that_it_refuses(breaker: Breaker) -> None:
    fail(breaker, 3 * FAILURES, "storage_full")
    assert not breaker.is_open


def test_an_answer_in_between_counts(breaker: Breaker) -> None:
    fail(breaker, FAILURES - 1)
    with breaker.call():
        pass
    fail(breaker, FAILURES - 1)
    assert not breaker.is_open


def test_after_a_while_one_call_tries_and_the_others_do_not(breaker: Breaker, watch: Watch) -> None:
    fail(breaker, FAILURES)
    watch.now += OPEN_S
    with breaker.call():
        assert is_refused(breaker)
    assert not breaker.is_open


def test_one_that_tries_in_vain_keeps_it_open(breaker: Breaker, watch: Watch) -> None:
    fail(breaker, FAILURES)
    watch.now += OPEN_S
    fail(breaker)
    assert is_refused(breaker)
    watch.now += OPEN_S
    with breaker.call():
        pass
    assert not breaker.is_open


def test_one_that_is_cancelled_while_it_tries_leaves_the_trying_to_the_next(
    breaker: Breaker, watch: Watch
) -> None:
    fail(breaker, FAILURES)
    watch.now += OPEN_S
    with pytest.raises(KeyboardInterrupt), breaker.call():
        raise KeyboardInterrupt
    with breaker.call():
        pass
    assert not breaker.is_open
