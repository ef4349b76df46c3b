"""A picture of two prequential evaluations: the hit rate over time of the online model, against the frozen one.

python -m benchmarks.quality_plot online.json frozen.json docs/pictures/online_against_frozen.png
"""

import argparse
import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.quality_drawing import SIZE, Bin, drawing
from benchmarks.shop_page import chromium

METRIC = "hr@20"
SAME = ("protocol", "rules", "seed", "settings")
# Fewer predictions than this make a rate that is mostly chance.
FEWEST = 50
# Hit rates nearer to each other than this are called alike.
ALIKE = 0.01

Report = Mapping[str, Any]


def binned(online: Report, frozen: Report, hours: int) -> list[Bin]:
    """The hit rates of both over the same predictions; periods with few of them are left out."""
    _compare(online, frozen)
    periods = defaultdict[datetime, list[tuple[Report, Report]]](list)
    for rows in zip(online["by_hour"], frozen["by_hour"], strict=True):
        at = datetime.fromisoformat(rows[0]["from"])
        periods[at - timedelta(hours=at.hour % hours)].append(rows)
    bins = [_bin(begins, hours, members) for begins, members in periods.items()]
    return [one for one in bins if one.predictions >= FEWEST]


def finding(bins: Sequence[Bin]) -> str:
    """What the picture shows, in words that its own lines bear out."""
    if _lead(bins) < ALIKE:
        return "The online model does not hit more often than the frozen one"
    said = "The online model hits more often than the frozen one"
    half = len(bins) // 2
    if half and _lead(bins[half:]) - _lead(bins[:half]) >= ALIKE:
        return f"{said}, and its lead grows"
    return said


def _compare(online: Report, frozen: Report) -> None:
    """Refuses two evaluations that differ in more than what the second one took in."""
    if _asked(online) != _asked(frozen) or any(online[name] != frozen[name] for name in SAME):
        raise ValueError("the two files are not of the same predictions and settings")
    if frozen["events"] >= online["events"]:
        raise ValueError("the frozen model took in no fewer events than the online one")


def _asked(report: Report) -> list[tuple[str, int]]:
    return [(row["from"], row["n"]) for row in report["by_hour"]]


def _bin(begins: datetime, hours: int, members: Sequence[tuple[Report, Report]]) -> Bin:
    total = sum(online["n"] for online, _ in members)
    hits = (sum(row[METRIC] * row["n"] for row in rows) for rows in zip(*members, strict=True))
    online, frozen = (of_one / total for of_one in hits)
    return Bin(begins, begins + timedelta(hours=hours), total, online, frozen)


def _lead(bins: Sequence[Bin]) -> float:
    """By how much the online model's hit rate is above the frozen one's, over all predictions."""
    total = sum(one.predictions for one in bins)
    return sum((one.online - one.frozen) * one.predictions for one in bins) / total


async def shoot(svg: str, path: Path) -> None:
    """The drawing as a PNG, a pixel for each of its units."""
    width, height = SIZE
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": width, "height": height})
        await page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
        await page.screenshot(path=path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("online", type=Path, help="JSON of `tandem evaluate`")
    parser.add_argument("frozen", type=Path, help="the same with --frozen-after")
    parser.add_argument("picture", type=Path, help="the PNG to write")
    parser.add_argument("--log", default="RSC15 sample", help="the log's name in the picture")
    parser.add_argument("--hours", type=int, default=6, choices=(1, 2, 3, 4, 6, 8, 12, 24))
    asked = parser.parse_args()
    online, frozen = (json.loads(path.read_text()) for path in (asked.online, asked.frozen))
    try:
        bins = binned(online, frozen, asked.hours)
    except ValueError as error:
        parser.error(str(error))
    if not bins:
        parser.error(f"no period has {FEWEST} predictions")
    about = f"{asked.log}, periods of {asked.hours} h with {FEWEST} predictions or more"
    svg = drawing(bins, finding(bins), about)
    asyncio.run(shoot(svg, asked.picture))


if __name__ == "__main__":
    main()
