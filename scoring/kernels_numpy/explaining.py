"""Which source, and which recent item, tell most of a place."""

import numpy as np
import numpy.typing as npt

from scoring.types import FloatArray, IntArray, RowArray

#: What a source is to who explains a place: it names no item, one by a model, one, or one by what is counted.
LISTED, MODELLED, NAMING, COUNTED = range(4)


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
