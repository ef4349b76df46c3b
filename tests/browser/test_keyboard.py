"""The whole shop with Tab, Enter and Space, and the focus in sight at every step."""

from playwright.async_api import Page, expect

from tests.browser.conftest import Visit

MOST_STEPS = 150
FOCUS = """() => {
  const focused = document.activeElement;
  const style = getComputedStyle(focused);
  const box = focused.getBoundingClientRect();
  return {
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inSight: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    html: focused.outerHTML.slice(0, 120),
  };
}"""


class Keyboard:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def to(self, selector: str) -> None:
        """Tab until it has the focus; each stop on the way shows that it has it."""
        for _ in range(MOST_STEPS):
            await self.page.keyboard.press("Tab")
            await self.sees_the_focus()
            if await self.page.evaluate("what => document.activeElement.matches(what)", selector):
                return
        raise AssertionError(f"Tab never came to {selector}")

    async def sees_the_focus(self) -> None:
        focus = await self.page.evaluate(FOCUS)
        assert focus["ring"], f"no ring around {focus['html']}"
        assert focus["inSight"], f"out of sight: {focus['html']}"

    async def press(self, key: str) -> None:
        await self.page.keyboard.press(key)


async def test_a_visitor_needs_no_mouse(visit: Visit) -> None:
    visitor = await visit("1")
    keys = Keyboard(visitor.page)

    await keys.to('.persona[data-user="7"]')
    await keys.press("Enter")
    await visitor.until('tandemDemo.userId === "7" && tandemDemo.items.length')
    await keys.sees_the_focus()
    await keys.to('.category[data-category="Coffee & Tea"]')
    await keys.press("Space")

    for action, key in (("view", "Enter"), ("add_to_cart", "Space"), ("purchase", "Enter")):
        acts = len(await visitor.fact("acts"))
        await keys.to(f'.card:first-child [data-action="{action}"]')
        await keys.press(key)
        await visitor.until(f"tandemDemo.acts.length === {acts + 1} && tandemDemo.acts[0].painted")
        assert await visitor.fact("acts[0].type") == action
        await keys.sees_the_focus()

    why = visitor.page.locator("#rows .row:first-child [data-action=why]")
    await keys.to("#rows .row:first-child [data-action=why]")
    for key, expanded in (("Enter", "true"), ("Space", "false"), ("Enter", "true")):
        await keys.press(key)
        await expect(why).to_have_attribute("aria-expanded", expanded)
        await keys.sees_the_focus()
    await keys.to("[data-action=evidence]")
    await keys.press("Enter")
    terminal = visitor.page.locator(".terminal")
    await expect(terminal).to_be_focused()
    await expect(terminal).to_contain_text("redis-cli")
    await keys.press("Tab")
    await expect(visitor.page.locator("[data-action=copy]")).to_be_focused()
    await keys.sees_the_focus()


async def test_one_may_skip_the_shop(visit: Visit) -> None:
    keys = Keyboard((await visit("2")).page)
    await keys.to('.skip[href="#list"]')
    await keys.press("Enter")
    await keys.to('#rows .row:first-child [data-action="view"]')
