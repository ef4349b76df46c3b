"""The demo page in a real Chromium: how soon it shows a list, how soon a click is answered, what it weighs and keeps.

    .venv/bin/python -m benchmarks.demo_page [--acts 200] [--minutes 1] [--json FILE]

One worker, real Redis with AOF always, the browser on the same machine. The acts are one persona's, one after another,
timed by the page from the click until the frame with the new list is drawn. Then simulated shoppers act for some
minutes, while the page shows what they do; at each tenth the garbage is collected and what is left is measured.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from playwright.async_api import Browser, CDPSession, ViewportSize

from benchmarks.demo_service import Demo, running_demo
from benchmarks.private_redis import SAVED, private_redis
from benchmarks.results import keep
from benchmarks.shop_page import FIRST_LIST_PAINTED, LISTED, ShopPage, chromium

PAGE_GATE_BYTES = 150_000
FIRST_LIST_GATE_MS = 1_000.0
CLICK_GATE_MS = 60.0
#: What a click cost that computes nothing (`ShopPage.bare_ms`), on the quiet machine on which the gates were set.
BARE_CLICK_MS = 20.0
BARE_CLICKS = 20
GROWTH_GATE = 0.10
LOADS = 5
TENTHS = 10
USER = "7"
KINDS = ("view", "view", "purchase")
IN_STOCK = """[...document.querySelectorAll(".card:not(:has(.badge-out))")].map((card) => card.dataset.item)"""
VIEWPORT: ViewportSize = {"width": 1440, "height": 900}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is held after a tenth of the time, the page's garbage collected."""

    minute: float
    js_heap_bytes: float
    dom_nodes: float
    worker_rss_bytes: float


async def open_shop(browser: Browser, address: str) -> tuple[ShopPage, CDPSession, list[float]]:
    """The page as a first-time visitor gets it, with the bytes of each response as they came over the wire."""
    context = await browser.new_context(viewport=VIEWPORT)
    shop = ShopPage(await context.new_page())
    devtools = await context.new_cdp_session(shop.page)
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    await devtools.send("Network.enable")
    await shop.page.add_init_script(FIRST_LIST_PAINTED)
    await shop.open(address, USER)
    return shop, devtools, sizes


async def first_loads(browser: Browser, address: str, loads: int = LOADS) -> dict[str, float]:
    """Each with an empty cache. All has come once both lists and the products are shown."""
    painted_ms, page_bytes = [], []
    for _ in range(loads):
        shop, _, sizes = await open_shop(browser, address)
        painted_ms.append(await shop.first_list_ms())
        await shop.until('document.querySelector("#popular [data-item]")')
        await shop.until('document.querySelector(".card[data-item]")')
        page_bytes.append(sum(sizes))
        await shop.page.context.close()
    return {"first_list_ms": median(painted_ms), "page_bytes": max(page_bytes)}


async def answered_clicks(browser: Browser, address: str, acts: int) -> dict[str, Any]:
    """The stages of each act, as the page's ribbon shows them, and their sum."""
    shop, _, _ = await open_shop(browser, address)
    await shop.until(LISTED)
    shelf = await shop.page.evaluate(IN_STOCK)
    done = [
        await shop.act(KINDS[n % len(KINDS)], shelf[n % len(shelf)]) for n in range(max(1, acts))
    ]
    slow = await slowness(shop)
    await shop.page.context.close()
    split = [stages(act) for act in done if "painted" in act]
    return {
        "acts": len(done),
        "painted": len(split),
        "slowness": slow,
        "click_to_paint_ms": _quantiles([sum(one.values()) for one in split]),
        "stages_ms": {name: _quantiles([one[name] for one in split]) for name in split[0]},
    }


async def slowness(shop: ShopPage) -> float:
    """How many times as slow as that quiet machine this one is now, by clicks that compute nothing."""
    return median([await shop.bare_ms() for _ in range(BARE_CLICKS)]) / BARE_CLICK_MS


def stages(act: dict[str, float]) -> dict[str, float]:
    """In ms. The list may overtake the acknowledgement; then the wait for that ends when the list is there."""
    listed = act["pushed"] - act["clicked"]
    accepted = min(act.get("accepted", act["pushed"]) - act["clicked"], listed)
    scored = min(act["scoredMs"], listed - accepted)
    return {
        "accepted": accepted,
        "scored": scored,
        "pushed": listed - accepted - scored,
        "painted": act["painted"] - act["pushed"],
    }


