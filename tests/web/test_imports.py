"""The progress of imports over HTTP: for the admin key only, and the first shift holds."""

import httpx2

from tests.asgi import http_client
from tests.web.conftest import StartApp

DIGEST = "0f" * 16
PATH = f"/admin/imports/{DIGEST}"
KEY = "an-admin-key-of-its-own"


async def test_progress_is_kept_by_the_digest(http: httpx2.AsyncClient) -> None:
    noted = await http.put(PATH, json={"shift_ms": 7, "rows_done": 500})
    assert noted.json() == {"digest": DIGEST, "shift_ms": 7, "rows_done": 500}
    assert (await http.get(PATH)).json() == noted.json()


async def test_the_first_shift_holds(http: httpx2.AsyncClient) -> None:
    await http.put(PATH, json={"shift_ms": 7, "rows_done": 0})
    noted = await http.put(PATH, json={"shift_ms": -8, "rows_done": 10})
    assert noted.json() == {"digest": DIGEST, "shift_ms": 7, "rows_done": 10}


async def test_an_unknown_import_is_not_found(http: httpx2.AsyncClient) -> None:
    answer = await http.get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_import")


async def test_a_digest_has_one_form(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/admin/imports/a:b")).status_code == 422
    assert (await http.put(PATH, json={"shift_ms": 1, "rows_done": -1})).status_code == 422


async def test_only_the_admin_key_may_note_progress(start_app: StartApp) -> None:
    app = await start_app(admin_keys=(KEY,), write_keys=("a-write-key-of-its-own",))
    content = {"shift_ms": 0, "rows_done": 0}
    async with http_client(app) as http:
        for key, status in (("a-write-key-of-its-own", 403), (KEY, 200)):
            headers = {"Authorization": f"Bearer {key}"}
            assert (await http.put(PATH, json=content, headers=headers)).status_code == status
        assert (await http.get(PATH)).status_code == 401
