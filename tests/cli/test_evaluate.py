"""`tandem evaluate` as a user types it: small files in, figures out."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.serving import without_redis_server


@pytest.fixture(autouse=True)
def toy_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", without_redis_server(tmp_path))


def srgnn_files(folder: Path) -> tuple[Path, Path]:
    train, test = folder / "train.tsv.gz", folder / "test.jsonl.gz"
    train.write_bytes(
        gzip.compress(b"SessionId\tPos\tItemId\n0\t0\t1\n0\t1\t2\n1\t0\t1\n1\t1\t2\n")
    )
    test.write_bytes(gzip.compress(b"[[1],2]\n[[1],9]\n"))
    return train, test


def files_of(folder: Path) -> tuple[str | Path, ...]:
    train, test = srgnn_files(folder)
    return "--train", train, "--test", test


def evaluated(tandem: Run, *asked: str | Path) -> dict[str, Any]:
    """All figures."""
    ended = tandem("evaluate", *asked, "--json", "-")
    assert ended.exit_code == 0, ended.output
    figures: dict[str, Any] = json.loads(ended.stdout)
    return figures


def test_the_figures_are_printed_and_written(tandem: Run, tmp_path: Path) -> None:
    train, test = srgnn_files(tmp_path)
    written = tmp_path / "figures.json"
    ended = tandem(
        *("evaluate", "--protocol", "next-item", "--input", "srgnn", "--seed", "3"),
        *("--train", train, "--test", test, "--json", written),
    )
    assert ended.exit_code == 0, ended.output
    figures = json.loads(written.read_text())
    assert (figures["hr@20"], figures["mrr@20"], figures["n"]) == (0.5, 0.5, 2)
    assert (figures["protocol"], figures["input"], figures["seed"]) == ("next-item", "srgnn", 3)
    assert figures["rules"] == "published"
    said = ended.stdout
    assert "next-item, rules published, input srgnn" in said
    assert len(re.findall(r"0\.5000 +│ 0\.000-1\.000", said)) == 2
    assert re.search(r"Recorded: 4 events; learned from: \d+\.", said)
    assert re.search(r"Time: .*record \d+\.\d s, .*predict \d+\.\d s\.", said)
    assert said.splitlines()[-1] == f"All figures: {written}"
    assert len(said.splitlines()) < 12


def test_all_figures_are_printed_where_that_is_asked_for(tandem: Run, tmp_path: Path) -> None:
    figures = evaluated(tandem, *files_of(tmp_path))
    assert figures["n"] == 2
    assert "settings" in figures


def test_a_file_of_figures_that_cannot_be_written_is_told_before_the_work(
    tandem: Run, tmp_path: Path
) -> None:
    ended = tandem("evaluate", *files_of(tmp_path), "--json", "nowhere/figures.json")
    assert ended.exit_code == 1
    assert ended.stderr.strip() == "Error: nowhere is no folder."


@pytest.mark.parametrize(
    ("flag", "rules"), [("--product", "product"), ("--exclude-last", "last_excluded")]
)
def test_other_rules_are_named(tandem: Run, tmp_path: Path, flag: str, rules: str) -> None:
    assert evaluated(tandem, *files_of(tmp_path), flag)["rules"] == rules


def test_a_file_of_another_kind_is_named_in_one_line(tandem: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    ended = tandem("evaluate", "--input", "sessions", "--train", wrong, "--test", wrong)
    assert ended.exit_code == 1
    assert "wrong.csv has no column sessionid" in ended.output


def test_an_unknown_strategy_is_named(tandem: Run, tmp_path: Path) -> None:
    ended = tandem("evaluate", *files_of(tmp_path), "--strategy", "none")
    assert ended.exit_code == 1
    assert "There is no strategy 'none'. Known strategies: balanced," in ended.stderr
    assert "TANDEM_STRATEGIES (not set) names the file or folder of more." in ended.stderr


def test_a_strategy_file_that_cannot_be_used_is_told_in_one_line(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.json").write_text('{"name": "mine"}')
    monkeypatch.setenv("TANDEM_STRATEGIES", str(tmp_path / "mine.json"))
    ended = tandem("evaluate", *files_of(tmp_path))
    assert ended.exit_code == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "mine.json: sources: Field required." in ended.stderr


@pytest.mark.parametrize("protocol", ["prequential", "basket"])
def test_a_protocol_that_parts_its_log_asks_where(
    tandem: Run, tmp_path: Path, protocol: str
) -> None:
    train, _ = srgnn_files(tmp_path)
    ended = tandem("evaluate", "--protocol", protocol, "--train", train)
    assert ended.exit_code == 1
    assert "--split-at" in ended.output


def test_a_log_is_replayed_in_the_order_of_time(tandem: Run, tmp_path: Path) -> None:
    log = tmp_path / "clicks.csv"
    rows = [f"{n // 2},{n % 2},{n}" for n in range(8)]
    log.write_text("\n".join(["SessionId,ItemId,Time", *rows]))
    asked = ("--protocol", "prequential", "--train", log, "--split-at", "1970-01-01T00:00:04")
    figures = evaluated(tandem, *asked, "--sources")
    assert figures["input"] == "sessions"
    assert (figures["rules"], figures["n"], figures["hr@20"]) == ("product", 2, 1.0)
    assert figures["sources"]["sequence"]["hr@20"] == 1.0
    assert [row["n"] for row in figures["by_day"]] == [2]
    shown = tandem("evaluate", *asked, "--sources").stdout
    assert "only sequence" in shown
    assert "All figures: --json FILE" in shown


def test_users_ratings_are_held_out_and_items_have_a_file(tandem: Run, tmp_path: Path) -> None:
    ratings, items = tmp_path / "u.inter", tmp_path / "u.item"
    rows = [f"{user}\t{item}\t5\t{881250949 + item}" for user in range(6) for item in range(10)]
    ratings.write_text(
        "\n".join(["user_id:token\titem_id:token\trating:float\ttimestamp:float", *rows])
    )
    items.write_text("item_id:token\tmovie_title:token_seq\n1\tToy Story\n")
    figures = evaluated(tandem, "--protocol", "holdout", "--train", ratings, "--items", items)
    assert figures["input"] == "movielens"
    assert figures["hr@10"] == 1.0
    assert figures["events"] == 48


def test_settings_of_the_environment_hold_and_are_told(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_SESSIONS_PER_ITEM", "77")
    assert evaluated(tandem, *files_of(tmp_path))["settings"]["sessions_per_item"] == 77


def test_a_column_of_times_that_srgnn_would_not_read_is_warned_of(
    tandem: Run, tmp_path: Path
) -> None:
    log = tmp_path / "clicks.csv"
    log.write_text("SessionId,ItemId,Time\n" + "".join(f"{n // 2},{n % 2},{n}\n" for n in range(8)))
    given = ("--train", log, "--valid-share", "0.5", "--json", "-")
    told = tandem("evaluate", *given, "--input", "srgnn")
    assert told.exit_code == 0, told.output
    assert "Warning: clicks.csv has a column time, which srgnn does not read" in told.stderr
    assert "Warning" not in tandem("evaluate", *given).stderr


def test_a_test_file_of_another_format_is_refused(tandem: Run, tmp_path: Path) -> None:
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("SessionId,ItemId,Time\n0,1,1\n0,2,2\n")
    test.write_text("user_id,item_id,type,timestamp\nu,1,view,1\nu,2,view,2\n")
    ended = tandem("evaluate", "--train", train, "--test", test)
    assert ended.exit_code == 1
    said = "test.csv is of another format (events) than train.csv (sessions)"
    assert said in ended.stderr
