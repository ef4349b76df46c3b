"""What a session has added itself: exactly what was counted, and nobody is shown an echo of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.interest import interest_of_acts
from service.own_session import own_session
from service.strategies import BUILT_IN, SOURCES
from service.wishes import Person, Wish
from store.keys import Keys
from store.users import Act
from tests.clock import Clock
from tests.service.shop import Shop, open_shop

MEANWHILE_MS = 60_000

touched = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=20)


async def counted(shop: Shop, item: str) -> dict[str, float]:
    generation = shop.clock() // (shop.tandem.settings.event_ttl_s * 1000)
    held = await shop.redis.hgetall(Keys().pairs(0, "view", generation, item))
    return {str(name): float(weight) for name, weight in held.items()}


async def raw_scores(shop: Shop, person: Person) -> dict[int, list[float]]:
    """Of each item, by number, that `sequence` or `co_view` speaks for, how much."""
    wish = Wish(replace(BUILT_IN["co_occurrence"], repeats="all"), limit=20)
    lists = shop.recommender._parts.lists
    _, ranked = await lists.rank(person, wish)
    rows = [SOURCES.index("sequence"), SOURCES.index("co_view")]
    found = {
        number: ranked.candidates.raw[rows, at] for at, number in enumerate(ranked.candidates.ids)
    }
    return {number: scores.tolist() for number, scores in found.items() if scores.any()}


@given(items=touched)
@settings(max_examples=25, deadline=None)
async def test_what_a_session_has_added_is_what_was_counted(items: list[str]) -> None:
    clock = Clock()
    own = own_session((item, clock()) for item in items)
    async with open_shop(clock) as shop:
        await shop.view("ann", items)
        for item in "abcdefg":
            held = await counted(shop, item)
            ahead = {f">{then}": weight for first, then, weight, _ in own.pairs if first == item}
            behind = {f"<{first}": weight for first, then, weight, _ in own.pairs if then == item}
            pairs = {name: weight for name, weight in held.items() if "*" not in name}
            assert ahead | behind == pairs
            assert sum(ahead.values()) == held.get(">*", 0.0)
            assert (item in own.since_ms) == ("*" in held)


def test_what_was_counted_after_the_counts_were_read_is_not_among_them() -> None:
    own = own_session([("a", 1_000), ("b", 2_000), ("c", 3_000)])
    assert own.others("a", 2_000, "sequence") == {"b"}
    assert own.others("b", 2_000, "sequence") == set()
    assert own.others("b", 2_000, "co_view") == {"a"}
    assert own.others("c", 2_000, "co_view") == set()


@pytest.mark.parametrize("strategy", ["balanced", "co_occurrence"])
async def test_without_others_nothing_speaks_for_what_one_has_seen_oneself(
    shop: Shop, strategy: str
) -> None:
    await shop.view("ann", "abca")
    made = await shop.ask("ann", strategy=strategy, explain=True)
    sources = {name for item in made.items for name in item.contributions}
    assert not sources & {"sequence", "log_sequence", "co_view", "log_co_view"}


@given(crowds=st.lists(touched, max_size=6), items=touched)
@settings(max_examples=25, deadline=None)
async def test_own_steps_change_nothing_of_what_is_known_from_others(
    crowds: list[list[str]], items: list[str]
) -> None:
    async with open_shop(Clock()) as shop:
        for number, crowd in enumerate(crowds):
            await shop.view(f"user{number}", crowd)
        acts = [Act("", "view", item, shop.clock()) for item in reversed(items)]
        stranger = Person(interest_of_acts(acts, shop.recommender.event_types, limit=20))
        of_others = await raw_scores(shop, stranger)
        await shop.view("ann", items)
        shop.clock.advance(MEANWHILE_MS)
        found = await raw_scores(shop, await shop.recommender.person("ann"))
    assert found == {item: pytest.approx(scores) for item, scores in of_others.items()}


async def test_of_what_too_few_did_to_be_told_of_nothing_is_taken_away(clock: Clock) -> None:
    """As many went from b to x as to y; whoever has gone to x themselves is no other."""
    async with open_shop(clock, min_support=3) as shop:
        for item in "xy":
            await shop.crowd(["b", item], 4, item)
        await shop.crowd("ac", 6)
        await shop.view("ann", "axb")
        clock.advance(MEANWHILE_MS)
        found = await raw_scores(shop, await shop.recommender.person("ann"))
    x, y = (found[shop.recommender._parts.lists.number(item)] for item in "xy")
    assert x == pytest.approx(y)
    assert all(score >= 0 for scores in found.values() for score in scores)
