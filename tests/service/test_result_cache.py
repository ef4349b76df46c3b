"""A list is served again while nothing that its user could notice has changed."""

import asyncio

import pytest

from service.errors import NotFound
from service.model import Filters, Item
from service.result_cache import RESULTS_KEPT
from tests.clock import Clock
from tests.service.shop import Shop, open_shop


async def test_the_same_question_within_a_second_gets_the_same_list(shop: Shop) -> None:
    await shop.crowd("ab")
    await shop.view("ann", "a")
    first, again = await shop.ask("ann"), await shop.ask("ann")
    assert (first.cached, again.cached) == (False, True)
    assert (again.items, again.recommendation_id) == (first.items, first.recommendation_id)
    shop.clock.advance(1_001)
    assert not (await shop.ask("ann")).cached


async def test_an_own_act_makes_a_fresh_list(shop: Shop) -> None:
    await shop.view("ann", "a")
    first = await shop.ask("ann")
    await shop.view("ann", "b")
    fresh = await shop.ask("ann")
    assert not fresh.cached
    assert fresh.revision == first.revision + 1


async def test_an_act_at_another_worker_makes_a_fresh_list(clock: Clock, shop: Shop) -> None:
    await shop.view("ann", "a")
    async with open_shop(clock, shop.server) as other:
        await other.ask("ann")
        await shop.view("ann", "b")
        assert not (await other.ask("ann")).cached


async def test_an_impression_does_not(shop: Shop) -> None:
    await shop.view("ann", "a")
    await shop.ask("ann")
    await shop.act("ann", "impression", "b")
    assert (await shop.ask("ann")).cached


@pytest.mark.parametrize(
    "wishes",
    [
        {"limit": 5},
        {"strategy": "fast"},
        {"explain": True},
        {"context_item": "b"},
        {"filters": Filters(in_stock=True)},
    ],
    ids=lambda wishes: next(iter(wishes)),
)
async def test_another_question_gets_another_list(shop: Shop, wishes: dict[str, object]) -> None:
    await shop.view("ann", "a")
    await shop.ask("ann")
    assert not (await shop.ask("ann", **wishes)).cached


async def test_a_fresh_list_can_be_asked_for(shop: Shop) -> None:
    await shop.view("ann", "a")
    await shop.ask("ann")
    await shop.shown("ann")
    assert (await shop.ask("ann")).cached


async def test_the_cache_can_be_turned_off(clock: Clock) -> None:
    async with open_shop(clock, result_cache=False) as shop:
        await shop.ask("ann")
        assert not (await shop.ask("ann")).cached


async def test_a_change_of_the_catalogue_makes_fresh_lists(shop: Shop) -> None:
    await shop.recommender.put_items([Item("a"), Item("b")])
    await shop.crowd("ab")
    assert {i.item_id for i in (await shop.ask("ann")).items} == {"a", "b"}
    await shop.recommender.patch_item("b", {"hidden": True})
    assert {i.item_id for i in (await shop.ask("ann")).items} == {"a"}


async def test_after_erasing_nothing_of_the_user_is_served(shop: Shop) -> None:
    await shop.crowd("ab")
    await shop.view("ann", "a")
    assert (await shop.ask("ann")).basis == "personal"
    await shop.recommender.erase("ann")
    made = await shop.ask("ann")
    assert (made.basis, made.revision, made.cached) == ("trending", 0, False)
    with pytest.raises(NotFound):
        await shop.recommender.user("ann")


async def test_an_unknown_strategy_is_not_found(shop: Shop) -> None:
    with pytest.raises(NotFound) as refused:
        await shop.ask("ann", strategy="magic")
    assert refused.value.code == "unknown_strategy"


async def test_statistics_count_what_is_kept(shop: Shop) -> None:
    await shop.view("ann", "a")
    await shop.ask("ann")
    await shop.shown("ann")
    assert await _near_cache(shop) == (1, 1, 1)
    assert shop.recommender.statistics()["results_kept"] == 1
    shop.recommender.forget()
    assert shop.recommender.statistics()["results_kept"] == 0


async def _near_cache(shop: Shop) -> tuple[float, ...]:
    statistics = shop.recommender.statistics()
    return tuple(statistics[f"near_cache_{name}"] for name in ("hits", "misses", "items"))


async def test_pushed_lists_are_not_kept(shop: Shop) -> None:
    await shop.shown("ann")
    assert shop.recommender.statistics()["results_kept"] == 0
    assert not (await shop.ask("ann")).cached


async def test_kept_lists_are_bounded(shop: Shop) -> None:
    for n in range(RESULTS_KEPT + 1):
        await shop.ask(f"u{n}")
    assert shop.recommender.statistics()["results_kept"] == RESULTS_KEPT == 1_000
    assert not (await shop.ask("u0")).cached
    assert (await shop.ask(f"u{RESULTS_KEPT}")).cached


async def test_a_list_made_while_the_catalogue_changes_is_not_kept(shop: Shop) -> None:
    await shop.crowd("ab")
    async with shop.wire.hold():
        asking = asyncio.create_task(shop.ask("ann"))
        await shop.wire.held.wait()
        await shop.wire.let_one_pass()
        shop.recommender.catalogue_changed(["b"])
    await asking
    assert not (await shop.ask("ann")).cached
