"""From lists to figures: what each list scored, their means with intervals, coverage and popularity."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from scoring import metrics
from service.evaluation.intervals import intervals
from service.evaluation.questions import Question

CUTS = (10, 20)
CUT = max(CUTS)

Row = Mapping[str, float]
Figures = dict[str, object]


def next_item_row(listed: Sequence[str], question: Question) -> Row:
    """HR, MRR and NDCG of the next item; where more is known, precision, recall and MAP of all that came later."""
    row: dict[str, float] = {}
    rank = _rank(listed, {question.wanted[0]})
    for k in CUTS:
        row |= {f"hr@{k}": metrics.hit(rank, k), f"mrr@{k}": metrics.reciprocal_rank(rank, k)}
        row[f"ndcg@{k}"] = metrics.gain(rank, k)
        row |= _of_all(listed, set(question.wanted), k)
    return row


def any_item_row(listed: Sequence[str], question: Question) -> Row:
    """The same where all wanted items are alike: HR and MRR of the first that the list holds, NDCG of all."""
    row: dict[str, float] = {}
    wanted = set(question.wanted)
    rank = _rank(listed, wanted)
    right = [item in wanted for item in listed]
    for k in CUTS:
        row |= {f"hr@{k}": metrics.hit(rank, k), f"mrr@{k}": metrics.reciprocal_rank(rank, k)}
        row[f"ndcg@{k}"] = metrics.ndcg(right, len(wanted), k)
        row |= _of_all(listed, wanted, k)
    return row


def _of_all(listed: Sequence[str], wanted: set[str], k: int) -> Row:
    right = [item in wanted for item in listed]
    return {
        f"precision@{k}": metrics.precision(right, k),
        f"recall@{k}": metrics.recall(right, len(wanted), k),
        f"map@{k}": metrics.average_precision(right, len(wanted), k),
    }


def _rank(listed: Sequence[str], wanted: set[str]) -> float:
    return next((place for place, item in enumerate(listed, 1) if item in wanted), np.inf)


class Scores:
    """What the lists of one recommender scored, question by question."""

    def __init__(
        self, row: Callable[[Sequence[str], Question], Row], support: Mapping[str, int]
    ) -> None:
        """`support`: in how many training events each known item is."""
        self._row = row
        self._support = support
        self._most = max(support.values(), default=1)
        self._rows: list[Sequence[float]] = []
        self._clusters: list[int] = []
        self._names: Sequence[str] = ()
        self._shown: set[str] = set()
        self._popularity = 0.0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, listed: Sequence[str], question: Question) -> None:
        row = self._row(listed, question)
        self._names = tuple(row)
        self._rows.append(tuple(row.values()))
        self._clusters.append(question.cluster)
        self._shown.update(listed[:CUT])
        if listed:
            shown = [self._support.get(item, 0) for item in listed[:CUT]]
            self._popularity += sum(shown) / len(shown) / self._most

    def means(self, chosen: Sequence[int] | None = None) -> Figures:
        """The mean of each metric over the chosen questions (None: all), and how many those are."""
        rows = self._rows if chosen is None else [self._rows[place] for place in chosen]
        means = np.mean(rows, axis=0).tolist() if rows else ()
        return {**dict(zip(self._names, means, strict=bool(rows))), "n": len(rows)}

    def with_intervals(self, seed: int, chosen: Sequence[int]) -> Figures:
        """The means over the chosen questions with their 95 % intervals."""
        found = self.means(chosen)
        if not chosen:
            return found
        rows, clusters = np.array(self._rows)[chosen], np.array(self._clusters)[chosen]
        drawn = intervals(rows, clusters, np.random.default_rng(seed))
        named = dict(zip(self._names, drawn.T.tolist(), strict=True))
        return {**found, "clusters": len(set(clusters.tolist())), "intervals": named}

    def figures(self, seed: int) -> Figures:
        """The means, their 95 % intervals, which share of the known items was shown, and how popular those were."""
        found = self.with_intervals(seed, range(len(self._rows)))
        if not self._rows:
            return found
        return {
            **found,
            f"coverage@{CUT}": len(self._shown & self._support.keys()) / max(len(self._support), 1),
            f"popularity@{CUT}": self._popularity / len(self._rows),
        }
