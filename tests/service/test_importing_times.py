"""Times in files, however they are written."""

import pytest

from service.importing.times import TimeUnit, parse_time_ms


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("2019-10-01 00:00:00 UTC", 1_569_888_000_000),
        ("2019-10-01T02:00:00+02:00", 1_569_888_000_000),
        ("2019-10-01T00:00:00Z", 1_569_888_000_000),
        ("2019-10-01", 1_569_888_000_000),
        ("1569888000", 1_569_888_000_000),
        ("1569888000000", 1_569_888_000_000),
        (1_569_888_000, 1_569_888_000_000),
        (1_569_888_000.25, 1_569_888_000_250),
    ],
)
def test_a_time_may_be_written_in_several_ways(text: object, time_ms: int) -> None:
    assert parse_time_ms(text) == time_ms


def test_a_unit_is_not_guessed_where_it_is_known() -> None:
    assert parse_time_ms("1000", TimeUnit.MILLISECONDS) == 1_000
    assert parse_time_ms("1000", TimeUnit.SECONDS) == 1_000_000
