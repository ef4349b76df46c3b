"""docs/inputs.md names every code that the lists of bad inputs ask for, with its status."""

import re
from pathlib import Path

from tests.web.bad_bodies import BODIES
from tests.web.bad_requests import REQUESTS
from tests.web.test_bad_callers import CALLERS
from tests.web.test_bad_inputs import ENVELOPES

PAGE = Path(__file__).parents[2] / "docs" / "inputs.md"
# Asked for by tests that are no rows.
ELSEWHERE = {
    (408, "head_too_slow"),
    (408, "body_too_slow"),
    (409, "event_id_reused"),
    (422, "invalid_id"),
    (429, "too_many_events"),
    (503, "storage_unavailable"),
}


def test_the_page_and_the_lists_name_the_same_problems() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", PAGE.read_text(), re.MULTILINE)
    named = {(int(status), code) for status, cell in rows for code in re.findall("`(.*?)`", cell)}
    listed = {(row.status, row.code) for row in BODIES.values()}
    listed |= {(caller.status, caller.code) for caller in CALLERS.values()}
    listed |= {(wire.status, wire.code) for wire in REQUESTS.values() if wire.code}
    listed |= {(status, code) for _, status, code in ENVELOPES.values()}
    assert named == listed | ELSEWHERE


def test_there_are_two_hundred_bad_inputs_by_hand() -> None:
    assert len(BODIES) + len(REQUESTS) + len(CALLERS) >= 200
