"""Socket.IO over HTTP long polling is not served, and says so."""

import httpx2
import pytest
import socketio

from tests.asgi import http_client
from tests.web.conftest import Serve, StartApp
from tests.web.test_sockets import Browsers

DETAIL = 'Only the WebSocket transport is served: connect with transports: ["websocket"].'


@pytest.mark.parametrize("path", ["/socket.io", "/socket.io/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_polling_is_answered_with_what_to_set(
    method: str, path: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.request(method, f"{path}?EIO=4&transport=polling", content="40")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["detail"]) == ("websocket_only", DETAIL)


async def test_a_client_that_was_told_nothing_learns_what_to_set(
    serve: Serve, browsers: Browsers
) -> None:
    _, url = await serve()
    browser = browsers()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await browser.client.connect(url, auth={"user_id": "7"})
    assert (await browser.next("connect_error"))["detail"] == DETAIL


async def test_a_page_of_an_allowed_origin_may_read_the_answer(start_app: StartApp) -> None:
    app = await start_app(origins=("https://shop.example",))
    async with http_client(app) as client:
        answer = await client.get("/socket.io/", headers={"origin": "https://shop.example"})
    assert answer.status_code == 400
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
