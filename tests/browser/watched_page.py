"""The demo page with an ear to it: what it complains of, and whom it asks."""

from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page

from benchmarks.shop_page import ShopPage


class WatchedPage(ShopPage):
    """`expected`: parts of the complaints that the test brings about itself."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.expected: tuple[str, ...] = ()
        self.asked: list[str] = []
        self._complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))

    @property
    def complaints(self) -> list[str]:
        """Errors of the page and its console that no test expects."""
        return [
            text for text in self._complaints if not any(part in text for part in self.expected)
        ]

    def strangers(self, address: str) -> set[str]:
        """Hosts that were asked, beside the one at this address."""
        return {urlsplit(url).netloc for url in self.asked} - {urlsplit(address).netloc}

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"{message.text} {message.location.get('url', '')}")
