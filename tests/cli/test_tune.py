"""`tandem tune` as a user types it: a log in, a strategy out that the service takes."""

import json
import random
from pathlib import Path

import pytest

from service.ranking import FEATURES
from service.strategies import BUILT_IN
from service.strategy_files import strategies_at
from service.weights import prior_of
from tests.cli.conftest import Run
from tests.cli.serving import without_redis_server

SESSIONS = 60
START_S = 1_700_000_000


@pytest.fixture(autouse=True)
def toy_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", without_redis_server(tmp_path))


def log(folder: Path) -> Path:
    """Sessions of a few clicks; whoever looks at an item goes on to the one that always follows it. Some buy it."""
    rng, rows = random.Random(3), ["user_id,item_id,type,timestamp"]
    for session in range(SESSIONS):
        item, at_s = rng.randrange(6), START_S + session * 7_200
        for step, kind in enumerate(
            ("view", "view", "purchase" if session % 3 == 0 else "view", "view")
        ):
            name = f"i{(item + step) % 8}"
            rows.append(f"u{session},{name},{kind},{(at_s + step * 60) * 1000}")
    path = folder / "clicks.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_weights_are_learned_and_written_as_a_strategy(tandem: Run, tmp_path: Path) -> None:
    written = tmp_path / "outdoor.json"
    ended = tandem(
        *("tune", "--train", log(tmp_path), "--name", "outdoor", "--share", "0.5", "--seed", "4"),
        *("--out", written, "--data", "clicks of May"),
    )
    assert ended.exit_code == 0, ended.output
    kept = json.loads(written.read_text())
    assert (kept["name"], kept["data"], kept["seed"]) == ("outdoor", "clicks of May", 4)
    assert kept["repeats"] == "not_current"
    assert 60 <= sum(kept["examples"].values()) <= 90
    assert set(kept["examples"]) == {"view", "purchase"}
    assert kept["weights_after"].keys() == {"purchase"}
    told = " ".join(ended.stdout.split())
    assert f"Learned from {sum(kept['examples'].values())} events" in told
    assert f"TANDEM_STRATEGIES={written}" in ended.stdout.replace("\n", "")


def test_the_service_takes_what_was_written(tandem: Run, tmp_path: Path) -> None:
    ended = tandem("tune", "--train", log(tmp_path), "--name", "outdoor", "--share", "0.5")
    assert ended.exit_code == 0, ended.output
    outdoor = strategies_at(str(tmp_path / "outdoor.json")).get("outdoor")
    assert outdoor.sources == BUILT_IN["balanced"].sources
    learned, prior = prior_of(outdoor, "view"), prior_of(BUILT_IN["balanced"], "view")
    assert learned != prior
    assert all(abs(learned[name] - prior[name]) < 5 for name in FEATURES)


def test_the_same_seed_gives_the_same_file(tandem: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    for target in (first, second):
        given = ("tune", "--train", log(tmp_path), "--labels", "20", "--share", "0.5")
        assert tandem(*given, "--out", target).exit_code == 0
    assert first.read_text() == second.read_text()
    assert sum(json.loads(first.read_text())["examples"].values()) <= 20


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--strategy", "magic"), "Known strategies"),
        (("--input", "sessions"), "has no column sessionid"),
        (("--name", "a b"), "cannot be the name of a strategy"),
        (("--name", "similar"), "a strategy in a file needs another"),
        (("--out", "nowhere/x.json"), "nowhere is no folder"),
    ],
)
def test_a_wrong_wish_is_refused_before_the_work(
    tandem: Run, tmp_path: Path, given: tuple[str, str], said: str
) -> None:
    ended = tandem("tune", "--train", log(tmp_path), *given)
    assert ended.exit_code == 1
    assert said in " ".join(ended.output.split())
    assert not list(tmp_path.glob("*.json"))


def test_the_result_is_named_as_no_built_in_is_and_replaces_no_file(
    tandem: Run, tmp_path: Path
) -> None:
    given = ("tune", "--train", log(tmp_path), "--share", "0.1")
    assert tandem(*given).exit_code == 0
    first = (tmp_path / "tuned.json").read_text()
    assert json.loads(first)["name"] == "tuned"
    again = tandem(*given, "--seed", "7")
    assert again.exit_code == 1
    assert "tuned.json is there already" in again.stderr
    assert (tmp_path / "tuned.json").read_text() == first
    assert tandem(*given, "--seed", "7", "--force").exit_code == 0
    assert json.loads((tmp_path / "tuned.json").read_text())["seed"] == 7


def test_a_few_events_and_the_name_of_a_built_in_are_warned_of(tandem: Run, tmp_path: Path) -> None:
    ended = tandem("tune", "--train", log(tmp_path), "--share", "0.1", "--name", "fast")
    assert ended.exit_code == 0, ended.output
    assert "events teach little: at least 200 are wanted" in ended.stderr
    assert "the service will use it in place of its own fast" in ended.stderr


def test_a_log_without_a_second_act_teaches_nothing(tandem: Run, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("user_id,item_id,type,timestamp\nu,i,view,1700000000000\n")
    ended = tandem("tune", "--train", path, "--share", "0.9")
    assert ended.exit_code == 1
    assert "nothing to learn from" in " ".join(ended.output.split())
