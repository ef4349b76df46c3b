"""What the page shows and says where there is little room."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.hindrances import NARROW

TENT = "tent-fjord-2p"
PHONE = {"width": NARROW, "height": 780}
# Cards with a button that reaches into the padding, or whose words have no room in it.
BURST = """(all) => all
  .filter((card) => {
    const { paddingRight, borderRightWidth } = getComputedStyle(card);
    const edge = card.getBoundingClientRect().right - parseFloat(paddingRight) - parseFloat(borderRightWidth);
    const buttons = [...card.querySelectorAll(".card-actions button")];
    return buttons.some((one) => one.getBoundingClientRect().right > edge + 0.5 || one.scrollWidth > one.clientWidth);
  })
  .map((card) => card.dataset.item)"""


async def test_the_strip_tells_for_a_while_what_an_act_did(visit: Visit) -> None:
    visitor = await visit("7", viewport=PHONE)
    strip = visitor.page.locator("#sheet")
    act = await visitor.act("purchase", TENT)
    told = strip.locator(".strip-act")
    changed = f"changed {act['changed']['places']} of 10"
    await expect(told).to_have_text(re.compile(rf"^\s*[\d.]+ ms\s*{changed}\s*$"))
    await expect(strip).to_have_accessible_name("For Hut-to-hut walker")
    await expect(told).to_have_count(0)
    await expect(strip.locator(".sheet-title")).to_have_text("For Hut-to-hut walker")


async def test_the_strip_tells_of_an_act_that_waits_for_a_connection(visit: Visit) -> None:
    visitor = await visit("8", viewport=PHONE)
    await visitor.page.click("#cut")
    await visitor.page.click(f'.card[data-item="{TENT}"] [data-action="view"]')
    told = visitor.page.locator("#sheet .strip-act")
    await expect(told).to_have_text("on its way")
    await expect(told).to_contain_text(re.compile("changed|listed"))


async def test_the_buttons_of_a_card_stay_in_it(visit: Visit) -> None:
    visitor = await visit("9", viewport=PHONE)
    await visitor.act("add_to_cart", TENT)
    cards = visitor.page.locator(".card")
    await expect(cards.locator(".in-cart")).to_have_count(1)
    # What is out of sight would not be laid out.
    await cards.evaluate_all(
        "(all) => all.forEach((one) => (one.style.contentVisibility = 'visible'))"
    )
    assert await cards.evaluate_all(BURST) == []
