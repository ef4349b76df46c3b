"""Nothing is left of who was erased, and nothing is missing of others."""

import pytest

from tests.faults.scenarios import erasure


@pytest.mark.real_redis
def test_a_few_worlds_are_as_if_the_erased_had_never_come() -> None:
    figures = erasure.measure(scale=0.05)
    assert figures["merged_ids_erased"] >= figures["users_erased"] > 0
    assert figures["keys_scanned"] > 0
    assert erasure.problems(figures) == []
