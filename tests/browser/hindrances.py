"""What would keep somebody from using the page."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

NARROW, WIDE = 360, 1440
COLOURS = pytest.mark.parametrize("colours", ["light", "dark"])
WIDTHS = pytest.mark.parametrize("width", [NARROW, WIDE])


def device(colours: str, width: int) -> dict[str, Any]:
    """Of somebody who wants no motion: what is fading in has too little contrast for a moment."""
    return {
        "viewport": {"width": width, "height": 800},
        "color_scheme": colours,
        "reduced_motion": "reduce",
    }


async def hindrances(page: Page) -> list[tuple[str, str]]:
    """What axe finds serious or critical, with the first element of each; and a page wider than its window."""
    found = (await Axe().run(page)).response["violations"]
    serious = [
        (violation["id"], violation["nodes"][0]["html"])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ]
    wide = await page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return [*serious, *([("overflow", f"{wide} px")] if wide > 0 else [])]
