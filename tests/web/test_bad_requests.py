"""Bad requests over the wire to a real `tandem serve`: each is answered as listed, and its log stays clean."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse

import httpx2
import pytest

from tests.cli.serving import Service, serving, without_redis_server
from tests.serving import Browser
from tests.web.bad_requests import CHUNKED, EVENT, LENGTH, REQUESTS, SECRET, Wire, get, post
from web.http_head import HEAD_BYTES

ANSWERED_S = 5.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """As it runs for its users, over the embedded store; what it logged holds no fault of ours."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder, PATH=without_redis_server(folder)) as running:
        yield running
        assert "Traceback" not in running.log
        assert "[error" not in running.log


def connect(service: Service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), ANSWERED_S)


def answer_to(service: Service, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the first answer, whether all could be sent or not."""
    with connect(service) as client:
        with suppress(ConnectionError):  # answered, and hung up before the end
            client.sendall(sent)
        response = HTTPResponse(client)
        response.begin()
        return response.status, dict(response.getheaders()), response.read()


@pytest.mark.parametrize("row", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_bad_request_is_answered_as_listed(row: Wire, service: Service) -> None:
    status, headers, body = answer_to(service, row.sent)
    assert status == row.status, body
    if row.code:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body)["code"] == row.code
    assert SECRET not in f"{headers} {body!r}"


def test_requests_in_one_packet_are_answered_in_order(service: Service) -> None:
    paths = ["/healthz", "/nothing", "/users/a:b", "/healthz"] * 50
    sent = b"".join(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths)
    with connect(service) as client, client.makefile("rb") as answers:
        client.sendall(sent)
        statuses = []
        for _ in paths:
            statuses.append(int(answers.readline().split()[1]))
            length = 0
            while (line := answers.readline().strip()) != b"":
                name, _, value = line.partition(b": ")
                length = int(value) if name.lower() == b"content-length" else length
            answers.read(length)
    assert statuses == [200, 404, 422, 200] * 50


@pytest.mark.parametrize(
    "refused",
    [
        post("Content-Length: 300000", body=b" " * 300_000).replace(b"Connection: close\r\n", b""),
        post(LENGTH, CHUNKED).replace(b"Connection: close\r\n", b""),
        get(f"/users/{'a' * HEAD_BYTES}").replace(b"Connection: close\r\n", b""),
    ],
    ids=["a body too large", "a length and chunks", "a head too large"],
)
def test_nothing_behind_a_refused_request_is_taken_for_another(
    refused: bytes, service: Service
) -> None:
    smuggled = post(LENGTH, body=EVENT.replace(b'"7"', b'"smuggled"'))
    with connect(service) as client:
        with suppress(ConnectionError):
            client.sendall(refused + smuggled)
        HTTPResponse(client).begin()
    assert httpx2.get(f"{service.url}/users/smuggled").status_code == 404


def test_a_body_that_stands_still_keeps_nobody_else_waiting(service: Service) -> None:
    with connect(service) as slow:
        slow.sendall(post(LENGTH, body=EVENT[:5]))
        answer = httpx2.get(f"{service.url}/healthz", timeout=ANSWERED_S)
        assert answer.is_success


async def test_a_socket_passes_the_bounds_of_a_head(service: Service) -> None:
    browser = Browser()
    await browser.connect(service.url, {"user_id": "7"})
    assert (await browser.next("recommendations"))["user_id"] == "7"
    await browser.close()
