"""What may be chosen of an evaluation."""

from dataclasses import dataclass, replace

from service.strategies import DEFAULT, Repeats, Strategies, Strategy


@dataclass(frozen=True, slots=True)
class Rules:
    """What may be shown and what is asked for.

    `published`: as the field's tables, nothing is excluded and a repeated item is a label like any other.
    `last_excluded`: the item touched last is kept out of the list, as Serenade does. `product`: that, and an item
    touched twice in a row is touched once, so that nobody is asked for what the list may not hold.
    """

    name: str
    repeats: Repeats
    keep_repeats: bool


PUBLISHED = Rules("published", "all", keep_repeats=True)
LAST_EXCLUDED = Rules("last_excluded", "not_current", keep_repeats=True)
PRODUCT = Rules("product", "not_current", keep_repeats=False)


@dataclass(frozen=True, slots=True)
class Options:
    """`valid_share`: the last sessions of a log, of whose events at most `labels` are learned from.

    `rebuild_hours`: while events go on, batch models are made anew every so many hours of the log; 0: never.
    """

    rules: Rules = PUBLISHED
    strategy_name: str = DEFAULT
    valid_share: float = 0.1
    labels: int = 10_000
    sample: int | None = None
    by_source: bool = False
    rebuild_hours: float = 24.0
    seed: int = 0

    def strategy(self, known: Strategies) -> Strategy:
        """The strategy of that name under the rules. NotFound."""
        return replace(known.get(self.strategy_name), repeats=self.rules.repeats)
