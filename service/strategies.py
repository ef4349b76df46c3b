"""Strategies: named choices of sources and weights, in code."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from service.errors import NotFound

#: Every source; its place is its row in the score table.
SOURCES = (
    "sequence",
    "co_view",
    "co_purchase",
    "conversion",
    "content",
    "walk",
    "collaborative",
    "session_knn",
    "trending",
)

ROW: Mapping[str, int] = {source: row for row, source in enumerate(SOURCES)}

#: How fast a source's interest in earlier items fades: the weight of step d is exp(-(d - 1) / decay). What people buy
#: goes together whatever came first.
STEP_DECAY: Mapping[str, float] = {
    "sequence": 1.5,
    "co_view": 1.0,
    "co_purchase": 30.0,
    "conversion": 2.0,
    "content": 1.5,
    "walk": 1.5,
    "collaborative": inf,
}

#: The strategy of whoever names none.
DEFAULT = "balanced"

Repeats = Literal["all", "not_current", "none"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a list is made: `weights` by feature (those absent are 0) over the sources they name.

    `repeats`: which items that the user acted on may be shown: `not_current` all but the last one, `none` none of
    them; items bought or disliked are never shown. `all` keeps nothing out: for replays of published protocols.
    `diversity`: how varied lists are when nobody asks otherwise, from 0 (by score alone) to 1.
    `after`: the weights after a last act of that type, where they are other than `adapted` says.
    """

    name: str
    sources: frozenset[str]
    weights: Mapping[str, float]
    repeats: Repeats = "not_current"
    diversity: float = 0.0
    after: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


_LISTS = frozenset(STEP_DECAY) | {"trending"}

# About the mean of what three public click logs teach of items not seen yet (docs/quality.md). They tell nothing of
# what is bought, nor of content: those weights are in proportion.
_WEIGHTS: Mapping[str, float] = {
    "sequence": 0.9,
    "log_sequence": 0.02,
    "co_view": 0.8,
    "co_purchase": 0.6,
    "log_co_purchase": 0.04,
    "conversion": 0.4,
    "log_conversion": 0.02,
    "content": 0.3,
    "log_content": 0.03,
    "walk": 0.65,
    "log_walk": 0.25,
    "collaborative": 0.6,
    "log_collaborative": 0.12,
    "session_knn": 0.1,
    "log_session_knn": 0.3,
    "trending": 0.1,
}

#: The kinds of last act after which weights are others than after a view.
AdaptingAct = Literal["add_to_cart", "purchase"]
#: What the last act changes in the weights of the sources: whoever has bought wants what goes with it, not another one.
ADAPTATION: Mapping[str, Mapping[str, float]] = {
    "add_to_cart": {"co_purchase": 2.0, "collaborative": 2.0, "conversion": 1.5, "content": 0.5},
    "purchase": {
        "co_purchase": 4.0,
        "collaborative": 4.0,
        "conversion": 1.5,
        "sequence": 0.5,
        "co_view": 0.3,
        "content": 0.1,
        "walk": 0.3,
        "session_knn": 0.5,
    },
}


def adapted(weights: Mapping[str, float], last_type: str | None) -> Mapping[str, float]:
    """The weights by feature as they are after an act of that type; unchanged after a view."""
    factors = ADAPTATION.get(last_type or "")
    if factors is None:
        return weights
    return {
        name: weight * factors.get(name.removeprefix("log_"), 1.0)
        for name, weight in weights.items()
    }


def _built_in(name: str, sources: frozenset[str], weights: Mapping[str, float]) -> Strategy:
    absent = frozenset(SOURCES) - sources
    used = {k: v for k, v in weights.items() if k.removeprefix("log_") not in absent}
    return Strategy(name, sources, used)


BUILT_IN: Mapping[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        _built_in(DEFAULT, _LISTS | {"session_knn"}, _WEIGHTS),
        _built_in("fast", _LISTS, _WEIGHTS),
        _built_in("co_occurrence", _LISTS - {"content", "trending"}, _WEIGHTS),
        _built_in("trending", frozenset({"trending"}), {"trending": 1.0}),
        _built_in("content", frozenset({"content"}), {"content": 1.0}),
    )
}

#: What `similar items` are made of: no sessions of others, no popularity.
SIMILAR = _built_in("similar", _LISTS - {"trending"}, _WEIGHTS)


class Strategies:
    """The strategies that one service offers, by name."""

    def __init__(self, more: Iterable[Strategy] = ()) -> None:
        """Those in code, and `more`; one of these takes the place of one in code of its name."""
        self._named = {**BUILT_IN, **{each.name: each for each in more}}

    def __iter__(self) -> Iterator[Strategy]:
        return iter(self._named.values())

    def get(self, name: str) -> Strategy:
        """The strategy of that name. NotFound when there is none."""
        found = self._named.get(name)
        if found is None:
            known = ", ".join(sorted(self._named))
            raise NotFound("unknown_strategy", f"Known strategies: {known}.")
        return found


def strategy(name: str) -> Strategy:
    """The strategy of that name in code. NotFound when there is none."""
    return Strategies().get(name)
