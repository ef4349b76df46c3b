"""Rows glide to their places, but not for who wants it still; and without JavaScript there are words."""

from playwright.async_api import expect

from tests.browser.conftest import Visit

TENT = "tent-fjord-2p"
MOVING = """document.getAnimations().filter(
  (animation) => animation.playState === "running" && animation.effect.getTiming().duration > 1
).length"""


async def test_rows_glide_to_their_places(visit: Visit) -> None:
    visitor = await visit("7")
    await visitor.act("purchase", TENT)
    assert await visitor.page.evaluate(MOVING) > 0


async def test_nothing_moves_for_who_wants_it_still(visit: Visit) -> None:
    visitor = await visit("8", reduced_motion="reduce")
    items = await visitor.fact("items")
    await visitor.act("purchase", TENT)
    assert await visitor.page.evaluate(MOVING) == 0
    assert await visitor.fact("items") != items


async def test_without_javascript_the_page_says_how_else_to_look(visit: Visit) -> None:
    page = (await visit("7", java_script_enabled=False)).page
    words = page.locator("main.plain")
    await expect(words).to_be_visible()
    await expect(words).to_contain_text("This page needs JavaScript")
    await expect(words).to_contain_text("/realtime-recommend?user_id=7")
