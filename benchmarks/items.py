"""What an item of the catalogue costs Redis: its attributes, and the lists that a rebuild makes for it.

    .venv/bin/python -m benchmarks.items [--items 20000] [--json FILE]

Ten views an item (Zipf popularity) by visitors of five items each come first, of whom one in five buys what they looked
at, so that the models have something to say.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from redis.asyncio import Redis

from benchmarks.growth import record, visitors
from benchmarks.load import BATCH, Load
from benchmarks.private_redis import private_redis
from benchmarks.results import keep
from service.bootstrap import open_recommender
from service.model import Item, NewEvent
from service.settings import Settings

VIEWS_AN_ITEM, BUYERS = 10, 5
WORDS = 2_000
CATEGORIES, BRANDS = 200, 500


def item(number: int, rng: random.Random) -> Item:
    """As a shop describes one: a title of five words, a category of two levels, a brand, a price."""
    category = rng.randrange(CATEGORIES)
    return Item(
        item_id=f"i{number}",
        title=" ".join(f"word{rng.randrange(WORDS)}" for _ in range(5)),
        category=(f"category{category // 10}", f"category{category}"),
        brand=f"brand{rng.randrange(BRANDS)}",
        price=round(rng.uniform(1, 500), 2),
    )


def purchases(load: Load, events: int) -> Iterator[list[NewEvent]]:
    for group in visitors(load, events):
        yield [replace(one, type="purchase", event_id=f"p{one.event_id}") for one in group]


async def run(url: str, items: int) -> dict[str, float]:
    redis, rng = Redis.from_url(url), random.Random(6)

    async def used() -> float:
        return float((await redis.info("memory"))["used_memory"])

    async with open_recommender(Settings(redis_url=url, learn_rate=0)) as tandem:
        load = Load(np.random.default_rng(7), items=items)
        await record(tandem, visitors(load, VIEWS_AN_ITEM * items))
        await record(tandem, purchases(load, VIEWS_AN_ITEM * items // BUYERS))
        before = await used()
        catalogue = [item(number, rng) for number in range(items)]
        for start in range(0, items, BATCH):
            await tandem.recommender.put_items(catalogue[start : start + BATCH])
        await tandem.recommender.settled()
        await tandem.jobs.run_to_end()
        after = await used()
    await redis.aclose()
    return {"items": items, "bytes_an_item": (after - before) / items}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with private_redis() as url:
        figures = asyncio.run(run(url, arguments.items))
    keep(arguments.json, "items", figures)
    print(*(f"{name} {value:.4g}" for name, value in figures.items()), sep="   ")


if __name__ == "__main__":
    main()
