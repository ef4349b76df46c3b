"""Why a product is in the list can be added up, and looked up in Redis."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.watched_page import WatchedPage
from tests.cli.serving import Service

TENT = "tent-fjord-2p"
# Nobody has acted on it yet, and who is new has done nothing that would speak for it.
UNSCORED = "pannier-pier-laptop"
REDIS_TIMEOUT_S = 10.0


async def test_the_parts_shown_sum_to_the_score_shown(visit: Visit) -> None:
    why = await _why(await visit("7"))
    parts = [_number(text) for text in await why.locator("tbody .amount").all_inner_texts()]
    score = _number(await why.locator(".score").inner_text())
    assert len(parts) > 1
    assert round(sum(parts), 3) == score == _number(await why.locator(".sum").inner_text())
    await expect(why.locator("tfoot")).to_contain_text("is the score")


async def test_a_place_that_the_shop_gave_is_said_to_be_the_shops(
    visit: Visit, shop: Service
) -> None:
    liked = (await (await visit("7")).fact("items"))[-1]
    async with _pinned(shop, liked, UNSCORED):
        first = await _why(await visit("7"), f'[aria-controls="why-{liked}"]')
        await expect(first).to_contain_text("The shop put it at this place, whatever its score.")
        await expect(first.locator("tbody .amount")).not_to_have_count(0)
        second = await _why(await visit("visitor-new"), f'[aria-controls="why-{UNSCORED}"]')
        await expect(second).to_contain_text(
            "The shop put it at this place. By score it would have"
        )
        await expect(second.locator("tbody .amount")).to_have_count(0)


async def test_the_reason_can_be_read_beside_its_explanation(visit: Visit) -> None:
    visitor = await visit("7")
    await _why(visitor)
    await visitor.page.mouse.move(0, 0)
    quick = visitor.page.locator("#rows .row:first-child .quick")
    await expect(quick).to_have_css("opacity", "0")


async def test_a_line_that_is_shown_answers_the_same_in_a_terminal(visit: Visit) -> None:
    visitor = await visit("8")
    await visitor.act("purchase", TENT)
    evidence = await _evidence(visitor, '[data-code="bought_together"]')
    lines = await evidence.locator("p").all()
    answers = {
        await line.locator("code").inner_text(): await line.locator("samp").inner_text()
        for line in lines
    }
    said = {command: answer for command, answer in answers.items() if answer.isdigit()}
    assert said
    assert {command: _in_a_terminal(command) for command in said} == said


async def test_the_lines_are_about_the_products_of_the_reason(visit: Visit) -> None:
    visitor = await visit("9")
    await visitor.act("purchase", TENT)
    title = await visitor.page.inner_text(f'.card[data-item="{TENT}"] .card-title')
    of_the_tent = f'.reason:has-text("Bought together with {title}")'
    item = await _row(visitor, of_the_tent).get_attribute("data-item") or ""
    evidence = await _evidence(visitor, of_the_tent)
    commands = await evidence.locator("code").all_inner_texts()
    assert any(item in command and TENT in command for command in commands)


@asynccontextmanager
async def _pinned(shop: Service, *items: str) -> AsyncIterator[None]:
    """As long as it is entered these are the first of every list."""
    rules = [{"kind": "pin", "item_id": item, "place": 1} for item in items]
    async with httpx2.AsyncClient(base_url=shop.url) as http:
        assert (await http.put("/admin/rules", json={"rules": rules})).is_success
        yield
        assert (await http.put("/admin/rules", json={"rules": []})).is_success


def _row(visitor: WatchedPage, having: str) -> Locator:
    """The first row that has this."""
    return visitor.page.locator("#rows .row", has=visitor.page.locator(having)).first


async def _why(visitor: WatchedPage, having: str = ".reason") -> Locator:
    """Opens the explanation of the row."""
    row = _row(visitor, having)
    await row.locator("[data-action=why]").click()
    return row.locator(".why")


async def _evidence(visitor: WatchedPage, having: str) -> Locator:
    why = await _why(visitor, having)
    await why.locator("[data-action=evidence]").click()
    evidence = why.locator(".evidence")
    await evidence.wait_for()
    return evidence


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def _in_a_terminal(command: str) -> str:
    assert command.startswith("redis-cli ")
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=REDIS_TIMEOUT_S, check=True
    )
    return done.stdout.strip()
