"""The evaluation on a real Redis: models built apart, and a server that is away for a while."""

from pathlib import Path

import pytest
import redis

from service.evaluation.replay import Place
from service.evaluation.trial import Trial
from tests.redis_server import running_redis_server
from tests.service.logs import PLAIN, asked, clicks, figures_of

AWAY_MS = 2_500  # longer than a call may last

pytestmark = pytest.mark.real_redis


async def test_a_replay_ends_well_though_redis_was_away_for_a_while(tmp_path: Path) -> None:
    """And every event was recorded once: what is left in the place is nothing."""
    with running_redis_server(tmp_path) as server, redis.Redis.from_url(server.url) as outside:
        log = clicks(*["ab"] * 700)
        away: list[str] = []

        def leave(phase: str, *_: int) -> None:
            if not away:
                away.append(phase)
                outside.execute_command("CLIENT", "PAUSE", str(AWAY_MS), "ALL")

        trial = Trial(log, asked("ab", "ac"), PLAIN)
        found = await trial.run(Place(server.url, "evaluate-test:"), leave)
        assert away == ["record"]
        assert (found["events"], found["hr@20"]) == (1_400, 1 / 2)
        assert outside.keys() == []


async def test_models_that_are_built_apart_are_those_that_are_built_here(
    real_redis_url: str,
) -> None:
    trial = Trial(clicks("abc", "abc", "bcd"), asked("abd", "cdb"), PLAIN)
    here = Place(real_redis_url, "evaluate-here:", rebuild_here=True)
    apart = Place(real_redis_url, "evaluate-apart:")
    first, second = await figures_of(trial, here), await figures_of(trial, apart)
    assert first["mrr@20"] == second["mrr@20"]
    assert first["coverage@20"] == second["coverage@20"]
