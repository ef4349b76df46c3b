"""The page shows the results that are kept."""

from benchmarks.page import RESULTS, SHOWN, number, table, tables


def test_the_tables_are_those_of_the_results() -> None:
    assert SHOWN.read() == tables()


def test_results_name_their_command_and_machine() -> None:
    files = [*RESULTS.rglob("*.json")]
    assert files
    for file in files:
        text = file.read_text()
        assert '"command": ".venv/bin/python -m benchmarks.' in text, file
        assert '"machine": "' in text, file


def test_a_table_is_markdown() -> None:
    rows = [("a list", number(1234.5)), ("an event", number(0.06789))]
    assert table(("what", "µs"), rows).splitlines() == [
        "| what | µs |",
        "| --- | ---: |",
        "| a list | 1,234 |",
        "| an event | 0.0679 |",
    ]
