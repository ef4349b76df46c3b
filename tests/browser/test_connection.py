"""A connection that is lost comes back by itself, and the page says meanwhile how things stand."""

from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.hindrances import NARROW
from tests.browser.watched_page import WatchedPage

TENT = "tent-fjord-2p"
# What the chip has said, from now on.
REMEMBER_STATUSES = """() => {
  const chip = document.getElementById("connection");
  window.statuses = [];
  new MutationObserver(() => { window.statuses.push(chip.dataset.status); })
    .observe(chip, { attributes: true, attributeFilter: ["data-status"] });
}"""

# How far the last button of the head reaches, measured while the longest word stands beside it.
CART_REACHES = """async () => {
  document.getElementById("cut").click();
  const chip = document.getElementById("connection");
  while (chip.dataset.status !== "reconnecting") await new Promise(requestAnimationFrame);
  return document.getElementById("cart").getBoundingClientRect().right;
}"""


async def test_a_connection_that_was_cut_heals(visit: Visit) -> None:
    visitor = await visit("7")
    await visitor.page.evaluate(REMEMBER_STATUSES)
    await visitor.page.click("#cut")
    away = visitor.page.locator("#away")
    await expect(away).to_contain_text("You cut the connection: it is opened again")
    await expect(away).not_to_contain_text("The service is away")
    await visitor.until('statuses.includes("connected")')
    await expect(away).to_have_count(0)
    assert await visitor.page.evaluate("statuses") == ["reconnecting", "connected"]
    await _moves(visitor, "purchase")


async def test_what_is_done_while_cut_off_counts_once_connected(visit: Visit) -> None:
    visitor = await visit("8")
    before = await visitor.fact("revision")
    await visitor.page.click("#cut")
    await visitor.page.click(f'.card[data-item="{TENT}"] [data-action="purchase"]')
    await expect(visitor.page.locator(".latest")).to_contain_text("on its way")
    assert await visitor.fact("revision") == before
    await visitor.until(f"tandemDemo.revision > {before}")
    await visitor.until('["listed", "joined"].includes(tandemDemo.acts[0].state)')


async def test_more_acts_than_a_socket_may_send_at_once_all_count(visit: Visit) -> None:
    visitor = await visit("11")
    await visitor.page.click("#cut")
    button = f'.card[data-item="{TENT}"] [data-action="purchase"]'
    await visitor.page.evaluate(
        "button => { for (let n = 0; n < 30; n++) document.querySelector(button).click(); }", button
    )
    await visitor.until("tandemDemo.acts.length === 30")
    shown = 'tandemDemo.acts.every((act) => ["listed", "joined"].includes(act.state))'
    await visitor.until(shown)


async def test_a_lost_network_is_said(visit: Visit) -> None:
    visitor = await visit("9")
    visitor.expected = ("ERR_INTERNET_DISCONNECTED",)
    context = visitor.page.context
    await context.set_offline(True)
    await expect(visitor.page.locator("#connection")).to_have_text("Offline")
    await expect(visitor.page.locator("#away")).to_contain_text("You are offline.")
    await expect(visitor.page.locator("#rows .row")).to_have_count(10)
    await context.set_offline(False)
    await expect(visitor.page.locator("#away")).to_have_count(0)
    await _moves(visitor, "purchase")


async def test_a_narrow_head_has_room_for_its_words(visit: Visit) -> None:
    visitor = await visit("10", viewport={"width": NARROW, "height": 800})
    assert await visitor.page.evaluate(CART_REACHES) <= NARROW


async def _moves(visitor: WatchedPage, kind: str) -> None:
    items = await visitor.fact("items")
    await visitor.act(kind, TENT)
    assert await visitor.fact("items") != items
