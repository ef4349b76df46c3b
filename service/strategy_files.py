"""Strategies in files, as who runs the service writes them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.ranking import FEATURES
from service.strategies import SIMILAR, SOURCES, AdaptingAct, Strategies, Strategy
from service.weights import usable

WEIGHT_LIMIT = 100.0
SUFFIX = ".json"
# Part of Redis keys, recommendation ids and labels of metrics.
NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
# Two strategies of one name would share their weights.
TAKEN = (
    f"{SIMILAR.name!r} is the name of what finds similar items; a strategy in a file needs another"
)

Weight = Annotated[float, Field(ge=-WEIGHT_LIMIT, le=WEIGHT_LIMIT, allow_inf_nan=False)]
Weights = dict[str, Weight]


class UnusableStrategy(ValueError):
    """A strategy's file cannot be used; the message names it and says why."""


class StrategyFile(BaseModel):
    """One strategy. `weights_after` holds its weights after a last act of another type than `view`, where they were
    learned. `data`, `examples` (by last act) and `seed` say what the weights were learned from.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=NAME)]
    sources: Annotated[list[str], Field(min_length=1)]
    repeats: Literal["not_current", "none"] = "not_current"
    diversity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    weights: Weights
    weights_after: dict[AdaptingAct, Weights] = {}
    data: str = ""
    examples: dict[str, int] = {}
    seed: int | None = None

    def strategy(self) -> Strategy:
        """The strategy. UnusableStrategy when its name is taken, when there is no such source, or when its sources give
        no such feature.
        """
        if self.name == SIMILAR.name:
            raise UnusableStrategy(f"name: {TAKEN}")
        for source in self.sources:
            if source not in SOURCES:
                raise UnusableStrategy(f"sources: {source!r} is none of {', '.join(SOURCES)}")
        after = {str(last): weights for last, weights in self.weights_after.items()}
        made = Strategy(
            name=self.name,
            sources=frozenset(self.sources),
            weights=self.weights,
            repeats=self.repeats,
            diversity=self.diversity,
            after=after,
        )
        used = {FEATURES[row] for row in usable(made)}
        for weights in (self.weights, *after.values()):
            for feature in sorted(weights.keys() - used):
                raise UnusableStrategy(f"weights: its sources give no feature {feature!r}")
        return made


def check_name(name: str) -> None:
    """Raises UnusableStrategy for what cannot be a strategy's name."""
    if not re.fullmatch(NAME, name):
        text = "a name is a letter, then up to 63 letters, digits, _ or -"
        raise UnusableStrategy(f"{name!r} cannot be the name of a strategy: {text}.")
    if name == SIMILAR.name:
        raise UnusableStrategy(f"{TAKEN}.")


def strategies_at(place: str) -> Strategies:
    """Those in code and those of a file or of a folder's .json files; "" for no files. Raises UnusableStrategy."""
    found: dict[str, Strategy] = {}
    for path in _files(Path(place)) if place else ():
        strategy = _read(path)
        if strategy.name in found:
            raise UnusableStrategy(f"{path}: another file holds a strategy {strategy.name} too.")
        found[strategy.name] = strategy
    return Strategies(found.values())


def _files(place: Path) -> Iterable[Path]:
    if not place.is_dir():
        return [place]
    files = sorted(place.glob(f"*{SUFFIX}"))
    if not files:
        raise UnusableStrategy(f"{place}: the folder holds no {SUFFIX} file.")
    return files


def _read(path: Path) -> Strategy:
    try:
        return StrategyFile.model_validate_json(path.read_text(encoding="utf8")).strategy()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableStrategy(f"{path}: cannot be read ({error}).") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnusableStrategy(f"{path}: {where or 'the file'}: {first['msg']}.") from error
    except UnusableStrategy as error:
        raise UnusableStrategy(f"{path}: {error}.") from error
