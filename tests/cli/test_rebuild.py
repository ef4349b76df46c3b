"""`tandem rebuild` starts a rebuild, or watches the running one, to its end."""

import httpx2
import pytest

from tests.cli.answering import answering
from tests.cli.conftest import Run
from tests.cli.serving import Service


def job(state: str, done: int, error: str | None = None) -> tuple[int, object]:
    how_far = {"phase": "walk", "done": done, "total": 9, "owner": "api-1"}
    return 200, {"job_id": "b41c", "state": state, "error": error, "note": None, **how_far}


@pytest.mark.real_redis
def test_a_rebuild_is_run_to_its_end(service: Service, tandem: Run) -> None:
    items = [{"item_id": f"i{n}", "title": f"Tent {n}"} for n in range(5)]
    assert httpx2.put(f"{service.url}/items", json=items).is_success
    result = tandem("rebuild", "--url", service.url)
    assert result.exit_code == 0, result.output
    assert "Rebuilt by" in result.stdout


def test_a_running_rebuild_is_watched(tandem: Run) -> None:
    with answering(job("running", 3), job("running", 6), job("done", 9)) as service:
        result = tandem("rebuild", "--scope", "all", "--url", service.url, "--key", "k")
    assert (result.exit_code, result.stdout) == (0, "Rebuilt by api-1: 9 units.\n")
    assert [(method, path) for method, path, _, _ in service.asked] == [
        ("POST", "/admin/update-all-recommendations?scope=all"),
        *[("GET", "/admin/jobs/b41c")] * 2,
    ]
    assert {key for *_, key in service.asked} == {"Bearer k"}


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (job("failed", 6, "its worker went away"), "has failed: its worker went away"),
        (job("cancelled", 6), "has been cancelled"),
    ],
)
def test_a_rebuild_without_a_good_end_is_an_error(
    end: tuple[int, object], words: str, tandem: Run
) -> None:
    with answering(job("running", 3), end) as service:
        result = tandem("rebuild", "--url", service.url)
    assert result.exit_code == 1
    assert words in result.stderr


def test_without_a_service_it_says_so(tandem: Run) -> None:
    result = tandem("rebuild", "--url", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "Nothing answers" in result.stderr
