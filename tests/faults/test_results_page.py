"""The page shows the results that are kept."""

from benchmarks.faults import BEGIN, END, PAGE, table


def test_the_table_is_that_of_the_results() -> None:
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert shown.strip() == table()
