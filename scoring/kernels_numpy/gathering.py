"""What lists say, by item and source, without what is a reader's own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from scoring.entries import Echo, Entries
from scoring.types import FloatArray, IntArray, RowArray

ROUNDING = 1e-14
#: Where an item stands that another is counted with.
AFTER, BEFORE = 1, 2
_NO_WEIGHTS = np.empty(0)


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
    lists: Sequence[Entries], factors: FloatArray, echo: Echo, slot: IntArray
) -> tuple[IntArray, IntArray, IntArray, RowArray, FloatArray, FloatArray]:
    """The distinct ids (k,), then of each entry (n,) its list, its place among them, its row and what it adds, then the
    sums (S, k).

    The entries are those of the m lists and then of the echo. One adds its weight times its list's factor in its row,
    `factors` (m, S). One of the echo takes its amount away, where the same list says the same part of the same id at
    all; what rounding then leaves of a sum is 0. Compiled, it takes only arrays whose numbers stand side by side.
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
    of_echo = cells[said:]
    sums[of_echo[np.abs(sums.take(of_echo)) < ROUNDING]] = 0.0
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


def echoed(
    pairs: Sequence[tuple[str, str, float, int]],
    items: list[str],
    read_ms: list[int],
    totals: Sequence[list[float]],
    own: list[float],
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
    for one, then, weight, at_ms in pairs:
        for item, part, other in ((one, AFTER, then), (then, BEFORE, one)):
            place = place_of.get(item)
            if place is not None and at_ms <= read_ms[place]:
                added.append((place, part, other, weight))
                own_after[place] += weight if part == AFTER else 0.0
    first, second = sources
    counts = _without_own(factors[: len(items), first], totals[0], own)
    counts_after = _without_own(factors[: len(items), second], totals[1], own_after)
    after = [addition for addition in added if addition[1] == AFTER]
    both = [*added, *after]
    amounts = [weight * counts[place] for place, _, _, weight in added]
    amounts += [weight * counts_after[place] for place, _, _, weight in after]
    return (
        np.array([place for place, _, _, _ in both], dtype=np.int32),
        np.array([part for _, part, _, _ in both], dtype=np.int8),
        np.array(sources, dtype=np.int8).repeat([len(added), len(after)]),
        [other for _, _, other, _ in both],
        np.array(amounts, dtype=np.float64),
    )


def _without_own(factors: FloatArray, totals: list[float], own: list[float]) -> list[float]:
    """Makes the `factors` (m,) those of shares of others' part of the totals; how much a weight of 1 counts then."""
    counts = [0.0] * len(totals)
    for place, (total, mine) in enumerate(zip(totals, own, strict=True)):
        if total < 0:
            continue
        counts[place] = float(factors[place]) / (total - mine) if total > mine else 0.0
        if mine:
            factors[place] = counts[place] * total
    return counts
