"""A scenario in rounds, each with servers of its own: so a long run stays as quick as its first minute."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path

Round = Callable[[Path, int], Coroutine[None, None, dict[str, float]]]


def in_rounds(count: int, seed: int, one_round: Round) -> dict[str, float]:
    """Of all rounds: sums, and of durations (`_s`) the longest. Each gets an empty folder and its own seed."""
    figures: dict[str, float] = {}
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            add(figures, asyncio.run(one_round(Path(folder), seed + number)))
    return figures


def add(figures: dict[str, float], found: Mapping[str, float]) -> None:
    """Adds what was found to the figures so far; of durations (`_s`) the longest is kept."""
    for name, value in found.items():
        before = figures.get(name, 0.0)
        figures[name] = max(before, value) if name.endswith("_s") else before + value
