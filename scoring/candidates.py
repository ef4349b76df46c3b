"""From neighbour lists to one table of candidates: which items, and how much each source says.

    evidence   what one recent item says for one source: ids, weights, a factor
       gather      -> Candidates   ids (k,), raw (S, k): sums of weight x factor
       drop        -> Candidates   without the banned ids
       shortlist   -> Candidates   each source's best, about 70 to 100 items

Arrays in, arrays out; the only Python loops run over sources and evidence, never over candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.types import BoolArray, FloatArray, IntArray, WeightArray

_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one recent item (or a list such as trending) says for one source.

    `source` is a row of the score table. `step` is 0 for the most recent distinct item, 1 for the
    one before, -1 when no item stands behind it. `act` is the number of the type of act that stands
    behind it, -1 when that is none of the numbered ones. `ids` (n,) may hold duplicates, which add up;
    `weights` (n,) may be below 0, which takes away from what others of its source and step say. `factor` >= 0 is
    position decay times event type weight.
    """

    source: int
    step: int
    ids: IntArray
    weights: WeightArray
    factor: float
    act: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Distinct items `ids` (k,) with the summed score of each source, `raw` (S, k).

    The order of the items carries no meaning. `evidence` is what the scores were made from.
    """

    ids: IntArray
    raw: FloatArray
    evidence: tuple[Evidence, ...]

    def __len__(self) -> int:
        """How many candidates there are: k."""
        return len(self.ids)


class Scratch:
    """A work array indexed by item id that renumbers ids in O(n), without sorting or clearing.

    Lives as long as its owner and grows to the largest id seen (4 bytes an id). Each call writes
    the places that it then reads, so what earlier calls left there never matters; for the same
    reason two threads must not share one. Ids are >= 0.
    """

    def __init__(self, size: int = 1024) -> None:
        """Start with room for ids below `size`."""
        self._slot: IntArray = np.zeros(size, dtype=np.int32)

    def renumber(self, ids: IntArray) -> tuple[IntArray, IntArray]:
        """Distinct ids in order of first appearance, and for each entry its number among them."""
        slot = self._covering(ids)
        at = ids.astype(np.intp)  # once here, instead of inside each of the five look-ups
        places = np.arange(len(ids), dtype=np.int32)
        slot[at[::-1]] = places[::-1]  # the last write wins: the first appearance
        first = np.flatnonzero(slot[at] == places)
        slot[at[first]] = places[: len(first)]
        return ids[first], slot[at]

    def find(self, wanted: IntArray, among: IntArray) -> IntArray:
        """For each wanted id its first index in `among`, or -1."""
        if not len(among):
            return np.full(len(wanted), -1, dtype=np.int32)
        self._covering(wanted)
        slot = self._covering(among)
        slot[among[::-1]] = np.arange(len(among) - 1, -1, -1, dtype=np.int32)
        guess = slot.take(wanted)  # right, or left over from before: hence the comparison
        return np.where(among.take(guess, mode="clip") == wanted, guess, np.int32(-1))

    def cover(self, size: int) -> None:
        """Make room for ids below `size`."""
        if size > len(self._slot):
            self._slot = np.zeros(max(size, 2 * len(self._slot)), dtype=np.int32)

    def held(self, wanted: IntArray, among: IntArray) -> BoolArray:
        """Which of the wanted ids are in `among`. Of covered ids only: called by the dozen, it does not look."""
        if not len(wanted) or not len(among):
            return np.zeros(len(wanted), dtype=np.bool_)
        slot = self._slot
        slot[among] = np.arange(len(among), dtype=np.int32)
        return np.asarray(among.take(slot.take(wanted), mode="clip") == wanted)

    def _covering(self, ids: IntArray) -> IntArray:
        self.cover(int(ids.max()) + 1 if len(ids) else 0)
        return self._slot


def gather(evidence: Sequence[Evidence], sources: int, scratch: Scratch) -> Candidates:
    """All items that any evidence names, with weight x factor summed per source (row)."""
    if not evidence:
        return Candidates(np.empty(0, dtype=np.int32), np.zeros((sources, 0)), ())
    lengths = [len(e.ids) for e in evidence]
    distinct, inverse = scratch.renumber(np.concatenate([e.ids for e in evidence]))
    weights = np.concatenate([e.weights for e in evidence])
    weights = weights * np.repeat([e.factor for e in evidence], lengths)
    cells = inverse + np.repeat([e.source * len(distinct) for e in evidence], lengths)
    sums = np.bincount(cells, weights, minlength=sources * len(distinct))
    raw = np.asarray(sums, dtype=np.float64)
    raw[np.abs(raw) < _ROUNDING] = 0.0  # where as much was taken away as was given
    return Candidates(distinct, raw.reshape(sources, len(distinct)), tuple(evidence))


def part_by_act(candidates: Candidates, act: int, scratch: Scratch) -> FloatArray | None:
    """The part of `raw` (S, k) that rests on acts of that number; None when no evidence does."""
    evidence = [e for e in candidates.evidence if e.act == act]
    if not evidence:
        return None
    said = gather(evidence, len(candidates.raw), scratch)
    at = scratch.find(candidates.ids, said.ids)
    return np.where(at >= 0, said.raw[:, at], 0.0)


def drop(candidates: Candidates, banned: IntArray, scratch: Scratch) -> Candidates:
    """The candidates without the banned ids."""
    at = scratch.find(banned, candidates.ids)
    staying = np.ones(len(candidates), dtype=np.bool_)
    staying[at[at >= 0]] = False
    return _only(candidates, np.flatnonzero(staying))


def shortlist(
    candidates: Candidates,
    per_source: int = 50,
    keep: IntArray | None = None,
    silent: Sequence[int] = (),
) -> Candidates:
    """The union of each source's best `per_source` and of `keep`, a few dozen ids at most.

    The sources in the rows `silent` name none, though what they say of the others' stays.
    Only positive scores qualify; ties go to the smaller id. An id of `keep` that no source named
    is appended with zeros.
    """
    chosen = _qualifying(np.delete(candidates.raw, silent, axis=0), candidates.ids, per_source)
    if keep is None or not len(keep):
        return _only(candidates, np.flatnonzero(chosen))
    same = keep[:, None] == candidates.ids
    chosen |= same.any(axis=0)
    short = _only(candidates, np.flatnonzero(chosen))
    return _with_zeros(short, np.unique(keep[~same.any(axis=1)]))


def strongest_evidence(
    candidates: Candidates, places: Sequence[int], sources: Sequence[int], scratch: Scratch
) -> list[Evidence | None]:
    """For each of the (distinct) candidates at `places` what gave it the most in its source of `sources`.

    None where nothing did. Ties go to the more recent item.
    """
    asked = set(sources)
    evidence = sorted((e for e in candidates.evidence if e.source in asked), key=lambda e: e.step)
    if not evidence or not len(places):
        return [None] * len(places)
    lengths = [len(e.ids) for e in evidence]
    column = scratch.find(np.concatenate([e.ids for e in evidence]), candidates.ids[list(places)])
    telling = np.asarray(sources)[column] == np.repeat([e.source for e in evidence], lengths)
    hits = np.flatnonzero(telling & (column >= 0))
    weights = np.concatenate([e.weights for e in evidence])[hits]
    given = weights * np.repeat([e.factor for e in evidence], lengths)[hits]
    first: dict[tuple[int, int], int] = {}  # of what one item says for one source
    same = [first.setdefault((e.source, e.step), row) for row, e in enumerate(evidence)]
    cells = np.repeat(same, lengths)[hits] * len(places) + column[hits]
    gains = np.bincount(cells, given, minlength=len(evidence) * len(places)).reshape(
        len(evidence), -1
    )
    best = gains.argmax(axis=0)  # the first of equals
    positive = gains.max(axis=0) > 0
    return [evidence[row] if found else None for row, found in zip(best, positive, strict=True)]


def silenced(candidates: Candidates, source: int, of: IntArray, scratch: Scratch) -> Candidates:
    """The candidates, of which the source in that row says nothing of those in `of`."""
    at = scratch.find(of, candidates.ids)
    raw = candidates.raw.copy()
    raw[source, at[at >= 0]] = 0.0
    return Candidates(candidates.ids, raw, candidates.evidence)


def times_seen(ids: IntArray, touched: IntArray, scratch: Scratch) -> IntArray:
    """How often each id is in `touched`."""
    distinct, counts = np.unique(touched, return_counts=True)
    at = scratch.find(ids, distinct)
    times: IntArray = np.where(at >= 0, counts[at], 0) if len(distinct) else np.zeros_like(at)
    return times


def steps_since_seen(ids: IntArray, recent: IntArray, scratch: Scratch) -> IntArray:
    """For each id its place in `recent` (newest first): 1 = the last item, 0 = not there."""
    return scratch.find(ids, recent) + np.int32(1)


def _qualifying(raw: FloatArray, ids: IntArray, count: int) -> BoolArray:
    """Which candidates are among some source's `count` best positive scores."""
    positive = raw > 0
    if len(ids) <= count:
        return np.asarray(positive.any(axis=0))
    # Negated, because selecting the largest of mostly zeros is ten times slower.
    cuts = -np.partition(-raw, count - 1, axis=1)[:, count - 1]
    reaching = positive & (raw >= cuts[:, None])
    for source in np.flatnonzero(reaching.sum(axis=1) > count):
        tied = np.flatnonzero(reaching[source])
        order = np.lexsort((ids[tied], -raw[source, tied]))
        reaching[source, tied[order[count:]]] = False
    return np.asarray(reaching.any(axis=0))


def _only(candidates: Candidates, indices: npt.NDArray[np.intp]) -> Candidates:
    return Candidates(candidates.ids[indices], candidates.raw[:, indices], candidates.evidence)


def _with_zeros(candidates: Candidates, ids: IntArray) -> Candidates:
    zeros = np.zeros((len(candidates.raw), len(ids)))
    return Candidates(
        np.concatenate([candidates.ids, ids]),
        np.concatenate([candidates.raw, zeros], axis=1),
        candidates.evidence,
    )
