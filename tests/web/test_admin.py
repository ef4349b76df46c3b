"""Rebuild jobs over HTTP."""

import httpx2


async def test_a_rebuild_is_started_and_can_be_watched_to_its_end(http: httpx2.AsyncClient) -> None:
    await http.put("/items", json=[{"item_id": "tent", "title": "Tent"}])
    answer = await http.post("/admin/update-all-recommendations?scope=all")
    assert answer.status_code == 202
    job = (await http.get(answer.headers["location"])).json()
    while job["state"] == "running":
        job = (await http.get(answer.headers["location"])).json()
    assert job["state"] == "done"
    assert job["done"] == job["total"]


async def test_a_job_that_has_ended_cannot_be_cancelled(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/admin/update-all-recommendations")
    while (await http.get(answer.headers["location"])).json()["state"] == "running":
        pass
    refused = await http.delete(answer.headers["location"])
    assert (refused.status_code, refused.json()["code"]) == (409, "job_ended")


async def test_an_unknown_job_is_not_found(http: httpx2.AsyncClient) -> None:
    for answer in (await http.get("/admin/jobs/x"), await http.delete("/admin/jobs/x")):
        assert answer.status_code == 404


async def test_an_unknown_scope_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/admin/update-all-recommendations?scope=some")
    assert (answer.status_code, answer.json()["field"]) == (422, "scope")
