"""Every state of the demo page, narrow and wide, light and dark: for people to look at."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import Browser

from benchmarks.demo_service import Demo
from benchmarks.shop_page import LISTED, ShopPage

WIDTHS = {360: 780, 820: 1180, 1280: 800, 1440: 900}
THEMES = ("light", "dark")
NARROW = 360
TENT = "tent-fjord-2p"
STILL = {"reduced_motion": "reduce"}
LAMPS = [
    {"item_id": "lamp-one", "title": "Copper lamp", "category": ["Lamps"], "price": 20.0},
    {"item_id": "lamp-two", "title": "Paper lamp", "category": ["Lamps"], "price": 30.0},
]

Prepare = Callable[[ShopPage], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class State:
    """How a state is reached: whose page, opened how, and what is done then. Somebody new where nobody is named."""

    name: str
    prepare: Prepare
    user_id: str = ""
    before: Prepare | None = None
    script: bool = True
    in_sheet: bool = True


async def _as_it_is(shop: ShopPage) -> None:
    await shop.until(LISTED)


async def _nothing_answers(shop: ShopPage) -> None:
    await shop.page.add_init_script(
        "window.fetch = () => new Promise(() => {}); window.WebSocket = class { close() {} };"
    )


async def _loading(shop: ShopPage) -> None:
    await shop.page.wait_for_selector(".skeleton")


async def _why(shop: ShopPage) -> None:
    await shop.until(LISTED)
    await shop.page.click("#rows .row:first-child [data-action=why]")


async def _evidence(shop: ShopPage) -> None:
    await _why(shop)
    await shop.page.click("[data-action=evidence]")
    await shop.page.wait_for_selector(".terminal")


async def _bought(shop: ShopPage) -> None:
    """What leads the list, so that it moves whatever was bought before."""
    await shop.until(LISTED)
    await shop.page.evaluate(
        """document.querySelector('#rows .row:first-child [data-action="purchase"]').click()"""
    )
    await shop.until("tandemDemo.acts[0]?.painted")


async def _events(shop: ShopPage) -> None:
    await _bought(shop)
    await shop.page.click("#tab-live, #events")
    await shop.page.check("#traffic")
    await shop.until("document.querySelectorAll('.entry').length > 8")


async def _cart(shop: ShopPage) -> None:
    await shop.act("add_to_cart", TENT)
    await shop.page.click("#cart")
    await shop.page.wait_for_selector("dialog[open]")


async def _offline(shop: ShopPage) -> None:
    await shop.until(LISTED)
    await shop.page.context.set_offline(True)
    await shop.page.wait_for_selector("#away", state="attached")


async def _words(shop: ShopPage) -> None:
    await shop.page.wait_for_selector("main.plain")


LOADED = (
    State("loading", _loading, "7", before=_nothing_answers, in_sheet=False),
    State("persona", _as_it_is, "7"),
    State("shop", _as_it_is, "7", in_sheet=False),
    State("new-visitor", _as_it_is),
    State("why", _why, "7"),
    State("evidence", _evidence, "7"),
    State("after-purchase", _bought, "7"),
    State("events", _events, "7"),
    State("cart", _cart, in_sheet=False),
    State("offline", _offline, "7"),
    State("no-javascript", _words, "7", script=False, in_sheet=False),
)
EMPTY = State("empty", _as_it_is, in_sheet=False)
OTHER = State("another-catalogue", _as_it_is, in_sheet=False)


async def shoot_all(browser: Browser, folder: Path, demo: Demo, empty: Demo) -> None:
    """Stops the demo in the end: the last state is that of a service that is away."""
    for state in LOADED:
        for look in _looks():
            await _shoot(browser, folder, demo, state, *look)
    for look in _looks():
        await _shoot(browser, folder, empty, EMPTY, *look)
    async with httpx2.AsyncClient(base_url=empty.address) as http:
        (await http.put("/items", json=LAMPS)).raise_for_status()
    for look in _looks():
        await _shoot(browser, folder, empty, OTHER, *look)
    await _shoot_away(browser, folder, demo)


async def _shoot(
    browser: Browser, folder: Path, demo: Demo, state: State, width: int, theme: str
) -> None:
    shop = await _open(browser, width, theme, state.script)
    if state.before:
        await state.before(shop)
    await shop.open(demo.address, state.user_id or f"visitor-{state.name}-{width}-{theme}")
    if width == NARROW and state.in_sheet:
        await shop.until(LISTED)
        await shop.page.click("#sheet")
    await state.prepare(shop)
    await _keep(shop, folder, state.name, width, theme)
    await shop.page.context.close()


async def _shoot_away(browser: Browser, folder: Path, demo: Demo) -> None:
    """All pages see the service go, at once."""
    async with AsyncExitStack() as opened:
        shops = []
        for width, theme in _looks():
            shop = await _open(browser, width, theme)
            opened.push_async_callback(shop.page.context.close)
            await shop.open(demo.address, "7")
            await shop.until(LISTED)
            shops.append((shop, width, theme))
        demo.stop()
        for shop, width, theme in shops:
            await shop.page.wait_for_selector("#away", state="attached")
            if width == NARROW:
                await _keep(shop, folder, "service-away-shop", width, theme)
                await shop.page.click("#sheet")
            await _keep(shop, folder, "service-away", width, theme)


async def _open(browser: Browser, width: int, theme: str, script: bool = True) -> ShopPage:
    options: dict[str, Any] = {"color_scheme": theme, "java_script_enabled": script, **STILL}
    viewport = {"width": width, "height": WIDTHS[width]}
    context = await browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
    return ShopPage(await context.new_page())


async def _keep(shop: ShopPage, folder: Path, state: str, width: int, theme: str) -> None:
    await shop.page.screenshot(path=folder / f"{state}-{width}-{theme}.png")


def _looks() -> Iterator[tuple[int, str]]:
    for width in WIDTHS:
        for theme in THEMES:
            yield width, theme
