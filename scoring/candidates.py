"""From neighbour lists to one table of candidates: which items, and how much each source says.

    Evidence   what recent items and whole lists say, and by how much each counts
       gather      -> Candidates   ids (k,), raw (S, k): sums of weight x factor
       silence     -> Candidates   the banned are said nothing of, and some by all but one source
       shortlist   -> Candidates   each source's best, about 70 to 100 items

Arrays in, arrays out; the only Python loops run over lists and sources, never over candidates. What is made anew for
each request is not frozen: that would cost more than the sums. Nobody changes it all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scoring import kernels
from scoring.entries import NO_ECHO, Echo, Entries
from scoring.scratch import Scratch
from scoring.types import FloatArray, IntArray, RowArray

Places = npt.NDArray[np.integer]

_UNNAMED = -1


@dataclass(slots=True, eq=False)
class Evidence:
    """What a request rests on: lists of entries, those of the `steps` recent items first, newest first.

    `factors` (m, S) >= 0: by how much each list counts in each source, position decay times event type weight.
    `acts`: of each list the number of the type of act behind it, -1 for none of the numbered ones.
    """

    lists: Sequence[Entries]
    factors: FloatArray
    steps: int
    acts: Sequence[int]
    echo: Echo = NO_ECHO


@dataclass(slots=True, eq=False)
class Gains:
    """Who gave what (n,): which of the evidence's lists, to which of the named items, in which source, how much."""

    lists: IntArray
    places: IntArray
    sources: RowArray
    amounts: FloatArray

    @property
    def named(self) -> int:
        """How many items are named at all."""
        return int(self.places.max(initial=-1)) + 1


@dataclass(slots=True, eq=False)
class Candidates:
    """Distinct items `ids` (k,) with the summed score of each source, `raw` (S, k).

    The order of the items carries no meaning. `origins` (k,): where each stood among all that the evidence names, to
    which the `gains` refer, -1 for one that neither it nor its echo names.
    """

    ids: IntArray
    raw: FloatArray
    origins: IntArray
    gains: Gains
    evidence: Evidence

    def __len__(self) -> int:
        """How many candidates there are: k."""
        return len(self.ids)


def gather(evidence: Evidence, scratch: Scratch) -> Candidates:
    """All items that any evidence names, with weight x factor summed per source (row), without the echo.

    Of the echo goes what is said at all, and by the same list: not what others were too few to be told of, or what was
    pruned.
    """
    lists, echo = evidence.lists, evidence.echo
    distinct, speakers, places, rows, amounts, raw = scratch.use(
        [*[said.ids for said in lists], echo.ids],
        lambda slot: kernels.gathered(lists, evidence.factors, echo, slot),
    )
    gains = Gains(speakers, places, rows, amounts)
    return Candidates(distinct, raw, scratch.places(len(distinct)), gains, evidence)


def _sums(gains: Gains, amounts: FloatArray, sources: int, size: int) -> FloatArray:
    """The amounts by source and item: (S, size)."""
    cells = gains.sources * np.intp(size) + gains.places
    sums = np.bincount(cells, amounts, minlength=sources * size)
    return np.asarray(sums, dtype=np.float64).reshape(sources, size)


def part_by_act(candidates: Candidates, act: int) -> FloatArray | None:
    """The part of `raw` (S, k) that rests on acts of that number; None when no evidence does."""
    evidence, gains = candidates.evidence, candidates.gains
    if act not in evidence.acts:
        return None
    acted = np.array([other == act for other in evidence.acts])
    amounts = gains.amounts * acted[gains.lists]
    said = _sums(gains, amounts, len(candidates.raw), gains.named)
    return _columns(said, candidates.origins)


def _columns(table: FloatArray, places: IntArray) -> FloatArray:
    """The columns at these places, zeros for -1."""
    if not table.shape[1]:
        return np.zeros((len(table), len(places)))
    return np.where(places >= 0, table.take(places, axis=1, mode="clip"), 0.0)


def silence(
    candidates: Candidates, banned: IntArray, scratch: Scratch, source: int, quiet: IntArray
) -> Candidates:
    """The candidates, of which nothing speaks for the banned ids, nor the source in that row for those in `quiet`."""
    ids, raw, origins = candidates.ids, candidates.raw, candidates.origins
    left = scratch.use([ids], lambda slot: kernels.silenced(ids, raw, banned, quiet, source, slot))
    return Candidates(ids, left, origins, candidates.gains, candidates.evidence)


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
    chosen = kernels.among_best(candidates.raw, candidates.ids, per_source, silent)
    if keep is None or not len(keep):
        return only(candidates, chosen)
    same = keep[:, None] == candidates.ids
    kept = same.any(axis=0)
    kept[chosen] = True
    short = only(candidates, kept.nonzero()[0])
    return _with_zeros(short, np.unique(keep[~same.any(axis=1)]))


def only(candidates: Candidates, places: Places) -> Candidates:
    """The candidates at these places."""
    ids, origins = candidates.ids.take(places), candidates.origins.take(places)
    raw = candidates.raw.take(places, axis=1)
    return Candidates(ids, raw, origins, candidates.gains, candidates.evidence)


def strongest_steps(candidates: Candidates, places: IntArray, sources: IntArray) -> list[int]:
    """For each of the (distinct) candidates at `places` which recent item gave it the most in its source of `sources`:
    0 = the last one, -1 where none did. Ties go to the more recent item.
    """
    gains = candidates.gains
    found: list[int] = kernels.strongest(
        gains.lists,
        gains.places,
        gains.sources,
        gains.amounts,
        candidates.origins.take(places),
        sources,
        candidates.evidence.steps,
    ).tolist()
    return found


def _with_zeros(candidates: Candidates, ids: IntArray) -> Candidates:
    zeros = np.zeros((len(candidates.raw), len(ids)))
    return replace(
        candidates,
        ids=np.concatenate([candidates.ids, ids]),
        raw=np.concatenate([candidates.raw, zeros], axis=1),
        origins=np.concatenate([candidates.origins, np.full(len(ids), _UNNAMED, np.int32)]),
    )
