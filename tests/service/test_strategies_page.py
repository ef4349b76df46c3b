"""docs/strategies.md says what the code says: names, fields, features, and an example that the service takes."""

import json
import re
from pathlib import Path

from service.ranking import FEATURES
from service.strategies import ADAPTATION, BUILT_IN, SOURCES
from service.strategy_files import WEIGHT_LIMIT, StrategyFile, strategies_at

PAGE = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text()


def named(head: str) -> list[str]:
    """The names in the first column of the table with that head."""
    table = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_the_strategies_in_code_are_named() -> None:
    assert named("name") == list(BUILT_IN)


def test_the_fields_of_a_file_are_named() -> None:
    assert named("field") == list(StrategyFile.model_fields)


def test_the_sources_and_all_features_are_named() -> None:
    sources, others = named("source"), named("feature")
    assert sources == list(SOURCES)
    pairs = [name for source in sources for name in (source, f"log_{source}")]
    assert [*pairs, *others] == list(FEATURES)


def test_the_example_of_a_file_is_one_that_is_taken(tmp_path: Path) -> None:
    example = PAGE.partition("```json\n")[2].partition("```")[0]
    (tmp_path / "mine.json").write_text(example)
    mine = strategies_at(str(tmp_path)).get("mine")
    assert mine.weights == json.loads(example)["weights"]


def test_the_bounds_and_factors_that_are_told_hold() -> None:
    assert f"from -{WEIGHT_LIMIT:g} to {WEIGHT_LIMIT:g}" in PAGE
    after = ADAPTATION["purchase"]
    assert (after["co_purchase"], after["co_view"]) == (4.0, 0.3)