async def kept_memory(browser: Browser, demo: Demo, minutes: float) -> list[Kept]:
    shop, devtools, _ = await open_shop(browser, demo.address)
    await shop.until(LISTED)
    await shop.page.click("#events")
    await shop.page.check("#everybody")
    await shop.page.check("#traffic")
    await devtools.send("Performance.enable")
    kept = []
    for tenth in range(1, TENTHS + 1):
        await asyncio.sleep(minutes * 60 / TENTHS)
        kept.append(await _kept(minutes * tenth / TENTHS, devtools, demo))
    await shop.page.context.close()
    return kept


async def _kept(minute: float, devtools: CDPSession, demo: Demo) -> Kept:
    await devtools.send("HeapProfiler.collectGarbage")
    answer = await devtools.send("Performance.getMetrics")
    metrics = {metric["name"]: metric["value"] for metric in answer["metrics"]}
    return Kept(minute, metrics["JSHeapUsedSize"], metrics["Nodes"], resident_bytes(demo))


def resident_bytes(demo: Demo) -> int:
    lines = Path(f"/proc/{demo.process.pid}/status").read_text().splitlines()
    (resident_kib,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(resident_kib) * 1024


def growth(values: Sequence[float]) -> float:
    """By how much the last third is above the middle one, as a share."""
    third = len(values) // 3
    return mean(values[-third:]) / mean(values[-2 * third : -third]) - 1


def slope(kept: Sequence[Kept], values: Sequence[float]) -> float:
    """Per minute, from the start of the second half to its end."""
    half = len(kept) // 2
    return (values[-1] - values[half]) / (kept[-1].minute - kept[half].minute)


async def measure(redis_url: str, acts: int, minutes: float) -> dict[str, Any]:
    with running_demo(redis_url) as demo:
        async with chromium() as browser:
            figures = await first_loads(browser, demo.address)
            figures |= await answered_clicks(browser, demo.address, acts)
            kept = await kept_memory(browser, demo, minutes)
    heap = [one.js_heap_bytes for one in kept]
    resident = [one.worker_rss_bytes for one in kept]
    return figures | {
        "minutes": minutes,
        "memory": [asdict(one) for one in kept],
        "js_heap_growth": growth(heap),
        "js_heap_bytes_per_minute": slope(kept, heap),
        "worker_rss_growth": growth(resident),
        "worker_rss_bytes_per_minute": slope(kept, resident),
    }


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, (50, 95)).tolist()
    return {"p50": p50, "p95": p95}


def _report(figures: dict[str, Any]) -> bool:
    """Prints each figure beside its gate; whether all are within."""
    for name, of in (
        ("click to paint", figures["click_to_paint_ms"]),
        *figures["stages_ms"].items(),
    ):
        print(f"{name:16} p50 {of['p50']:6.1f} ms   p95 {of['p95']:6.1f} ms")
    print(f"{figures['painted']} of {figures['acts']} acts painted by a list of their own")
    print(f"the browser is {figures['slowness']:.2f} x as slow as where the gates were set")
    print("minute   JS heap MB   DOM nodes   worker RSS MB")
    for one in figures["memory"]:
        heap, resident = one["js_heap_bytes"] / 1e6, one["worker_rss_bytes"] / 1e6
        print(f"{one['minute']:6.2f}   {heap:10.2f}   {one['dom_nodes']:9.0f}   {resident:13.1f}")
    for what in ("js_heap", "worker_rss"):
        print(
            f"{what} slope of the second half: {figures[f'{what}_bytes_per_minute']:+,.0f} bytes/min"
        )
    gates = (
        ("first list, ms", figures["first_list_ms"], FIRST_LIST_GATE_MS),
        ("click to paint, p50, ms", figures["click_to_paint_ms"]["p50"], CLICK_GATE_MS),
        ("page on the wire, bytes", figures["page_bytes"], PAGE_GATE_BYTES),
        ("JS heap, growth", figures["js_heap_growth"], GROWTH_GATE),
        ("worker RSS, growth", figures["worker_rss_growth"], GROWTH_GATE),
    )
    for name, value, gate in gates:
        print(f"{name}: {value:.4g}, gate {gate:g}: {'pass' if value <= gate else 'FAIL'}")
    return all(value <= gate for _, value, gate in gates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--acts", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with private_redis(*SAVED) as url:
        figures = asyncio.run(measure(url, arguments.acts, arguments.minutes))
    keep(arguments.json, "demo_page", figures)
    sys.exit(0 if _report(figures) else 1)


if __name__ == "__main__":
    main()
