"""Replays a data set through the product's own code and says how good the lists are.

Protocol `next-item`: training events are recorded first, then every prefix of each test session asks for a list and
the label is its next item. As in the published tables repeats are allowed and nothing is excluded. Test sessions
are not learned from.
"""

import gzip
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np

from scoring.metrics import hit, reciprocal_rank
from service.bootstrap import Tandem, open_recommender
from service.errors import InvalidInput
from service.interest import interest_of_items
from service.list_making import Person, Wish
from service.model import NewEvent
from service.settings import DAY_S, Settings
from service.strategies import Strategy, strategy
from store.cleaning import drop_prefix
from store.connection import open_clients

CUT = 20
CHUNK = 1_024
PSEUDO_STEP_MS = 1_000
SPARE_S = 3_600
EPOCH_MS = 1_700_000_000_000  # a replay starts at the last whole generation before


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is asked of the recommender: the session so far, oldest first, and the item that came next."""

    prefix: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures over n predictions: ranks (1 = first, inf = not in the list), times, and the settings used."""

    ranks: Sequence[float]
    latencies_ms: Sequence[float]
    events: int
    record_s: float
    settings: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """The figures under the names of the field's tables."""
        p50, p99 = np.percentile(self.latencies_ms, (50, 99)).tolist()
        return {
            f"hr@{CUT}": float(np.mean([hit(rank, CUT) for rank in self.ranks])),
            f"mrr@{CUT}": float(np.mean([reciprocal_rank(rank, CUT) for rank in self.ranks])),
            "n": len(self.ranks),
            "events": self.events,
            "events_per_s": self.events / self.record_s if self.record_s else 0.0,
            "record_s": self.record_s,
            "predict_s": sum(self.latencies_ms) / 1000,
            "latency_ms": {"p50": p50, "p99": p99},
            "settings": self.settings,
        }


class ReplayClock:
    """The clock of a replay: stands where it was set last."""

    def __init__(self, start_ms: int) -> None:
        self.now_ms = start_ms

    def __call__(self) -> int:
        return self.now_ms


def read_srgnn_train(path: Path) -> Iterator[tuple[str, str]]:
    """(session, item) in the order of the SR-GNN split: SessionId, Pos, ItemId. InvalidInput for other files."""
    with _open(path) as lines:
        header = next(lines, "").split()
        if header != ["SessionId", "Pos", "ItemId"]:
            raise InvalidInput(
                "not_srgnn", f"{path.name} has not the columns SessionId, Pos, ItemId."
            )
        for line in lines:
            session, _, item = line.split()
            yield session, item


def read_srgnn_test(path: Path) -> list[Prediction]:
    """Predictions of the SR-GNN split: one `[prefix, label]` a line."""
    with _open(path) as lines:
        rows = [json.loads(line) for line in lines]
    return [Prediction(tuple(str(item) for item in prefix), str(label)) for prefix, label in rows]


def _open(path: Path) -> TextIO:
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open()


Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class NextItem:
    """One evaluation by the next-item protocol. `progress(phase, done, total)` is called now and then."""

    train: Sequence[tuple[str, str]]
    predictions: Sequence[Prediction]
    strategy_name: str = "balanced"
    progress: Progress = lambda *_: None

    async def run(self, redis_url: str, key_prefix: str) -> Evaluation:
        """Records, then predicts, in a database of its own under the prefix, which is emptied at the end."""
        settings = self._settings(redis_url, key_prefix)
        ttl_ms = settings.event_ttl_s * 1000
        clock = ReplayClock(EPOCH_MS // ttl_ms * ttl_ms)
        clients = open_clients(redis_url)
        async with open_recommender(settings, clock, clients) as tandem:
            try:
                record_s = await self._record(tandem, clock)
                return await self._predict(tandem, settings, record_s)
            finally:
                await drop_prefix(clients, key_prefix)

    def _settings(self, redis_url: str, key_prefix: str) -> Settings:
        """The whole file lies in one generation; a session is one user's."""
        length_s = len(self.train) * PSEUDO_STEP_MS // 1000 + SPARE_S
        return Settings(
            redis_url=redis_url, key_prefix=key_prefix, event_ttl_s=max(DAY_S, length_s)
        )

    async def _record(self, tandem: Tandem, clock: ReplayClock) -> float:
        """Records the training events with evenly spaced pseudo-times; how long it took, in s."""
        began = time.perf_counter()
        for start in range(0, len(self.train), CHUNK):
            events = [
                NewEvent(
                    f"s{session}", item, "view", timestamp_ms=clock.now_ms + n * PSEUDO_STEP_MS
                )
                for n, (session, item) in enumerate(self.train[start : start + CHUNK], 1)
            ]
            clock.now_ms += len(events) * PSEUDO_STEP_MS
            for answer in await tandem.recommender.record(events, as_of_event=True):
                if answer.problem is not None:
                    raise answer.problem
            self.progress("record", start + len(events), len(self.train))
        return time.perf_counter() - began

    async def _predict(self, tandem: Tandem, settings: Settings, record_s: float) -> Evaluation:
        chosen = replace(strategy(self.strategy_name), repeats="all")
        ranks, latencies_ms = [], []
        for done, prediction in enumerate(self.predictions, 1):
            began = time.perf_counter()
            listed = await _listed(tandem, prediction, chosen)
            latencies_ms.append((time.perf_counter() - began) * 1000)
            ranks.append(
                listed.index(prediction.label) + 1.0 if prediction.label in listed else np.inf
            )
            self.progress("predict", done, len(self.predictions))
        used = {
            name: getattr(settings, name)
            for name in ("event_ttl_s", "sessions_per_item", "recent_items")
        }
        used |= {"strategy": chosen.name, "repeats": chosen.repeats}
        return Evaluation(ranks, latencies_ms, len(self.train), record_s, used)


async def _listed(tandem: Tandem, prediction: Prediction, chosen: Strategy) -> list[str]:
    person = Person(interest_of_items(prediction.prefix, tandem.settings.recent_items))
    return await tandem.recommender.ranked_ids(person, Wish(chosen, CUT))


def sampled(predictions: list[Prediction], count: int | None, seed: int) -> list[Prediction]:
    """A seeded sample in the order of the file; all of them when `count` is None."""
    if count is None or count >= len(predictions):
        return predictions
    chosen = sorted(random.Random(seed).sample(range(len(predictions)), count))
    return [predictions[i] for i in chosen]
