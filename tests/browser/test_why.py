"""Why a product is in the list can be added up, and looked up in Redis."""

import subprocess

from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.watched_page import WatchedPage

TENT = "tent-fjord-2p"
REDIS_TIMEOUT_S = 10.0


async def test_the_parts_shown_sum_to_the_score_shown(visit: Visit) -> None:
    why = await _why(await visit("7"))
    parts = [_number(text) for text in await why.locator("tbody .amount").all_inner_texts()]
    score = _number(await why.locator(".score").inner_text())
    assert len(parts) > 1
    assert round(sum(parts), 3) == score == _number(await why.locator(".sum").inner_text())
    await expect(why.locator("tfoot")).to_contain_text("is the score")


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
