"""What the workers have learned of the ranker's weights: one hash a strategy and kind of last act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from redis.asyncio import Redis

from store.connection import Calls
from store.keys import Keys
from store.script import Scripts

HALF_LIFE_EXAMPLES = 20_000
NUMBERS_LIFE_MS = 3_600_000
_PULL, _ROW, _WEIGHT = "p:", "m:", "w:"


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over examples, by feature: `pulls`, and `rows` of the precision (half of the symmetric matrix will do).

    And how well the examples were predicted before they were learned from: `seen` of them, `hits` with the right item
    among the first 20, `ranks` of 1 / its rank there.
    """

    seen: float = 0.0
    hits: float = 0.0
    ranks: float = 0.0
    pulls: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Learned:
    """What all workers have learned from `examples`; in `sums` older examples fade (by half in 20,000).

    `epoch` grows when the weights are pinned or reset: sums of another epoch are dropped. `pinned` weights hold
    whatever people do: then only how good they are is summed.
    """

    epoch: int = 0
    examples: int = 0
    sums: Sums = Sums()
    pinned: Mapping[str, float] | None = None


class WeightStore:
    """Reads and changes what was learned. Lives as long as its client."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, calls: Calls) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._calls = calls

    async def read(self, places: Sequence[tuple[str, str]]) -> list[Learned]:
        """As `read_weights`."""
        return await read_weights(self._redis, self._keys, self._calls, places)

    async def learn(
        self, name: str, last: str, epoch: int, worker: str, number: int, sums: Sums
    ) -> bool:
        """Adds a worker's sums; false when they came before or are of another epoch. One round trip.

        `number` grows with each sums of the worker, so that a repeated call changes nothing.
        """
        arguments: list[str | int] = [worker, number, NUMBERS_LIFE_MS, epoch]
        arguments += [f"{value:.9g}" for value in (sums.seen, sums.hits, sums.ranks)]
        arguments.append(HALF_LIFE_EXAMPLES)
        for feature, pull in sums.pulls.items():
            row = " ".join(f"{other} {value:.9g}" for other, value in sums.rows[feature].items())
            arguments += [feature, f"{pull:.9g}", row]
        run = partial(self._scripts.learn.run, self._keys.weights(name, last), arguments)
        return bool(await self._calls.run(run))

    async def pin(self, name: str, last: str, weights: Mapping[str, float]) -> None:
        """Sets weights that hold until they are reset; what was learned is forgotten. One round trip."""
        fields = {_WEIGHT + feature: repr(float(weight)) for feature, weight in weights.items()}
        await self._replace(name, last, {"pinned": "1", **fields})

    async def reset(self, name: str, last: str) -> None:
        """Forgets what was learned or pinned. One round trip."""
        await self._replace(name, last, {})

    async def _replace(self, name: str, last: str, fields: Mapping[str, str]) -> None:
        arguments = [self._keys.changes, *chain.from_iterable(fields.items())]
        key = self._keys.weights(name, last)
        await self._calls.run(partial(self._scripts.replace_weights.run, key, arguments))


async def read_weights(
    redis: Redis, keys: Keys, calls: Calls, places: Sequence[tuple[str, str]]
) -> list[Learned]:
    """What strategies have learned for lists after a last act of a type, by (name, type). One round trip."""

    async def read() -> list[dict[str, str]]:
        async with redis.pipeline(transaction=False) as pipe:
            for place in places:
                pipe.hgetall(keys.weights(*place))
            return await pipe.execute()

    return [_learned(held) for held in await calls.run(read)]


def _learned(held: Mapping[str, str]) -> Learned:
    seen, hits, ranks = (float(held.get(part, 0.0)) for part in ("seen", "hits", "ranks"))
    pulls = {k: float(v) for k, v in _parts(held, _PULL).items()}
    rows = {k: _row(v) for k, v in _parts(held, _ROW).items()}
    pinned = {k: float(v) for k, v in _parts(held, _WEIGHT).items()}
    return Learned(
        int(held.get("epoch", 0)),
        int(held.get("examples", 0)),
        Sums(seen, hits, ranks, pulls, rows),
        pinned if held.get("pinned") == "1" else None,
    )


def _parts(held: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {k.removeprefix(prefix): v for k, v in held.items() if k.startswith(prefix)}


def _row(text: str) -> dict[str, float]:
    parts = text.split(" ")
    return dict(zip(parts[::2], map(float, parts[1::2]), strict=True))
