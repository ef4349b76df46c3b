"""What a history says of its user's interest."""

import pytest

from service.interest import Interest, act_factor, interest_of_acts, interest_of_items
from store.events import DEFAULT_EVENT_TYPES, type_table
from store.users import Act

TYPES = type_table(DEFAULT_EVENT_TYPES)


def interest(*acts: str, limit: int = 20) -> Interest:
    """The interest behind acts written "type item", oldest first."""
    words = [act.split() for act in acts]
    history = [Act(f"e{n}", kind, item, n) for n, (kind, item) in enumerate(words)]
    return interest_of_acts(history[::-1], TYPES, limit)


def test_recent_items_are_distinct_and_newest_first() -> None:
    found = interest("view a", "view b", "view a", "view c")
    assert [item for item, _ in found.recent] == ["c", "a", "b"]
    assert found.touched == ("a", "b", "a", "c")
    assert found.last == "c"


def test_no_history_is_no_interest() -> None:
    assert interest() == Interest((), (), frozenset(), None)


def test_the_strongest_act_on_an_item_counts() -> None:
    found = interest("add_to_cart a", "view a", "purchase b", "view b", "view c")
    assert dict(found.recent) == {"c": 1, "b": 5, "a": 3}


def test_a_dislike_bans_its_item_and_takes_it_out_of_the_interest() -> None:
    found = interest("view a", "view b", "dislike a")
    assert found.banned == frozenset("a")
    assert found.recent == (("b", 1.0),)
    assert found.touched == ("b",)


def test_taking_out_of_the_cart_cancels_having_put_in() -> None:
    found = interest("view b", "add_to_cart a", "remove_from_cart a")
    assert found.recent == (("b", 1.0),)
    assert found.banned == frozenset()


def test_putting_into_the_cart_again_counts_again() -> None:
    found = interest("add_to_cart a", "remove_from_cart a", "add_to_cart a")
    assert found.recent == (("a", 3.0),)


def test_taking_two_out_of_the_cart_does_not_ban() -> None:
    found = interest("add_to_cart a", "add_to_cart a", "remove_from_cart a", "remove_from_cart a")
    assert (found.recent, found.banned) == ((), frozenset())


def test_what_was_bought_is_banned_but_speaks_for_others() -> None:
    found = interest("purchase a", "view b")
    assert found.banned == frozenset("a")
    assert dict(found.recent) == {"b": 1, "a": 5}


def test_an_impression_says_nothing() -> None:
    found = interest("view a", "impression b")
    assert (found.recent, found.touched, found.last) == ((("a", 1.0),), ("a",), "a")


def test_acts_of_a_type_that_is_no_longer_known_are_passed_over() -> None:
    found = interest("view a", "teleport b")
    assert (found.recent, found.last) == ((("a", 1.0),), "a")


def test_only_the_newest_distinct_items_are_looked_at() -> None:
    found = interest(*(f"view i{n}" for n in range(30)), limit=3)
    assert [item for item, _ in found.recent] == ["i29", "i28", "i27"]
    assert len(found.touched) == 6


def test_the_page_looked_at_comes_first() -> None:
    found = interest("purchase a", "view b").looking_at("a")
    assert found.recent == (("a", 1.0), ("b", 1.0))
    assert found.touched == ("a", "b", "a")
    assert found.last == "a"


def test_an_ad_hoc_list_of_items_is_read_from_its_end() -> None:
    found = interest_of_items(["a", "b", "a", "c"], 2)
    assert found.recent == (("c", 1.0), ("a", 1.0))
    assert found.last == "c"
    assert interest_of_items([], 2) == Interest((), (), frozenset(), None)


@pytest.mark.parametrize(("weight", "factor"), [(1, 1), (3, 2), (7, 3)])
def test_stronger_acts_speak_louder_but_not_in_proportion(weight: float, factor: float) -> None:
    assert act_factor(weight) == factor


def test_of_each_item_the_strongest_act_is_known() -> None:
    found = interest("view a", "add_to_cart a", "view a", "purchase b", "view c")
    assert found.acts == {"a": "add_to_cart", "b": "purchase", "c": "view"}
    assert found.looking_at("b").acts["b"] == "view"


def test_what_was_taken_out_of_the_cart_is_only_looked_at() -> None:
    found = interest("add_to_cart a", "remove_from_cart a", "view a")
    assert found.acts == {"a": "view"}


def test_only_a_dislike_bans() -> None:
    assert interest("remove_from_cart a", "refund b").banned == frozenset()


def test_looking_again_lifts_a_ban_and_a_cancelled_cart() -> None:
    found = interest("dislike a", "view a", "add_to_cart b", "remove_from_cart b", "view b")
    assert found.banned == frozenset()
    assert dict(found.recent) == {"b": 1.0, "a": 1.0}


def test_a_dislike_wipes_out_a_stronger_act_before_it() -> None:
    assert interest("add_to_cart a", "dislike a").banned == frozenset("a")


def test_what_lies_in_the_cart_is_banned_until_it_is_taken_out() -> None:
    assert interest("add_to_cart a", "view b").banned == frozenset("a")
    assert interest("add_to_cart a", "remove_from_cart a", "view b").banned == frozenset()


def test_the_last_touch_says_what_kind_of_act_it_was() -> None:
    assert interest("view a", "purchase b", "dislike c").last_type == "purchase"
    assert interest("purchase b").looking_at("c").last_type is None


def test_the_items_of_an_anonymous_basket_are_not_offered_again() -> None:
    assert interest_of_items(["a", "b"], 20).banned == frozenset("ab")
