"""Pages and their files."""

import json
import re

import httpx2
import pytest

from web.asyncapi import asyncapi


async def test_the_page_of_the_interface_needs_nothing_from_elsewhere(
    http: httpx2.AsyncClient,
) -> None:
    page = await http.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = set(re.findall(r"(?:href|src)='([^'#]+)'", page.text))
    assert links == {"/static/docs.css", "/static/icon.svg", "/openapi.json", "/asyncapi.json"}
    for link in links:
        assert (await http.get(link)).status_code == 200


async def test_the_page_has_an_icon_so_that_no_browser_looks_for_one(
    http: httpx2.AsyncClient,
) -> None:
    (path,) = re.findall(r"<link rel=icon href='([^']+)'", (await http.get("/docs")).text)
    assert (await http.get(path)).headers["content-type"].startswith("image/svg+xml")


async def test_the_description_of_the_sockets_is_served(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/asyncapi.json")).json() == json.loads(json.dumps(asyncapi()))


async def test_whoever_comes_without_a_path_is_shown_the_interface(
    http: httpx2.AsyncClient,
) -> None:
    answer = await http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
    assert (await http.get(answer.headers["location"])).status_code == 200


async def test_a_file_has_its_type_and_can_be_cached(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/static/docs.css")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    again = await http.get("/static/docs.css", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["", "missing.css", "../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "a%00b", "%ff"],
)
async def test_nothing_beside_the_files_is_served(path: str, http: httpx2.AsyncClient) -> None:
    answer = await http.get(f"/static/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bomb_of_ranges_gets_the_file_once(http: httpx2.AsyncClient) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(0, 4_000, 3))
    answer = await http.get("/static/docs.css", headers={"range": ranges})
    assert answer.status_code == 200
    assert answer.content == (await http.get("/static/docs.css")).content
