"""VSTAN: what sessions like this one went on to (Ludewig et al., UMUAI 31, 2021).

Two phases, so that only the k nearest sessions need their items:

    current items + postings   --nearest-->   Neighbours (session numbers, similarities, steps)
    neighbours + their items   --vote----->   items and scores

A posting is the list of sessions that hold an item, newest first, as numbers of a `SessionTable`.
Left out on purpose: time decay and idf, which bought nothing on the public logs, and the division
by session length, which cost a little; the recency-bounded postings do the forgetting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scoring import kernels
from scoring.scratch import Scratch
from scoring.session_table import Sessions
from scoring.types import FloatArray, IntArray

_NONE = -1
#: Items of one session that are farther apart than any length of decay could tell.
_FARTHEST = 1_024


@dataclass(frozen=True, slots=True)
class VstanSettings:
    """k and the three decay lengths, in steps; larger forgets more slowly.

    `position_decay` (lambda_1) weighs the items of the current session by their distance from its
    end, `step_decay` (lambda_4) a neighbour by the newest item it shares, `in_neighbour_decay`
    (lambda_3) a neighbour's items by their distance from its last shared item.
    """

    neighbours: int = 200
    position_decay: float = 2.0
    step_decay: float = 2.0
    in_neighbour_decay: float = 2.0

    def shares(self, steps: IntArray) -> FloatArray:
        """What items so many steps from the end of the session count (n,), where the last one (step 1) counts 1."""
        return np.asarray(np.exp((1 - steps) / self.position_decay))


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The sessions (numbers of the table) most like the current one, with two facts about each.

    `steps` is the distance from the end of the current session of its newest item that the
    neighbour holds too: 1 = the last item.
    """

    numbers: IntArray
    similarities: FloatArray
    steps: IntArray

    def __len__(self) -> int:
        """How many neighbours there are, k at most."""
        return len(self.numbers)


def recent_distinct(current: IntArray) -> tuple[IntArray, IntArray]:
    """The distinct items of a session (oldest first), newest first, and each one's step.

    Step 1 is the end of the session; repeats count as steps. Postings are given in this order.
    """
    first: dict[int, int] = {}
    for step, item in enumerate(reversed(current.tolist()), 1):
        first.setdefault(item, step)
    return np.array([*first], dtype=np.int32), np.array([*first.values()], dtype=np.int32)


def nearest(
    steps: IntArray,
    postings: Sequence[IntArray],
    scratch: Scratch,
    settings: VstanSettings,
    own: int | None = None,
) -> Neighbours:
    """The k sessions that share the most, and the most recent, items with the current one.

    `steps` and `postings` hold one number and one array for each item of `recent_distinct`, in that
    order; a posting names each session once. Ties go to the better rank in the posting of the most
    recent item. `own` is the number of the current session, which is no neighbour of itself.
    """
    lengths = [len(posting) for posting in postings]
    if not sum(lengths):
        return Neighbours(np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32))
    weights = settings.shares(steps)
    ids, left_out = np.concatenate(postings), _NONE if own is None else own
    numbers, similarities, newest = scratch.use(
        [ids],
        lambda slot: kernels.nearest(
            ids, lengths, steps, weights, left_out, settings.neighbours, slot
        ),
    )
    return Neighbours(numbers, similarities, newest)


def vote(
    current: IntArray,
    neighbours: Neighbours,
    sessions: Sessions,
    scratch: Scratch,
    settings: VstanSettings,
) -> tuple[IntArray, FloatArray]:
    """What the neighbours' items score: distinct item ids (n,) in no order, and scores (n,).

    `sessions` holds the neighbours' items in the order of the neighbours. An item counts once a
    neighbour, at its last position. A neighbour whose items are unknown, or hold no item of
    `current`, does not vote. Items of the current session are scored too.
    """
    strengths = neighbours.similarities * np.exp((1 - neighbours.steps) / settings.step_decay)
    decays = _decays(settings.in_neighbour_decay)
    items, lengths = sessions.items, sessions.lengths
    return scratch.use(
        [items], lambda slot: kernels.voted(items, lengths, strengths, current, decays, slot)
    )


@lru_cache(maxsize=8)
def _decays(length: float) -> FloatArray:
    """exp(-distance / length) for each distance there is: looked up in a third of the time of an exponential."""
    return np.asarray(np.exp(np.arange(_FARTHEST) / -length))
