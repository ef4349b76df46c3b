"""What docs/backup.md says brings every key back."""

import pytest

from tests.faults.scenarios import backups


@pytest.mark.real_redis
def test_every_key_comes_back_with_its_value_and_its_end() -> None:
    figures = backups.measure(scale=0.01)
    assert figures["keys"] > 1_000
    assert backups.problems(figures) == []


def test_a_key_that_is_missing_or_another_is_noticed() -> None:
    figures = {"keys": 2, "differences_from_aof": 0, "differences_from_snapshot": 1}
    assert backups.problems(figures) == ["1 differences from snapshot"]
