"""What came out of a replay: figures by what made the lists, times, and the settings used."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from service.evaluation.asking import Lists
from service.evaluation.figures import CUT, Figures, Row, Scores
from service.evaluation.options import Options
from service.evaluation.questions import Question
from service.evaluation.readers import Log
from service.evaluation.replay import Replay
from service.model import NewEvent

#: Settings that the figures depend on.
SETTINGS = (
    "event_ttl_s",
    "session_gap_s",
    "session_limit",
    "sessions_per_item",
    "history_limit",
    "recent_items",
    "min_support",
    "max_events_per_user_per_day",
    "trending_hours",
    "trending_half_life_h",
    "neighbours_max_age_s",
    "learn_share",
    "learn_rate",
)
PERCENTILES = (50, 90, 99)

#: Questions that are looked at apart, by name: which they are.
Groups = Mapping[str, Callable[[Question], bool]]


class Report:
    """Gathers what lists scored. Metrics, intervals, coverage and popularity of the strategy, and of each source."""

    def __init__(
        self,
        row: Callable[[Sequence[str], Question], Row],
        recorded: Iterable[NewEvent],
        groups: Groups,
    ) -> None:
        self._row = row
        self._groups = groups
        self._members: dict[str, list[int]] = {name: [] for name in groups}
        self._support = Counter(event.item_id for event in recorded)
        self._scores: dict[str, Scores] = {}
        self._latencies_ms: list[float] = []

    @property
    def scores(self) -> Scores:
        """Those of the strategy."""
        return self._of("all")

    def add(self, lists: Lists, question: Question, seconds: float) -> None:
        for name, belongs in self._groups.items():
            if belongs(question):
                self._members[name].append(len(self._latencies_ms))
        self._latencies_ms.append(seconds * 1000)
        for name, listed in lists.items():
            self._of(name).add(listed, question)

    def figures(self, seed: int) -> Figures:
        """The strategy's own on top, under the names of the field's tables."""
        times = np.percentile(self._latencies_ms, PERCENTILES).round(3).tolist()
        alone = {name: self._scores[name] for name in sorted(self._scores) if name != "all"}
        found = {**self.scores.figures(seed), **self._of_groups(self.scores, seed)}
        if alone:
            found["sources"] = {
                name: {**scores.figures(seed), **self._of_groups(scores, seed)}
                for name, scores in alone.items()
            }
        latency_ms = dict(zip((f"p{p}" for p in PERCENTILES), times, strict=True))
        return {**found, "predict_s": sum(self._latencies_ms) / 1000, "latency_ms": latency_ms}

    def _of_groups(self, scores: Scores, seed: int) -> Figures:
        return {name: scores.with_intervals(seed, places) for name, places in self._members.items()}

    def _of(self, name: str) -> Scores:
        scores = self._scores.get(name)
        if scores is None:
            scores = self._scores[name] = Scores(self._row, self._support)
        return scores


def about(replay: Replay, options: Options, log: Log) -> Figures:
    """How the figures were made: what was recorded and learned, where the time went, what was set."""
    record_s = replay.seconds.get("record", 0.0)
    recorded = replay.recorded
    used = {name: getattr(replay.tandem.settings, name) for name in SETTINGS}
    used |= {"strategy": options.strategy_name, "repeats": options.rules.repeats, "cut": CUT}
    used |= {"time_scale": replay.timeline.scale, "valid_share": options.valid_share}
    return {
        "rules": options.rules.name,
        "strategy": options.strategy_name,
        "events": recorded.total(),
        "rows_left_out": log.left_out,
        "labels_learned": replay.tandem.learner.examples,
        "record_s": record_s,
        "events_per_s": recorded["record"] / record_s if record_s else 0.0,
        "seconds": {phase: round(spent, 3) for phase, spent in replay.seconds.items()},
        "settings": used,
    }
