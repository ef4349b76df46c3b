"""Pictures of the demo page, made in a real Chromium: those of the README, or every state of it.

scripts/pictures                 writes docs/pictures anew
scripts/pictures --all FOLDER    every state, in four widths, light and dark
"""

import argparse
import asyncio
from pathlib import Path

from playwright.async_api import Browser, FloatRect, ViewportSize

from benchmarks.demo_service import Demo, running_demo
from benchmarks.page_states import shoot_all
from benchmarks.private_redis import private_redis
from benchmarks.shop_page import LISTED, ShopPage, chromium

README_PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
USER = "7"
BOUGHT = "tent-fjord-2p"
SHELF = "Camping"
ROWS = 5
# High enough for the shelf to end above the dock.
VIEWPORT: ViewportSize = {"width": 1440, "height": 1300}
# Two pictures beside each other fill a README's column: sharp enough, and light.
PIXELS = 1.4
MARGIN = 10
SETTLED = 'document.getAnimations().every((animation) => animation.playState !== "running")'
# What a screenshot leaves out: the pointer.
POINTER = """(button) => {
  const box = button.getBoundingClientRect();
  const pointer = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  pointer.setAttribute("viewBox", "0 0 16 24");
  pointer.innerHTML = '<path d="M1 1v18l4.5-4 3 7 3-1.3-3-7H15Z" fill="#111" stroke="#fff" stroke-width="1.4"/>';
  Object.assign(pointer.style, {
    position: "fixed", zIndex: "99", width: "22px", pointerEvents: "none",
    left: `${box.left + box.width * 0.6}px`, top: `${box.top + box.height * 0.55}px`,
  });
  pointer.id = "pointer";
  document.body.append(pointer);
}"""


async def shoot_sequence(browser: Browser, folder: Path, demo: Demo) -> None:
    """A persona's list, a click on Buy, the list that answers, and why it does."""
    context = await browser.new_context(viewport=VIEWPORT, device_scale_factor=PIXELS)
    shop = ShopPage(await context.new_page())
    await shop.open(demo.address, USER)
    await shop.until(LISTED)
    await shop.page.click(f'.category[data-category="{SHELF}"]')
    area = await _from_head_to(shop, f"#rows .row:nth-child({ROWS})")
    await shop.page.screenshot(path=folder / "1-before.png", clip=area)

    buy = shop.page.locator(f'.card[data-item="{BOUGHT}"] [data-action="purchase"]')
    await buy.hover()
    await buy.evaluate(POINTER)
    shelf = await _shelf(shop, area)
    await shop.page.screenshot(path=folder / "2-buy.png", clip=shelf)
    await shop.page.evaluate('document.getElementById("pointer").remove()')

    await shop.act("purchase", BOUGHT)
    await shop.until(SETTLED)
    area = await _from_head_to(shop, f"#rows .row:nth-child({ROWS})")
    await shop.page.screenshot(path=folder / "3-after.png", clip=area)

    await shop.page.click("#rows .row:first-child [data-action=why]")
    await shop.page.mouse.move(0, 0)
    await shop.until(SETTLED)
    area = await _from_head_to(shop, "#rows .row:first-child")
    await shop.page.screenshot(path=folder / "4-why.png", clip=area)
    await context.close()


async def _from_head_to(shop: ShopPage, row: str) -> FloatRect:
    """The list from its head to the end of a row."""
    head, last = await _box(shop, "#list"), await _box(shop, row)
    return {
        "x": head["x"] - MARGIN,
        "y": head["y"] - MARGIN,
        "width": head["width"] + 2 * MARGIN,
        "height": last["y"] + last["height"] - head["y"] + MARGIN,
    }


async def _shelf(shop: ShopPage, like: FloatRect) -> FloatRect:
    """The bought product and the one before it, in the proportions of another picture."""
    card = f'.card[data-item="{BOUGHT}"]'
    first, last = await _box(shop, f".card:has(+ {card})"), await _box(shop, card)
    width = last["x"] + last["width"] - first["x"] + 2 * MARGIN
    height = like["height"] * width / like["width"]
    return {"x": first["x"] - MARGIN, "y": first["y"] - MARGIN, "width": width, "height": height}


async def _box(shop: ShopPage, selector: str) -> FloatRect:
    box = await shop.page.locator(selector).bounding_box()
    assert box, f"{selector} is not shown"
    return box


async def shoot(folder: Path | None) -> None:
    with private_redis() as shop_url, private_redis() as empty_url:
        async with chromium() as browser:
            with running_demo(shop_url) as demo:
                if folder is None:
                    await shoot_sequence(browser, README_PICTURES, demo)
                    return
                with running_demo(empty_url, "serve") as empty:
                    await shoot_all(browser, folder, demo, empty)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/pictures", description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every state, into this folder")
    folder: Path | None = parser.parse_args().all
    (folder or README_PICTURES).mkdir(parents=True, exist_ok=True)
    asyncio.run(shoot(folder))


if __name__ == "__main__":
    main()
