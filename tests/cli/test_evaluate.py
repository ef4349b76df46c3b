"""`tandem evaluate` as a user types it: small files in, figures out."""

import gzip
import json
from pathlib import Path

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


def test_the_figures_are_printed_and_written(tandem: Run, tmp_path: Path) -> None:
    train, test = srgnn_files(tmp_path)
    written = tmp_path / "figures.json"
    ended = tandem(
        *("evaluate", "--protocol", "next-item", "--input", "srgnn", "--seed", "3"),
        *("--train", train, "--test", test, "--json", written),
    )
    assert ended.exit_code == 0, ended.output
    figures = json.loads(written.read_text())
    assert json.loads(ended.stdout) == figures
    assert (figures["hr@20"], figures["mrr@20"], figures["n"]) == (0.5, 0.5, 2)
    assert (figures["protocol"], figures["input"], figures["seed"]) == ("next-item", "srgnn", 3)
    assert figures["rules"] == "published"


@pytest.mark.parametrize(
    ("flag", "rules"), [("--product", "product"), ("--exclude-last", "last_excluded")]
)
def test_other_rules_are_named(tandem: Run, tmp_path: Path, flag: str, rules: str) -> None:
    train, test = srgnn_files(tmp_path)
    ended = tandem("evaluate", "--input", "srgnn", "--train", train, "--test", test, flag)
    assert json.loads(ended.stdout)["rules"] == rules


def test_a_file_of_another_kind_is_named_in_one_line(tandem: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n")
    ended = tandem("evaluate", "--input", "sessions", "--train", wrong, "--test", wrong)
    assert ended.exit_code == 1
    assert "wrong.csv has no column sessionid" in ended.output


def test_an_unknown_strategy_is_named(tandem: Run, tmp_path: Path) -> None:
    train, test = srgnn_files(tmp_path)
    ended = tandem("evaluate", "--train", train, "--test", test, "--strategy", "none")
    assert ended.exit_code == 1
    assert "Known strategies" in ended.output


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
    ended = tandem(
        *("evaluate", "--protocol", "prequential", "--input", "sessions", "--train", log),
        *("--split-at", "1970-01-01T00:00:04", "--sources"),
    )
    figures = json.loads(ended.stdout)
    assert (figures["rules"], figures["n"], figures["hr@20"]) == ("product", 2, 1.0)
    assert figures["sources"]["sequence"]["hr@20"] == 1.0
    assert [row["n"] for row in figures["by_day"]] == [2]


def test_users_ratings_are_held_out_and_items_have_a_file(tandem: Run, tmp_path: Path) -> None:
    ratings, items = tmp_path / "u.inter", tmp_path / "u.item"
    rows = [f"{user}\t{item}\t5\t{881250949 + item}" for user in range(6) for item in range(10)]
    ratings.write_text(
        "\n".join(["user_id:token\titem_id:token\trating:float\ttimestamp:float", *rows])
    )
    items.write_text("item_id:token\tmovie_title:token_seq\n1\tToy Story\n")
    ended = tandem(
        *("evaluate", "--protocol", "holdout", "--input", "movielens", "--train", ratings),
        *("--items", items),
    )
    figures = json.loads(ended.stdout)
    assert figures["hr@10"] == 1.0
    assert figures["events"] == 48


def test_settings_of_the_environment_hold_and_are_told(
    tandem: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = srgnn_files(tmp_path)
    monkeypatch.setenv("TANDEM_SESSIONS_PER_ITEM", "77")
    ended = tandem("evaluate", "--train", train, "--test", test)
    assert json.loads(ended.stdout)["settings"]["sessions_per_item"] == 77
