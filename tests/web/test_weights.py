"""Weights over HTTP: shown, pinned for every worker, reset."""

from typing import Any

import httpx2
import pytest

from service.ranking import FEATURES
from service.strategies import strategy
from service.strategy_files import WEIGHT_LIMIT
from tests.asgi import http_client
from tests.clock import Clock
from tests.service.shop import comes_true
from tests.web.conftest import StartApp

PLACE = "/admin/weights/balanced/view"
PRIOR = strategy("balanced").weights["trending"]


async def shown(http: httpx2.AsyncClient, user: str = "7") -> list[dict[str, Any]]:
    answer = await http.get(f"/realtime-recommend?user_id={user}&explain=true")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def act(http: httpx2.AsyncClient, user: str, item: str) -> None:
    await http.post("/event", json={"user_id": user, "item_id": item, "type": "view"})


async def test_what_was_learned_is_shown_with_its_quality(
    start_app: StartApp, clock: Clock
) -> None:
    app = await start_app(learn_rate=100_000.0)
    learner = app.worker.service.learner
    async with http_client(app) as http:
        for number in range(20):
            for item in ("tent", "stove", "lamp"):
                await act(http, f"v{number}", item)
                clock.advance(1_500)
        await learner.flush()
        rows = (await http.get("/admin/weights")).json()["weights"]
    learned = [row for row in rows if row["examples"]]
    assert sum(row["examples"] for row in learned) == learner.examples > 0
    assert {"predictions", "hr@20", "mrr@20"} == learned[0]["quality"].keys()
    assert any(each["weight"] != each["prior"] for each in learned[0]["weights"].values())
    assert [row["quality"] for row in rows if not row["examples"]][:1] == [None]


async def test_metrics_tell_how_well_each_strategy_predicts(
    start_app: StartApp, clock: Clock
) -> None:
    app = await start_app(learn_rate=100_000.0)
    app.worker.service.learner.strategy = strategy("fast")
    async with http_client(app) as http:
        for number in range(5):
            for item in ("tent", "stove"):
                await act(http, f"v{number}", item)
                clock.advance(1_500)
        page = (await http.get("/metrics")).text
    assert 'tandem_predictions_total{strategy="fast"} 5.0' in page
    assert 'tandem_prediction_hits_total{strategy="fast"} 4.0' in page  # at first nobody could know
    assert 'tandem_prediction_reciprocal_ranks_total{strategy="fast"} 4.0' in page


async def test_pinned_weights_hold_on_every_worker(start_app: StartApp, clock: Clock) -> None:
    one, other = await start_app(), await start_app()
    async with http_client(one) as http, http_client(other) as elsewhere:
        for user, item in (("1", "tent"), ("1", "stove"), ("7", "tent")):
            await act(http, user, item)
        clock.advance(2_000)  # what was popular when the workers began is too old by then
        assert (await shown(elsewhere))[0]["contributions"]["trending"] == pytest.approx(PRIOR)
        answer = await http.put(PLACE, json={"weights": {"trending": 4}})
        assert answer.json()["weights"]["trending"] == {"weight": 4.0, "prior": PRIOR}

        async def told() -> bool:
            weight = (await shown(elsewhere))[0]["contributions"]["trending"]
            return bool(weight == pytest.approx(4.0))

        assert (await shown(http))[0]["contributions"]["trending"] == pytest.approx(4.0)
        await comes_true(told)


async def test_a_reset_gives_the_prior_back(http: httpx2.AsyncClient) -> None:
    pinned = (await http.put(PLACE, json={"weights": {"trending": 4}})).json()
    reset = (await http.delete(PLACE)).json()
    assert (pinned["epoch"], reset["epoch"]) == (1, 2)
    assert (pinned["pinned"], reset["pinned"]) == (True, False)
    assert reset["weights"]["trending"] == {"weight": PRIOR, "prior": PRIOR}


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"trending": WEIGHT_LIMIT + 1}, "out_of_range"),
        ({"trending": -WEIGHT_LIMIT - 1}, "out_of_range"),
        ({"trending": "1"}, "wrong_type"),
        ({"trending": None}, "wrong_type"),
        ({"luck": 1}, "unknown_feature"),
        ({"": 1}, "wrong_length"),
        ({f"f{n}": 1 for n in range(len(FEATURES) + 1)}, "wrong_length"),
        ([], "wrong_type"),
    ],
)
async def test_a_wrong_weight_is_refused_and_changes_nothing(
    weights: object, code: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.put(PLACE, json={"weights": weights})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    rows = (await http.get("/admin/weights")).json()["weights"]
    assert not any(row["pinned"] for row in rows)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + "0" * 400])
async def test_a_number_without_end_is_refused(number: str, http: httpx2.AsyncClient) -> None:
    body = f'{{"weights": {{"trending": {number}}}}}'
    answer = await http.put(PLACE, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


async def test_a_kind_of_last_act_without_weights_of_its_own_is_refused(
    http: httpx2.AsyncClient,
) -> None:
    answer = await http.put("/admin/weights/balanced/dislike", json={"weights": {}})
    assert (answer.status_code, answer.json()["field"]) == (422, "last_act")


async def test_everything_may_be_pinned_to_what_it_was_at_first(http: httpx2.AsyncClient) -> None:
    answer = (await http.put(PLACE, json={"weights": {}})).json()
    assert answer["pinned"]
    assert all(each["weight"] == each["prior"] for each in answer["weights"].values())
