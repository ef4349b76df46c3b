"""No list reaches another user's socket: a short run of what docs/reliability.md reports in full."""

import pytest

from tests.faults.scenarios import right_user


@pytest.mark.real_redis
def test_no_list_reaches_another_users_socket() -> None:
    figures = right_user.measure(0.003)
    assert right_user.problems(figures) == []
    assert figures["pushes_checked"] >= 3_000


@pytest.mark.parametrize(
    ("figure", "value", "said"),
    [
        ("wrong_user", 1, "a list reached another user's socket"),
        ("wrong_cause", 1, "a list reached another user's socket"),
        ("pushes_checked", 9, "fewer pushes were checked than wanted"),
        ("not_arrived", 1, "a list did not arrive in ten seconds"),
    ],
)
def test_what_goes_wrong_is_named(figure: str, value: int, said: str) -> None:
    good = {"wrong_user": 0, "wrong_cause": 0, "not_arrived": 0}
    counted = {"pushes_wanted": 10, "pushes_checked": 10}
    assert right_user.problems(good | counted) == []
    assert right_user.problems(good | counted | {figure: value}) == [said]


def test_a_list_of_somebody_else_is_counted() -> None:
    tally = right_user.Tally(wanted=3)
    own = {"user_id": "u1", "changed_by": {"event_id": "u1.5"}}
    tally.check("u1", own)
    assert (tally.wrong_user, tally.wrong_cause) == (0, 0)
    tally.check("u11", own)
    assert (tally.checked, tally.wrong_user, tally.wrong_cause) == (2, 1, 1)
