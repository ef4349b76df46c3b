"""`tandem export` prints everything that is known of a user."""

import json

import httpx2
import pytest

from tests.cli.answering import answering
from tests.cli.conftest import Run
from tests.cli.serving import Service


@pytest.mark.real_redis
def test_all_that_is_known_of_a_user_is_printed(service: Service, tandem: Run) -> None:
    event = {"user_id": "7", "item_id": "tent", "type": "view"}
    assert httpx2.post(f"{service.url}/event", json=event).is_success
    result = tandem("export", "7", "--url", service.url)
    assert result.exit_code == 0, result.output
    (record,) = json.loads(result.stdout)["records"]
    assert [entry["item_id"] for entry in record["history"]] == ["tent"]


def test_of_nobody_there_is_nothing(tandem: Run) -> None:
    with answering((404, {"detail": "Nothing is known of this user."})) as service:
        result = tandem("export", "nobody", "--url", service.url, "--key", "k")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Nothing is known of user nobody." in result.stderr
    assert [(path, key) for _, path, _, key in service.asked] == [
        ("/users/nobody/export", "Bearer k")
    ]
