"""The importer's client is patient with a service that is busy, and honest about one that is not there."""

import pytest

from service.importing.plan import SourceEvent
from service.model import Item, NewEvent
from tests.cli.answering import CUT_OFF, answering
from web.cli.service_client import ProgressSeen, ServiceClient, ServiceFailed, item_content

BATCH = [SourceEvent(line, NewEvent("u", f"i{line}", "view", f"e{line}", 1)) for line in (2, 3)]
NEW = {"event_id": "e", "duplicate": False, "revision": 1}
KNOWN = {"event_id": "e", "duplicate": True, "revision": 1}


def problem(code: str, status: int) -> dict[str, object]:
    return {"event_id": "e", "problem": {"code": code, "status": status, "detail": f"it is {code}"}}


def batch_answer(*results: dict[str, object]) -> tuple[int, object]:
    good = [result for result in results if "problem" not in result]
    duplicates = sum(bool(result["duplicate"]) for result in good)
    content = {"accepted": len(good) - duplicates, "duplicates": duplicates, "results": results}
    return 200, content


def test_every_call_carries_the_key() -> None:
    with answering((200, {"digest": "0f", "shift_ms": 7, "rows_done": 5})) as service:
        assert service.client.progress("0f") == ProgressSeen(7, 5)
    assert service.asked == [("GET", "/admin/imports/0f", b"", "Bearer the-admin-key")]


def test_an_unknown_import_is_none() -> None:
    with answering((404, {"detail": "No import of this file is known."})) as service:
        assert service.client.progress("0f") is None


def test_a_busy_service_is_asked_again_after_growing_pauses() -> None:
    busy = 503, {"detail": "The store cannot answer now."}
    done = 200, {"digest": "0f", "shift_ms": 7, "rows_done": 0}
    with answering(busy, busy, busy, done) as service:
        assert service.client.note("0f", 7, 0) == ProgressSeen(7, 0)
    assert len(service.pauses) == 3
    assert service.pauses[0] < 0.2 < service.pauses[2] * 2


def test_patience_ends_with_the_service_s_own_words() -> None:
    with answering(*[(503, {"detail": "The store is full."})] * 100) as service:
        with pytest.raises(ServiceFailed, match="The store is full"):
            service.client.progress("0f")
        assert 60 <= sum(service.pauses) < 70


def test_a_refused_key_ends_at_once() -> None:
    with (
        answering((401, {"detail": "The key is not known."})) as service,
        pytest.raises(ServiceFailed, match="401: The key is not known"),
    ):
        service.client.progress("0f")


def test_a_batch_is_counted_and_its_refusals_have_their_lines() -> None:
    with answering(batch_answer(NEW, problem("event_too_old", 422))) as service:
        answer = service.client.record(BATCH)
    assert (answer.added, answer.known) == (1, 0)
    assert [(r.line, r.code) for r in answer.refusals] == [(3, "event_too_old")]


def test_events_that_the_store_missed_are_sent_again_and_counted_once() -> None:
    first = batch_answer(NEW, problem("storage_timeout", 503))
    with answering(first, batch_answer(KNOWN, NEW)) as service:
        answer = service.client.record(BATCH)
    assert (answer.added, answer.known, answer.refusals) == (2, 0, ())
    assert len(service.pauses) == 1


def test_a_service_that_goes_away_is_waited_for() -> None:
    with answering((404, {"detail": ""})) as service:
        service.client.progress("0f")
        service.answers += [CUT_OFF, (404, {"detail": ""})]
        assert service.client.progress("0f") is None
    assert len(service.pauses) == 1


def test_nobody_there_is_said_at_once() -> None:
    with (
        ServiceClient("http://127.0.0.1:1", None) as client,
        pytest.raises(ServiceFailed, match="Nothing answers at http"),
    ):
        client.progress("0f")


def test_an_item_is_sent_with_what_is_known_of_it() -> None:
    item = Item("i", title="Tent", category=("Outdoor",), price=0.0)
    content = {"item_id": "i", "title": "Tent", "category": ["Outdoor"], "price": 0.0}
    assert item_content(item) == content
