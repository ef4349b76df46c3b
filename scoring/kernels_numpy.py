"""The innermost arithmetic of a list, in NumPy: what `kernels_compiled` does where it was not built.

Ids are >= 0. A `slot` is a work array (int32) that is longer than the largest id is large; IndexError where it is not.
Nothing in it is believed that the same call has not written, so what it holds beforehand never matters, as long as
nothing is below 0.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scoring.types import FloatArray, IntArray, RowArray, WeightArray

__all__ = [
    "among_best",
    "echoed",
    "features",
    "found",
    "gathered",
    "named",
    "nearest",
    "renumber",
    "scored",
    "sides",
    "silenced",
    "strongest",
    "telling",
    "top",
    "voted",
]
#: What `kernels_compiled` has too.
FUNCTIONS = tuple(__all__)
__all__ += ["AFTER", "BEFORE", "COUNTED", "LISTED", "MODELLED", "NAMING"]

#: ln(a + 1/1000) shifted to start at 0: log1p makes that exact. On public click logs these
#: features are worth as much as a whole source.
LOG_SHARPNESS = 1000.0
ROUNDING = 1e-14
#: What `sides` keeps apart.
TOTALS = (">*", "<*", "*")
#: What a source is to who explains a place: it names no item, one by a model, one, or one by what is counted.
LISTED, MODELLED, NAMING, COUNTED = range(4)
#: Where an item stands that another is counted with.
AFTER, BEFORE = 1, 2
_NO_WEIGHTS = np.empty(0)
#: So many are sorted as fast as the best of them are found.
_FEW = 200
_TINY = np.finfo(np.float64).tiny


class Named(Protocol):
    """Ids (n,), the row of each, and the part (below 8) of an echo that may be of it."""

    @property
    def ids(self) -> IntArray: ...
    @property
    def sources(self) -> RowArray: ...
    @property
    def parts(self) -> RowArray: ...


class Spoken(Named, Protocol):
    """What a list says of ids: the weight of each (n,)."""

    @property
    def weights(self) -> FloatArray: ...


class EchoSpoken(Named, Protocol):
    """What is to be taken away of it: by which list (n,), and how much."""

    @property
    def lists(self) -> IntArray: ...
    @property
    def amounts(self) -> FloatArray: ...


def named(texts: Sequence[tuple[str, float]]) -> tuple[list[str], FloatArray]:
    """The names of texts "name number name number ...", in the order in which they appear first, and of each the sum of
    its numbers (n,), each times the weight of its text. A text holds a name once.
    """
    held: dict[str, float] = {}
    for text, weight in texts:
        parts = text.split(" ")
        for name, number in zip(parts[::2], map(float, parts[1::2]), strict=True):
            held[name] = held.get(name, 0.0) + weight * number
    return [*held], np.fromiter(held.values(), dtype=np.float64, count=len(held))


def sides(
    names: Sequence[str], values: FloatArray, least: float
) -> tuple[list[str], FloatArray, int, dict[str, float]]:
    """What has a value (n,) above the `least`: the names that begin with ">" and then those with "<", without that; the
    values of these; how many are the first; and the values of `TOTALS`, which are no names, 0 where there is none.
    """
    held = dict(zip(names, values.tolist(), strict=True))
    totals = {name: held.pop(name, 0.0) for name in TOTALS}
    ahead = [name for name, value in held.items() if name[0] == ">" and value > least]
    behind = [name for name, value in held.items() if name[0] == "<" and value > least]
    kept = [*ahead, *behind]
    found = np.fromiter(map(held.__getitem__, kept), dtype=np.float64, count=len(kept))
    return [name[1:] for name in kept], found, len(ahead), totals


def echoed(
    pairs: Sequence[tuple[str, str, float, int]],
    items: Sequence[str],
    read_ms: Sequence[int],
    totals: Sequence[Sequence[float]],
    own: Sequence[float],
    factors: FloatArray,
    sources: tuple[int, int],
) -> tuple[IntArray, RowArray, RowArray, list[str], FloatArray]:
    """What pairs (an item, one after it, a weight, when) had added to the lists of the `items` (m,) when these were
    read: of each addition (n,) to which list, whether its other item came `AFTER` or `BEFORE`, in which of the two
    `sources`, the other item, and how much of what counts there.

    All count in the first source, and those after again in the second. `totals`: what its weights are shares of, by
    source and list, below 0 where there is no list. Of the first's `own` (m,) are taken away, of the second's what the
    pairs added; the `factors` (m or more, S) become those of shares of what is left.
    """
    place_of = {item: place for place, item in enumerate(items)}
    added: list[tuple[int, int, str, float]] = []
    own_after = [0.0] * len(items)
    for first, then, weight, at_ms in pairs:
        for item, part, other in ((first, AFTER, then), (then, BEFORE, first)):
            place = place_of.get(item)
            if place is not None and at_ms <= read_ms[place]:
                added.append((place, part, other, weight))
                own_after[place] += weight if part == AFTER else 0.0
    one, two = (
        _without_own(factors[: len(items), source], *of_source)
        for source, *of_source in zip(sources, totals, (own, own_after), strict=True)
    )
    after = [addition for addition in added if addition[1] == AFTER]
    both = [*added, *after]
    amounts = [weight * one[place] for place, _, _, weight in added]
    amounts += [weight * two[place] for place, _, _, weight in after]
    return (
        np.array([place for place, _, _, _ in both], dtype=np.int32),
        np.array([part for _, part, _, _ in both], dtype=np.int8),
        np.array(sources, dtype=np.int8).repeat([len(added), len(after)]),
        [other for _, _, other, _ in both],
        np.array(amounts, dtype=np.float64),
    )


def _without_own(factors: FloatArray, totals: Sequence[float], own: Sequence[float]) -> list[float]:
    """Makes the `factors` (m,) those of shares of others' part of the totals; how much a weight of 1 counts then."""
    counts = [0.0] * len(totals)
    for place, (total, mine) in enumerate(zip(totals, own, strict=True)):
        if total < 0:
            continue
        counts[place] = float(factors[place]) / (total - mine) if total > mine else 0.0
        if mine:
            factors[place] = counts[place] * total
    return counts


