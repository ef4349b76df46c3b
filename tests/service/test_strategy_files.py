"""Strategies may stand in files; a wrong one is named with what is wrong of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import open_recommender
from service.doctor import check_settings
from service.errors import NotFound
from service.settings import Settings
from service.strategies import BUILT_IN
from service.strategy_files import UnusableStrategy, strategies_at
from service.weights import prior_of
from tests.clock import Clock
from tests.service.shop import open_shop

OUTDOOR: dict[str, Any] = {
    "name": "outdoor",
    "sources": ["sequence", "trending"],
    "repeats": "none",
    "weights": {"sequence": 1.5, "recency": 0.25},
    "weights_after": {"purchase": {"trending": 2.0}},
    "data": "clicks of May",
    "examples": {"view": 9000, "purchase": 210},
    "seed": 0,
}


def written(folder: Path, file: str = "outdoor.json", **changes: Any) -> str:
    path = folder / file
    path.write_text(json.dumps(OUTDOOR | changes))
    return str(path)


def refusal(place: str) -> str:
    with pytest.raises(UnusableStrategy) as caught:
        strategies_at(place)
    return str(caught.value)


def test_without_files_there_are_those_in_code() -> None:
    assert {each.name: each for each in strategies_at("")} == BUILT_IN


def test_a_file_adds_its_strategy(tmp_path: Path) -> None:
    strategies = strategies_at(written(tmp_path))
    assert [each.name for each in strategies] == [*BUILT_IN, "outdoor"]
    outdoor = strategies.get("outdoor")
    assert outdoor.sources == {"sequence", "trending"}
    assert (outdoor.repeats, outdoor.weights["sequence"]) == ("none", 1.5)


def test_a_folder_adds_all_of_its_strategies(tmp_path: Path) -> None:
    written(tmp_path, "b.json", name="b")
    written(tmp_path, "a.json", name="a")
    (tmp_path / "notes.txt").write_text("none of ours")
    assert [each.name for each in strategies_at(str(tmp_path))] == [*BUILT_IN, "a", "b"]


def test_one_named_like_one_in_code_takes_its_place(tmp_path: Path) -> None:
    strategies = strategies_at(written(tmp_path, name="balanced"))
    assert [each.name for each in strategies] == [*BUILT_IN]
    assert strategies.get("balanced").repeats == "none"


def test_weights_after_a_last_act_are_those_of_the_file_or_adapted_ones(tmp_path: Path) -> None:
    outdoor = strategies_at(written(tmp_path)).get("outdoor")
    assert prior_of(outdoor, "view")["sequence"] == 1.5
    assert prior_of(outdoor, "purchase")["sequence"] == 0
    assert prior_of(outdoor, "purchase")["trending"] == 2.0
    assert prior_of(outdoor, "add_to_cart")["sequence"] == 1.5
    without = strategies_at(written(tmp_path, weights_after={})).get("outdoor")
    assert prior_of(without, "purchase")["sequence"] == 0.75


def test_what_was_learned_from_need_not_be_said(tmp_path: Path) -> None:
    written(tmp_path)
    kept = {key: OUTDOOR[key] for key in ("name", "sources", "weights")}
    (tmp_path / "outdoor.json").write_text(json.dumps(kept))
    assert strategies_at(str(tmp_path)).get("outdoor").repeats == "not_current"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "a b"}, "name: "),
        ({"name": "a:b"}, "name: "),
        ({"name": "similar"}, "name: 'similar' is the name of what finds similar items"),
        ({"sources": ["sequence", "luck"]}, "sources: 'luck' is none of sequence, co_view"),
        ({"sources": []}, "sources: "),
        ({"repeats": "all"}, "repeats: "),
        ({"weights": {"walk": 1.0}}, "weights: its sources give no feature 'walk'"),
        ({"weights_after": {"purchase": {"luck": 1.0}}}, "no feature 'luck'"),
        ({"weights_after": {"dislike": {}}}, "weights_after.dislike"),
        ({"weights": {"sequence": 101}}, "weights.sequence: "),
        ({"weights": {"sequence": "1"}}, "weights.sequence: "),
        ({"weights": {"sequence": float("nan")}}, "weights.sequence: "),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(
    changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path, **changes)
    assert refusal(path).startswith(f"{path}: ")
    assert said in refusal(path)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    assert str(path) in refusal(str(path))
    path.write_bytes(b"\xff\xfe")
    assert "cannot be read" in refusal(str(path))


def test_a_place_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(str(tmp_path / "nothing.json"))
    assert "holds no .json file" in refusal(str(tmp_path))


def test_two_files_must_not_name_the_same_strategy(tmp_path: Path) -> None:
    written(tmp_path, "a.json")
    written(tmp_path, "b.json")
    assert "b.json: another file holds a strategy outdoor too" in refusal(str(tmp_path))


async def test_lists_are_made_by_a_strategy_of_a_file(tmp_path: Path, clock: Clock) -> None:
    async with open_shop(clock, strategies=written(tmp_path)) as shop:
        await shop.crowd("ab")
        await shop.view("ann", "a")
        made = await shop.ask("ann", strategy="outdoor", explain=True)
        assert made.strategy == "outdoor"
        assert made.items[0].contributions == {"sequence": 1.5}
        with pytest.raises(NotFound, match="outdoor"):
            await shop.ask("ann", strategy="indoor")


async def test_a_strategy_of_a_file_learns_and_can_be_pinned(tmp_path: Path, clock: Clock) -> None:
    async with open_shop(clock, strategies=written(tmp_path), learn_rate=100_000.0) as shop:
        shop.tandem.learner.strategy = shop.tandem.strategies.get("outdoor")
        for number in range(5):
            await shop.view(f"v{number}", ["a"])
            await shop.view(f"v{number}", ["b"])
        await shop.tandem.learner.flush()
        views = {
            (view.strategy, view.last_act): view for view in await shop.tandem.weight_control.all()
        }
        assert views["outdoor", "view"].examples == 5
        pinned = await shop.tandem.weight_control.pin("outdoor", "view", {"trending": 3.0})
        assert pinned.weights["trending"] == 3.0


async def test_nothing_is_opened_with_a_wrong_file(tmp_path: Path) -> None:
    settings = Settings(
        strategies=written(tmp_path, sources=["luck"]), redis_url="redis://x.invalid"
    )
    with pytest.raises(UnusableStrategy):
        async with open_recommender(settings):
            pass


def test_a_wrong_file_is_found_before_anything_starts(tmp_path: Path) -> None:
    path = written(tmp_path, sources=["luck"])
    found = {check.name: check for check in check_settings(Settings(strategies=path))}
    assert found["TANDEM_STRATEGIES"].level == "fail"
    assert path in found["TANDEM_STRATEGIES"].found
    good = {c.name: c for c in check_settings(Settings(strategies=written(tmp_path)))}
    assert good["strategies"].found.endswith("outdoor")
