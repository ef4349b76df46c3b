"""Counts become weights as the formulas say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from scoring import neighbours

cell = st.integers(1, 5000)


def test_conditional_is_the_share_of_the_total() -> None:
    np.testing.assert_allclose(neighbours.conditional(np.array([1, 2, 4]), 4), [0.25, 0.5, 1])


def test_conditional_never_exceeds_one_even_where_counts_disagree() -> None:
    assert neighbours.conditional(np.array([9]), 4)[0] == 1.0


@pytest.mark.parametrize("total", [0, -1])
def test_without_a_total_nothing_is_said(total: float) -> None:
    assert neighbours.conditional(np.array([3, 4]), total).tolist() == [0.0, 0.0]


def test_shrinking_holds_back_what_rests_on_little_evidence() -> None:
    once = neighbours.shrunk(np.array([1]), 1, 10)[0]
    often = neighbours.shrunk(np.array([100]), 100, 10)[0]
    assert once == pytest.approx(1 / 11)
    assert often == pytest.approx(100 / 110)


def test_shrinking_without_any_evidence_says_nothing() -> None:
    assert neighbours.shrunk(np.array([0]), 0, 0).tolist() == [0.0]


@given(cell, cell, cell, cell)
def test_the_likelihood_ratio_is_the_g_test_of_scipy(
    k11: int, k12: int, k21: int, k22: int
) -> None:
    total = k11 + k12 + k21 + k22
    ratio = neighbours.log_likelihood_ratio(
        np.array([k11]), k11 + k12, np.array([k11 + k21]), total
    )[0]
    expected = chi2_contingency(
        [[k11, k12], [k21, k22]], correction=False, lambda_="log-likelihood"
    ).statistic
    attracted = k11 * total > (k11 + k12) * (k11 + k21)
    assert ratio == pytest.approx(expected if attracted else 0.0, rel=1e-6, abs=1e-6)


def test_items_that_avoid_each_other_get_nothing() -> None:
    assert neighbours.log_likelihood_ratio(np.array([1]), 50, np.array([50]), 100).tolist() == [0.0]


def test_the_ratio_ranks_steady_company_above_a_chance_meeting() -> None:
    steady, chance = neighbours.log_likelihood_ratio(np.array([40, 1]), 50, np.array([45, 1]), 1000)
    assert steady > chance > 0


@given(*[st.floats(0, 1e6)] * 4)
def test_contradicting_counts_give_a_finite_weight_that_is_not_negative(
    both: float, left: float, right: float, total: float
) -> None:
    ratio = neighbours.log_likelihood_ratio(np.array([both]), left, np.array([right]), total)
    assert np.isfinite(ratio).all()
    assert (ratio >= 0).all()


@pytest.mark.parametrize(("left", "right", "total"), [(0, 0, 0), (5, 5, 5), (5, 3, 5)])
def test_a_degenerate_table_says_nothing(left: int, right: int, total: int) -> None:
    both = np.array([min(left, right)])
    assert neighbours.log_likelihood_ratio(both, left, np.array([right]), total).tolist() == [0.0]
