"""What one visitor does reaches another one's screen without an act of theirs."""

from playwright.async_api import expect

from demo.shop.catalogue import new_items, products
from tests.browser.conftest import Visit

# Nobody has acted on it yet: what others do with it is all there is to know.
PANNIER = "pannier-pier-laptop"
MUG = "mug-roam"


async def test_an_order_of_one_visitor_moves_the_list_of_another(visit: Visit) -> None:
    assert PANNIER in new_items()
    buyer, watcher = await visit("visitor-buyer"), await visit("visitor-watcher")
    for visitor in (buyer, watcher):
        await visitor.act("view", PANNIER)
    assert MUG not in await watcher.fact("items")
    revision = await watcher.fact("revision")

    await buyer.act("add_to_cart", MUG)
    await buyer.act("add_to_cart", PANNIER)
    await buyer.page.click("#cart")
    await buyer.page.click('#cart-dialog [data-action="buy-all"]')

    title = next(product.title for product in products() if product.item_id == PANNIER)
    mug = watcher.page.locator(f'#rows .row[data-item="{MUG}"]')
    await expect(mug.locator(".reason")).to_contain_text(title)
    assert await watcher.fact("revision") == revision
    assert len(await watcher.fact("acts")) == 1
