"""`tandem import` takes a file in once, whatever is in it and however often it is run."""

import gzip
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from redis import Redis
from typer.testing import Result

from service.event_types import EVENT_TYPES
from tests.cli.conftest import Run
from tests.cli.serving import Service, clean_environment, data_file, serving

REES46 = "rees46_sample/2019-Oct.csv.gz"
REES46_ROWS = 17_434
HEADER = "user_id,item_id,type,timestamp,title\n"
HOUR_MS = 3_600_000
REPORT = re.compile(
    r"Events added: ([\d,]+), there before: ([\d,]+), refused: ([\d,]+)\. "
    r"Bad rows: ([\d,]+)\. Items: ([\d,]+)\."
)


def report(result: Result | str) -> tuple[int, ...]:
    """Added, there before, refused, bad rows, items."""
    text = result if isinstance(result, str) else result.stdout
    found = REPORT.search(text)
    assert found, result
    return tuple(int(number.replace(",", "")) for number in found.groups())


def recommended(service: Service, user_id: str) -> Sequence[dict[str, Any]]:
    answer = httpx2.get(
        f"{service.url}/realtime-recommend", params={"user_id": user_id, "limit": "5"}
    )
    assert answer.is_success, answer.text
    assert answer.json()["basis"] == "personal"
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def history(service: Service, user_id: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = httpx2.get(f"{service.url}/users/{user_id}").json()["history"]
    return entries


def written(path: Path, *rows: str) -> Path:
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


@pytest.mark.real_redis
def test_a_shop_s_file_is_imported_once_and_recommended_from(service: Service, tandem: Run) -> None:
    file = data_file(REES46)
    first = tandem("import", file, "--preset", "rees46", "--url", service.url)
    assert first.exit_code == 0, first.output
    assert report(first) == (REES46_ROWS, 0, 0, 1, 6_493)
    assert "line 17436: 8 fields instead of 9" in first.stderr
    items = recommended(service, "543335023")
    assert len(items) == 5
    assert all(item["reason"]["text"] for item in items)
    again = tandem("import", file, "--preset", "rees46", "--url", service.url)
    assert again.exit_code == 0
    assert report(again)[:2] == (0, REES46_ROWS)


@pytest.mark.real_redis
def test_sessions_without_users_are_imported_and_recommended_from(
    service: Service, tandem: Run
) -> None:
    file = data_file("serenade_example/test.tsv.gz")
    command = ("import", file, "--preset", "sessions", "--url", service.url)
    assert report(tandem(*command)) == (1_233, 0, 0, 0, 0)
    assert report(tandem(*command)) == (0, 1_233, 0, 0, 0)
    assert recommended(service, "s3022")


@pytest.mark.real_redis
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_import_that_was_ended_goes_on_where_it_was(
    tmp_path: Path, tandem: Run, number: int
) -> None:
    rows = 2_000
    lines = (f"u{n % 400},i{n % 37},view,{1_700_000_000_000 + n * 1_000}," for n in range(rows))
    file = written(tmp_path / "a.csv", *lines)
    with serving(tmp_path) as service, Redis.from_url(redis_url(service)) as redis:
        command = ("import", str(file), "--url", service.url, "--batch", "20")
        running = subprocess.Popen(
            [sys.executable, "-m", "web.cli", *command],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        while redis.zcard("tandem:{0}:active") < 100:
            time.sleep(0.01)
        running.send_signal(number)
        said, _ = running.communicate()
        assert running.returncode in (130, -signal.SIGKILL)
        added, before, *_ = report(tandem(*command))
        assert 0 < before < rows
        assert added + before == rows
        assert events_counted(redis) == rows
    if number == signal.SIGINT:
        # The batch that was on its way is counted by the second run, or by neither as added.
        assert rows - 20 <= report(said)[0] + added <= rows


def redis_url(service: Service) -> str:
    noted = json.loads((service.folder / "data" / "redis.json").read_text())
    return str(noted["url"])


def events_counted(redis: Redis) -> int:
    """Views of all users together."""
    profiles = redis.scan_iter("tandem:{0}:profile:*", count=1_000)
    return sum(int(redis.hget(profile, "n:view") or 0) for profile in profiles)


def test_bad_rows_are_named_and_do_not_stop_the_rest(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    file = written(
        tmp_path / "events.csv",
        "ann,tent,view,1700000000000,Family tent",
        "ann,tent",
        "ann,lamp,glance,1700000000000,",
        "ann,lamp,purchase,soon,",
        "a:b,lamp,view,1700000000000,",
        "ann,lamp,view,1700000001000,",
    )
    result = tandem("import", file, "--url", toy_service.url)
    assert result.exit_code == 0
    assert report(result) == (2, 0, 0, 4, 1)
    assert result.stderr.splitlines()[-4:] == [
        "line 3: 2 fields instead of 5",
        f"line 4: type 'glance' is unknown; known: {', '.join(EVENT_TYPES)}",
        "line 5: the time 'soon' cannot be read",
        "line 6: user_id 'a:b' does not fit: letters, digits and ._~@-, at most 128",
    ]
    assert httpx2.get(f"{toy_service.url}/items/tent").json()["title"] == "Family tent"


def test_what_cannot_be_imported_is_kept_as_dead_letters_once(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000)
    old_ms = now_ms - 40 * 24 * HOUR_MS
    rows = (
        f"gus,cup,view,{now_ms},",
        "gus,cup",
        f"gus,cup,glance,{now_ms},",
        f"gus,cup,view,{old_ms},",
    )
    command = (
        "import",
        written(tmp_path / "a.csv", *rows),
        "--keep-times",
        "--url",
        toy_service.url,
    )
    said = tandem(*command).stdout
    assert "Dead letters: 3. See tandem inspect dead-letters, or GET /admin/dead-letters." in said
    assert "Dead letters" not in tandem(*command).stdout
    kept = httpx2.get(f"{toy_service.url}/admin/dead-letters?limit=3").json()["letters"]
    assert [(each["row"], each["reason"], each["user_id"]) for each in reversed(kept)] == [
        (3, "wrong_field_count", None),
        (4, "unknown_type", None),
        (1, "event_too_old", "gus"),
    ]


def test_where_not_one_row_is_an_event_the_exit_code_is_1(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    file = written(tmp_path / "events.csv", "ann,tent,glance,1700000000000,")
    result = tandem("import", file, "--url", toy_service.url)
    assert result.exit_code == 1
    assert report(result) == (0, 0, 0, 1, 0)
    assert result.stderr.splitlines()[-1] == ("Error: Not one row of events.csv could be imported.")


def test_a_bad_price_is_told_and_left_out_and_its_event_is_imported(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    head = "user_id,item_id,type,timestamp,price\n"
    events, items = tmp_path / "events.csv", tmp_path / "items.csv"
    events.write_text(f"{head}pat,cup,view,1700000000000,cheap\n")
    items.write_text("item_id,title,price\npan,Pan,-1\n")
    result = tandem("import", events, "--items", items, "--url", toy_service.url)
    assert (result.exit_code, report(result)) == (0, (1, 0, 0, 0, 2))
    wrong = "is no number of 0 or more, and was left out"
    assert f"line 2: price 'cheap' {wrong}" in result.stderr.splitlines()
    assert f"items.csv, line 2: price '-1' {wrong}" in result.stderr.splitlines()
    assert httpx2.get(f"{toy_service.url}/items/pan").json()["price"] is None


def test_the_newest_event_is_now_and_the_order_is_that_of_time(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    rows = [f"bob,i{hour},view,{1_700_000_000_000 + hour * HOUR_MS}," for hour in (2, 0, 1)]
    started_ms = time.time() * 1000
    result = tandem("import", written(tmp_path / "a.csv", *rows), "--url", toy_service.url)
    assert report(result)[0] == 3
    newest, middle, oldest = history(toy_service, "bob")
    assert [entry["item_id"] for entry in (newest, middle, oldest)] == ["i2", "i1", "i0"]
    assert newest["at"] - oldest["at"] == 2 * HOUR_MS
    assert started_ms - 1 <= newest["at"] <= time.time() * 1000


def test_identical_rows_both_count(toy_service: Service, tandem: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", *["cat,tent,view,1700000000000,"] * 2)
    assert report(tandem("import", file, "--url", toy_service.url))[0] == 2
    assert len(history(toy_service, "cat")) == 2


def test_the_same_content_compressed_is_the_same_import(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    plain = written(tmp_path / "a.csv", "dan,tent,view,1700000000000,")
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert report(tandem("import", plain, "--url", toy_service.url))[:2] == (1, 0)
    assert report(tandem("import", packed, "--url", toy_service.url))[:2] == (0, 1)


def test_times_that_are_kept_may_be_too_old(
    toy_service: Service, tandem: Run, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000)
    file = written(
        tmp_path / "a.csv", f"eve,i,view,{now_ms - 40 * 24 * HOUR_MS},", f"eve,i,view,{now_ms},"
    )
    result = tandem("import", file, "--keep-times", "--url", toy_service.url)
    assert result.exit_code == 0
    assert report(result) == (1, 0, 1, 0, 0)
    assert (
        "line 2: 1 refused, event_too_old: Events are accepted up to 336 hours back."
        in result.stderr
    )
    assert history(toy_service, "eve")[0]["at"] == now_ms


def test_many_refusals_are_summed_up(toy_service: Service, tandem: Run, tmp_path: Path) -> None:
    rows = [f"fay,i,view,{1_700_000_000_000 - n}," for n in range(25)]
    result = tandem(
        "import", written(tmp_path / "a.csv", *rows), "--keep-times", "--url", toy_service.url
    )
    assert report(result)[2] == 25
    assert "lines 26, 25, 24, 23, 22 ...: 25 refused, event_too_old" in result.stderr
