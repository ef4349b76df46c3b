"""What stands in front on the shelf."""

from demo.shop.catalogue import new_items, products
from demo.shop.personas import personas
from tests.browser.conftest import Visit
from tests.browser.watched_page import WatchedPage

CATEGORY = {product.item_id: product.category for product in products()}
TASTES = {persona.user_id: persona.tastes for persona in personas()}
WALKER, ESPRESSO = "7", "2"


async def test_what_a_persona_cares_for_stands_in_front(visit: Visit) -> None:
    visitor = await visit(WALKER)
    await _favourites_are_in_front(visitor, WALKER)
    await visitor.page.click(f'.persona[data-user="{ESPRESSO}"]')
    await visitor.until(f'tandemDemo.userId === "{ESPRESSO}"')
    await _favourites_are_in_front(visitor, ESPRESSO)


async def test_a_search_finds_first_what_somebody_has_chosen_before(visit: Visit) -> None:
    visitor = await visit("visitor-new")
    await visitor.page.fill("#search", "tent")
    found = await _shelf(visitor)
    new = [item in new_items() for item in found]
    assert True in new
    assert new == sorted(new)


async def _favourites_are_in_front(visitor: WatchedPage, user_id: str) -> None:
    liked = [CATEGORY[item] in TASTES[user_id] for item in await _shelf(visitor)]
    assert liked == sorted(liked, reverse=True)
    assert {CATEGORY[item] for item in (await _shelf(visitor))[:4]} == set(TASTES[user_id])


async def _shelf(visitor: WatchedPage) -> list[str]:
    items: list[str] = await visitor.page.locator(".card").evaluate_all(
        "(all) => all.map((one) => one.dataset.item)"
    )
    assert items
    return items
