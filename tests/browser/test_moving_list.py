"""What the page is for: somebody buys, and their list moves."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Visit

TENT = "tent-fjord-2p"


async def test_a_persona_sees_a_list_of_their_own(visit: Visit) -> None:
    page = (await visit("7")).page
    await expect(page.locator("#list-title")).to_have_text("For Hut-to-hut walker")
    await expect(page.locator("#rows .row")).to_have_count(10)


async def test_a_purchase_moves_the_list_without_a_reload(visit: Visit) -> None:
    visitor = await visit("7")
    await visitor.page.evaluate("window.stillTheSamePage = true")
    items, revision = await visitor.fact("items"), await visitor.fact("revision")
    act = await visitor.act("purchase", TENT)
    assert await visitor.fact("items") != items
    assert await visitor.fact("revision") == act["revision"] > revision
    assert await visitor.page.evaluate("window.stillTheSamePage")


async def test_a_reason_names_what_was_bought(visit: Visit) -> None:
    visitor = await visit("6")
    await visitor.act("purchase", TENT)
    title = await visitor.page.inner_text(f'.card[data-item="{TENT}"] .card-title')
    reasons = visitor.page.locator("#rows .reason", has_text=f"Bought together with {title}")
    assert await reasons.count() >= 1
    assert TENT not in await visitor.fact("items")


async def test_each_place_that_moved_is_marked(visit: Visit) -> None:
    visitor = await visit("5")
    before = await visitor.fact("items")
    await visitor.act("purchase", TENT)
    after = await visitor.fact("items")
    rows = visitor.page.locator("#rows .row")
    marks = [await row.get_attribute("data-move") for row in await rows.all()]
    assert marks == [_move(before, place, item) for place, item in enumerate(after)]


async def test_a_past_that_is_not_known_yet_is_not_called_empty(visit: Visit) -> None:
    visitor = await visit("1")
    visitor.expected = ("/users/2",)
    await visitor.page.route("**/users/2", lambda route: route.abort())
    await visitor.page.click('.persona[data-user="2"]')
    await expect(visitor.page.locator("#list-title")).to_have_text("For Espresso purist")
    await expect(visitor.page.locator("#rows .row")).to_have_count(10)
    await expect(visitor.page.locator(".last")).not_to_contain_text("Nothing looked at yet")


async def test_the_stream_tells_the_act_and_what_it_changed(visit: Visit) -> None:
    visitor = await visit("8")
    act = await visitor.act("purchase", TENT)
    await visitor.page.click("#events")
    entry = visitor.page.locator("#stream .entry").first
    await expect(entry).to_contain_text("You bought")
    changed = f"changed {act['changed']['places']} of 10"
    await expect(entry.locator(".effect")).to_have_text(changed)
    assert act["changed"]["places"] > 0


async def test_the_ribbon_shows_how_long_each_stage_took(visit: Visit) -> None:
    visitor = await visit("9")
    await visitor.act("view", TENT)
    act = await visitor.act("purchase", TENT)
    ribbon = visitor.page.locator("#ribbon")
    total = float(await ribbon.locator(".last-act").get_attribute("data-total") or 0)
    assert abs(total - (act["painted"] - act["clicked"])) < 0.1
    stages = ribbon.locator(".stage-times > div")
    shown = {
        await stage.get_attribute("data-stage"): await stage.locator("dd").inner_text()
        for stage in await stages.all()
    }
    assert list(shown) == ["accepted", "scored", "pushed", "painted"]
    milliseconds = [float(text.removesuffix(" ms")) for text in shown.values()]
    # Each is rounded to whole milliseconds at worst.
    assert abs(sum(milliseconds) - total) <= 2
    for share in ("#p50", "#p95"):
        await expect(ribbon.locator(share)).to_have_text(re.compile(r"^[\d.]+ ms$"))


def _move(before: list[str], place: int, item: str) -> str:
    if item not in before:
        return "new"
    up = before.index(item) - place
    return "up" if up > 0 else "down" if up < 0 else "same"
