"""The demo page in a real Chromium, as a visitor has it: for measurements, pictures and tests."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

PATIENCE_S = 15.0
HOLDS = f"""(async () => {{
  const deadline = performance.now() + {PATIENCE_S * 1000};
  while (!(%s)) {{
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }}
  return true;
}})()"""
LISTED = "window.tandemDemo && tandemDemo.revision !== null"
# Set when the frame with the first list has been drawn, in ms since the navigation began.
FIRST_LIST_PAINTED = """
new MutationObserver((_changes, observer) => {
  if (!document.querySelector("#rows .row")) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.firstListPaintedMs = performance.now(); };
    channel.port2.postMessage(null);
  });
}).observe(document, { childList: true, subtree: true });
"""
# In ms, the least that a click costs here: a request that is answered at once, and a frame with the list's rows moved.
BARE = """(async () => {
  const rows = document.querySelector("#rows");
  const [first, ...others] = rows.children;
  const began = performance.now();
  await (await fetch("/healthz")).text();
  rows.append(first);
  await new Promise((resolve) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  }));
  const spent = performance.now() - began;
  others[0].before(first);
  return spent;
})()"""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser that is on PATH; none is ever downloaded."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", args=["--no-sandbox"]
        )
        try:
            yield browser
        finally:
            await browser.close()


class ShopPage:
    """The page of one visitor."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def open(self, address: str, user_id: str) -> None:
        await self.page.goto(f"{address}/demo/realtime?user={user_id}")

    async def until(self, condition: str) -> None:
        """Waits for an expression of the page to hold. The page waits by itself: asking it would slow it down."""
        if not await self.page.evaluate(HOLDS % condition):
            raise TimeoutError(f"never came true: {condition}")

    async def fact(self, name: str) -> Any:
        """One of the facts that the page tells whoever watches it."""
        return await self.page.evaluate(f"tandemDemo.{name}")

    async def first_list_ms(self) -> float:
        """From the navigation to the first list on the screen; needs FIRST_LIST_PAINTED in the page."""
        await self.until("window.firstListPaintedMs")
        return float(await self.page.evaluate("firstListPaintedMs"))

    async def bare_ms(self) -> float:
        """What a click costs on this machine at this moment if nothing is computed: see BARE."""
        return float(await self.page.evaluate(BARE))

    async def act(self, kind: str, item_id: str) -> dict[str, Any]:
        """Clicks on a product's button and waits until the answer is on the screen; the act with its times in ms."""
        before = await self.fact("acts[0]?.eventId")
        await self.page.click(f'.card[data-item="{item_id}"] [data-action="{kind}"]')
        await self.until(
            f"tandemDemo.acts[0] && tandemDemo.acts[0].eventId !== {json.dumps(before)}"
        )
        await self.until('tandemDemo.acts[0].painted || tandemDemo.acts[0].state === "joined"')
        act: dict[str, Any] = await self.fact("acts[0]")
        return act
