"""Two hit rates over time as an SVG, above bars for the number of predictions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

SIZE = (1200, 600)
LEFT, RIGHT = 110, 960
RATES_TOP, RATES_BOTTOM = 142, 404
BARS_TOP, BARS_BOTTOM = 435, 500
# Two lines of text at the end of a line of the plot.
LABEL_HEIGHT = 52
RATE_STEP = 0.05
TIME_STEPS_H = (6, 12, 24, 48, 168)
MOST_TIMES = 10
STYLE = """
  text { font: 18px "Liberation Sans", Arial, sans-serif; fill: #1c2330 }
  .title { font-size: 27px; font-weight: bold }
  .name { font-size: 21px; font-weight: bold }
  .quiet { fill: #5b6577 }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  .grid { stroke: #d9dee6 }
  .axis { stroke: #5b6577 }
  .bar { fill: #b9c2cf }
"""


@dataclass(frozen=True, slots=True)
class Bin:
    """A period, the number of predictions in it, and the share of them that each model hit."""

    begins: datetime
    ends: datetime
    predictions: int
    online: float
    frozen: float

    @property
    def middle(self) -> datetime:
        return self.begins + (self.ends - self.begins) / 2


@dataclass(frozen=True, slots=True)
class Series:
    """How a model's line is told apart: by colour, dashes, marks and words."""

    model: str
    words: str
    colour: str
    dashes: str
    mark: str
    rate: Callable[[Bin], float]


ONLINE = Series(
    "online",
    "takes in each event",
    "#0b5fb0",
    "none",
    '<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>',
    lambda one: one.online,
)
FROZEN = Series(
    "frozen",
    "as it was at the start",
    "#b3471d",
    "9 6",
    '<path d="M{x:.1f} {y:.1f}m-6 -6h12v12h-12z" fill="#fff" stroke="{colour}" stroke-width="3"/>',
    lambda one: one.frozen,
)
MODELS = (ONLINE, FROZEN)


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, evenly."""

    low: float
    high: float
    at_low: float
    at_high: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.at_low + share * (self.at_high - self.at_low)

    def multiples(self, step: float) -> list[float]:
        """Those of the step that lie on the scale."""
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


def drawing(bins: Sequence[Bin], title: str, about: str) -> str:
    """The whole picture; the title says what it shows, `about` of what."""
    across = Scale(bins[0].begins.timestamp(), bins[-1].ends.timestamp(), LEFT, RIGHT)
    up = _rate_scale([model.rate(one) for one in bins for model in MODELS])
    width, height = SIZE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><style>{STYLE}</style>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(30, 44, title, "title"),
        _text(30, 76, f"Hit rate: share of next items among the 20 listed. {about}", "quiet"),
        *_rate_axis(up),
        *_bars(bins, across),
        *_time_axis(bins, across),
        *(part for model in reversed(MODELS) for part in _line(model, bins, across, up)),
        *_labels(bins[-1], up),
        "</svg>",
    ]
    return "\n".join(parts)


def _rate_scale(rates: Sequence[float]) -> Scale:
    """As much of the axis as the rates need: a lead of a few points is seen."""
    first, last = floor(min(rates) / RATE_STEP), ceil(max(rates) / RATE_STEP)
    return Scale(first * RATE_STEP, max(last, first + 1) * RATE_STEP, RATES_BOTTOM, RATES_TOP)


def _rate_axis(up: Scale) -> Iterator[str]:
    for rate in up.multiples(RATE_STEP):
        yield _level(up(rate), _percent(rate), "grid")
    yield _text(30, 118, f"HR@20 (axis from {_percent(up.low)})", "quiet")


def _bars(bins: Sequence[Bin], across: Scale) -> Iterator[str]:
    most = max(one.predictions for one in bins)
    up = Scale(0, most, BARS_BOTTOM, BARS_TOP)
    for one in bins:
        left, right = across(one.begins.timestamp()) + 3, across(one.ends.timestamp()) - 3
        top = up(one.predictions)
        yield (
            f'<rect class="bar" x="{left:.1f}" y="{top:.1f}" '
            f'width="{right - left:.1f}" height="{BARS_BOTTOM - top:.1f}"/>'
        )
    round_number = _round_below(most)
    yield _level(up(round_number), f"{round_number:,}", "grid")
    yield _level(BARS_BOTTOM, "0", "axis")
    yield _text(RIGHT + 6, BARS_BOTTOM - 24, "predictions", "quiet")
    yield _text(RIGHT + 6, BARS_BOTTOM - 2, "per period", "quiet")


def _time_axis(bins: Sequence[Bin], across: Scale) -> Iterator[str]:
    """The hours, and below them the day where one begins."""
    for at in times(bins[0].begins, bins[-1].ends):
        x = across(at.timestamp())
        yield f'<path class="axis" d="M{x:.1f} {BARS_BOTTOM}v7"/>'
        yield _text(x, BARS_BOTTOM + 28, f"{at:%H:%M}", "middle")
        if at.hour == 0:
            yield _text(x, BARS_BOTTOM + 52, f"{at.day} {at:%b}", "middle")
    words = f"Time of the log (UTC, {bins[0].begins.year})"
    yield _text((LEFT + RIGHT) / 2, BARS_BOTTOM + 84, words, "quiet middle")


def times(first: datetime, last: datetime) -> list[datetime]:
    """Round times from the first to the last, so few that their labels do not touch."""
    span_h = (last - first) / timedelta(hours=1)
    step_h = next((step for step in TIME_STEPS_H if span_h / step < MOST_TIMES), TIME_STEPS_H[-1])
    midnight = first.replace(hour=0, minute=0)
    hours = range(0, int(span_h) + first.hour + 1, step_h)
    return [at for hour in hours if (at := midnight + timedelta(hours=hour)) >= first]


def _line(model: Series, bins: Sequence[Bin], across: Scale, up: Scale) -> Iterator[str]:
    for run in _unbroken(bins):
        points = [(across(one.middle.timestamp()), up(model.rate(one))) for one in run]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield (
            f'<polyline class="{model.model}" points="{path}" fill="none" stroke="{model.colour}" '
            f'stroke-width="3.5" stroke-dasharray="{model.dashes}"/>'
        )
        yield from (model.mark.format(x=x, y=y, colour=model.colour) for x, y in points)


def _unbroken(bins: Sequence[Bin]) -> Iterator[Sequence[Bin]]:
    """Runs of periods that follow each other: no line is drawn over one that was left out."""
    places = range(1, len(bins))
    breaks = [place for place in places if bins[place - 1].ends != bins[place].begins]
    for first, end in pairwise([0, *breaks, len(bins)]):
        yield bins[first:end]


def _labels(last: Bin, up: Scale) -> Iterator[str]:
    """Each at the end of its line, moved apart where the lines end near each other."""
    above, below = sorted(MODELS, key=lambda model: up(model.rate(last)))
    middle = (up(above.rate(last)) + up(below.rate(last))) / 2
    half = max(up(below.rate(last)) - up(above.rate(last)), LABEL_HEIGHT) / 2
    for model, y in ((above, middle - half), (below, middle + half)):
        name = f'<tspan fill="{model.colour}">{model.model}</tspan>'
        yield f'<text class="name" x="{RIGHT + 6}" y="{y + 2:.1f}">{name}</text>'
        yield _text(RIGHT + 6, y + 24, model.words, "quiet")


def _level(y: float, label: str, kind: str) -> str:
    line = f'<path class="{kind}" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
    return line + _text(LEFT - 10, y + 6, label, "end")


def _percent(rate: float) -> str:
    return f"{rate * 100:.0f} %"


def _round_below(number: int) -> int:
    """The largest of 1, 2, 5, 10, 20... that is not above it."""
    power = int(10 ** floor(log10(number)))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= number)


def _text(x: float, y: float, words: str, kinds: str) -> str:
    return f'<text class="{kinds}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
