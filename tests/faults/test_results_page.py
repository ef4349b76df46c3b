"""The page shows the results that are kept."""

from benchmarks.faults import SHOWN, table


def test_the_table_is_that_of_the_results() -> None:
    assert SHOWN.read() == table()