def renumber(ids: IntArray, slot: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct ids in order of first appearance, and for each entry its number among them."""
    at = ids.astype(np.intp)  # once here, instead of inside each of the five look-ups
    places = np.arange(len(ids), dtype=np.int32)
    slot[at[::-1]] = places[::-1]  # the last write wins: the first appearance
    first = (slot.take(at) == places).nonzero()[0]
    distinct = ids.take(first)
    slot[distinct] = places[: len(first)]
    return distinct, slot.take(at)


def found(among: IntArray, wanted: IntArray, slot: IntArray) -> tuple[IntArray, IntArray]:
    """Which of the wanted ids are in `among` (their places in `wanted`), and the first index of each there."""
    if not len(among) or not len(wanted):
        return np.empty(0, np.int32), np.empty(0, np.int32)
    places = np.arange(len(among), dtype=np.int32)
    slot[among[::-1]] = places[::-1]
    # An id beyond all that were ever written meets the last place, and is not what stands there.
    guess = slot.take(wanted, mode="clip")  # right, or left over from before
    which = (among.take(guess, mode="clip") == wanted).nonzero()[0].astype(np.int32)
    return which, guess.take(which)


def gathered(
    lists: Sequence[Spoken], factors: FloatArray, echo: EchoSpoken, slot: IntArray
) -> tuple[IntArray, IntArray, IntArray, RowArray, FloatArray, FloatArray]:
    """The distinct ids (k,), then of each entry (n,) its list, its place among them, its row and what it adds, then the
    sums (S, k).

    The entries are those of the m lists and then of the echo. One adds its weight times its list's factor in its row,
    `factors` (m, S). One of the echo takes its amount away, where the same list says the same part of the same id at
    all; what rounding then leaves of a sum is 0.
    """
    ids = np.concatenate([*[one.ids for one in lists], echo.ids])
    rows = np.concatenate([*[one.sources for one in lists], echo.sources])
    parts = np.concatenate([*[one.parts for one in lists], echo.parts])
    weights = np.concatenate([_NO_WEIGHTS, *[one.weights for one in lists]], dtype=np.float64)
    said, sources = len(weights), factors.shape[1]
    numbers = np.arange(len(lists), dtype=np.int32).repeat([len(one.ids) for one in lists])
    amounts = weights * factors.ravel().take(numbers * np.int32(sources) + rows[:said])
    distinct, places = renumber(ids, slot)
    if len(echo.lists):
        numbers = np.concatenate([numbers, echo.lists])
        told = _told(numbers, parts, places, len(distinct), len(echo.lists))
        amounts = np.concatenate([amounts, -echo.amounts * told])
    cells = rows * np.intp(len(distinct)) + places
    sums = np.bincount(cells, amounts, minlength=sources * len(distinct)).astype(np.float64)
    echoed = cells[said:]
    sums[echoed[np.abs(sums.take(echoed)) < ROUNDING]] = 0.0
    return distinct, numbers, places, rows, amounts, sums.reshape(sources, len(distinct))


def _told(
    lists: IntArray, parts: RowArray, places: IntArray, size: int, last: int
) -> npt.NDArray[np.bool_]:
    """Of the `last` of these entries, whether another one says the same part of the same item in the same list."""
    kinds = 1 + int(np.maximum.reduce(parts))
    cells = (lists * np.intp(kinds) + parts) * size + places
    among = np.zeros((1 + int(np.maximum.reduce(lists))) * kinds * size, dtype=np.bool_)
    among[cells[:-last]] = True
    return np.asarray(among.take(cells[-last:]))


def silenced(
    ids: IntArray,
    raw: FloatArray,
    banned: IntArray,
    quiet: IntArray,
    row: int,
    slot: IntArray,
) -> FloatArray:
    """The sums `raw` (S, k) of `ids` (k,) without those of banned ids, and without those in `row` of quiet ones."""
    which, at = found(ids, np.concatenate([banned, quiet]), slot)
    if not len(at):
        return raw
    raw = raw.copy()
    last = int(which.searchsorted(len(banned)))  # so many of the banned ones; they come first
    raw[:, at[:last]] = 0.0
    raw[row, at[last:]] = 0.0
    return raw


def among_best(raw: FloatArray, ids: IntArray, count: int, silent: Collection[int]) -> IntArray:
    """Places of those that are among the `count` best positive sums of a row of `raw` (S, k), but for `silent` rows.

    In order; ties go to the smaller id.
    """
    speaking = np.maximum.reduce(raw, axis=1, initial=0.0) > 0
    speaking[list(silent)] = False
    raw = raw.take(speaking.nonzero()[0], axis=0)
    positive = raw > 0
    if len(ids) > count:
        # Negated, because selecting the largest of mostly zeros is ten times slower.
        negated = -raw
        negated.partition(count - 1, axis=1)
        positive &= raw >= -negated[:, count - 1, None]
        for source in (np.add.reduce(positive, axis=1, dtype=np.intp) > count).nonzero()[0]:
            tied = positive[source].nonzero()[0]
            order = np.lexsort((ids[tied], -raw[source, tied]))
            positive[source, tied[order[count:]]] = False
    chosen: IntArray = np.logical_or.reduce(positive, axis=0).nonzero()[0].astype(np.int32)
    return chosen


def features(
    raw: FloatArray, steps: IntArray, times: IntArray, popularity: WeightArray, more: int
) -> FloatArray:
    """The features of `ranker.features` (2S + 4 + more, k), the last rows left 0."""
    sources, size = raw.shape
    own = 2 * sources
    table = np.zeros((own + 4 + more, size))
    shares = np.maximum(raw, 0.0) / _best(raw)
    table[0:own:2] = shares
    table[1:own:2] = np.log1p(shares * LOG_SHARPNESS)
    seen = steps.nonzero()[0]
    table[own] = steps == 1
    table[own + 1, seen] = 1.0 / steps[seen]
    table[own + 2] = np.log1p(times)
    popular = np.log1p(np.maximum(popularity, 0.0, dtype=np.float64))
    table[own + 3] = popular / (popular.max(initial=0.0) or 1.0)
    return table


def scored(features: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each feature (F, k) times its weight (F,), and the sums of these (k,)."""
    contributions = features * weights[:, None]
    return contributions, np.asarray(np.add.reduce(contributions, axis=0))


def top(scores: FloatArray, ids: IntArray, limit: int) -> IntArray:
    """Places of the `limit` largest scores (k,), the largest first, ties to the smaller id."""
    limit, size = max(limit, 0), len(scores)
    reaching = np.arange(size, dtype=np.int32)
    if limit and size > max(limit, _FEW):
        cut = np.partition(scores, size - limit)[size - limit]
        reaching = reaching[scores >= cut]
    order = np.lexsort((ids[reaching], -scores[reaching]))[:limit]
    return reaching[order]


def telling(
    contributions: FloatArray, raw: FloatArray, places: IntArray, kinds: RowArray, share: float
) -> IntArray:
    """For each of the `places` (n,) the row of the source that explains it best, -1 where none speaks for it: (n,).

    The contributions (2S or more, k) come in pairs for each source, and count where its `raw` (S, k) is above 0. The
    best source that names an item (`kinds`, S) is told of where it has at least that share of the best gain; instead
    of a modelled one the best that is counted, where that has the share of the best naming one.
    """
    parts = contributions[: 2 * len(raw)].take(places, axis=1)
    gains = (parts[::2] + parts[1::2]) * (raw.take(places, axis=1) > 0)
    naming, counted = gains * (kinds > LISTED)[:, None], gains * (kinds == COUNTED)[:, None]
    best = np.maximum.reduce(gains, axis=0, initial=0.0)
    found = _preferred(naming, gains.argmax(axis=0), share * best)
    nearly = _preferred(counted, found, share * np.maximum.reduce(naming, axis=0))
    found = np.where((kinds == MODELLED).take(found), nearly, found)
    return np.where(best > 0, found, -1).astype(np.int32)


def _preferred(
    gains: FloatArray, others: npt.NDArray[np.intp], least: FloatArray
) -> npt.NDArray[np.intp]:
    """For each place the row of the largest gain where that is enough, else the row in `others`."""
    enough = np.maximum.reduce(gains, axis=0, initial=0.0) >= least
    return np.where(enough, gains.argmax(axis=0), others)


def strongest(
    lists: IntArray,
    places: IntArray,
    rows: RowArray,
    amounts: FloatArray,
    wanted: IntArray,
    sources: IntArray,
    steps: int,
) -> IntArray:
    """Which of the first `steps` lists gave each of the (distinct) `wanted` places the most in its row of `sources`:
    (n,), -1 where none did. Of equals it is the first. The gains (g,) are those of `gathered`.
    """
    none = np.full(len(wanted), -1, dtype=np.int32)
    if not steps or not len(places):
        return none
    known = (wanted >= 0).nonzero()[0]
    column = np.full(1 + max(places.max(), wanted.max(initial=0)), -1)
    column[wanted.take(known)] = known
    hits = ((column.take(places) >= 0) & (lists < steps)).nonzero()[0]
    columns = column.take(places.take(hits))
    spoken = sources.take(columns) == rows.take(hits)
    cells = (lists.take(hits) * len(wanted) + columns)[spoken]
    given = np.bincount(cells, amounts.take(hits)[spoken], minlength=steps * len(wanted))
    table = np.asarray(given).reshape(steps, len(wanted))
    best = table.argmax(axis=0).astype(np.int32)  # the first of equals
    return np.where(np.maximum.reduce(table, axis=0, initial=0.0) > 0, best, none)


def _best(values: FloatArray) -> FloatArray:
    """The largest of each row, to divide by: 1 where none is above 0."""
    largest = np.maximum.reduce(values, axis=1, keepdims=True, initial=0.0)
    largest[largest <= 0] = 1.0
    return np.asarray(largest)


def nearest(
    ids: IntArray,
    lengths: Sequence[int],
    steps: IntArray,
    weights: FloatArray,
    own: int,
    count: int,
    slot: IntArray,
) -> tuple[IntArray, FloatArray, IntArray]:
    """The `count` distinct ids of the largest sums > 0, their sums, and the step of the first list that each is in.

    `lengths`, `steps` (>= 1) and `weights` are those of the lists, one after another in `ids`. In no order; ties go to
    the id that appears first. `own` is left out.
    """
    distinct, places = renumber(ids, slot)
    sums = np.bincount(places, weights.repeat(lengths)).astype(np.float64)
    first = np.empty(len(distinct), dtype=np.int32)
    first[places[::-1]] = steps.repeat(lengths)[::-1]  # the last write wins: the first list
    sums[distinct == own] = 0.0
    chosen = _first_best(sums, count)
    return distinct.take(chosen), sums.take(chosen), first.take(chosen)


def _first_best(values: FloatArray, count: int) -> npt.NDArray[np.intp]:
    """Indices of the `count` best positive values in no order, ties to the smaller index."""
    if len(values) <= count:
        return (values > 0).nonzero()[0]
    negated = -values
    negated.partition(count - 1)
    cut = max(-negated[count - 1], _TINY)
    above = (values > cut).nonzero()[0]
    level = (values == cut).nonzero()[0]
    return np.concatenate([above, level[: count - len(above)]])


def voted(
    items: IntArray,
    lengths: IntArray,
    strengths: FloatArray,
    current: IntArray,
    decays: FloatArray,
    slot: IntArray,
) -> tuple[IntArray, FloatArray]:
    """What lists of items, one after another with their `lengths`, vote for: distinct items and their sums, if not 0.

    A list votes with its strength times the decay of the distance from its last item that is in `current`, the last
    decay for all that are farther; without such an item it does not vote.
    """
    distinct, places = renumber(items, slot)
    shared, _ = found(current[current < len(slot)], items, slot)
    speaker = np.arange(len(lengths), dtype=np.int32).repeat(lengths)
    anchors = np.full(len(lengths), -1, dtype=np.int32)
    anchors[speaker.take(shared)] = shared  # the last write wins: the last shared item
    distances = np.abs(np.arange(len(items), dtype=np.int32) - anchors.take(speaker))
    votes = decays.take(distances, mode="clip")
    votes *= np.where(anchors < 0, 0.0, strengths).take(speaker)
    sums = np.bincount(places, votes).astype(np.float64)
    scored = sums.nonzero()[0]
    return distinct.take(scored), sums.take(scored)
