"""Where a random walk over the pair counts is after two steps: items that share company without having met.

Needs SciPy (the extra `ml`): only the process that builds models imports this module.
"""

from scipy.sparse import csr_array, vstack

from scoring.sparse_rows import best_first, strongest, to_one, without_self
from scoring.types import FloatArray, IntArray, Rows

EDGES_KEPT = 60
ENDS_KEPT = 200
#: Of both walks together. Each is cut to 200, as when it was measured; half of that is stored, as of EASE: a list draws
#: the best 50 of a source. What storing 200 would bring was not measured.
KEPT = 100
#: The walk that heeds the order of views counts so much, the one that does not the rest (chosen on validation data).
ORDERED_SHARE = 0.3
_BLOCK = 2_048  # rows squared at a time: a whole square of a large shop would not fit into memory


def two_steps(ahead: tuple[IntArray, IntArray, FloatArray], items: int, least: float = 0.0) -> Rows:
    """Each of n `items` with its neighbours after two steps: at most KEPT, weights > 0 that sum to at most 1.

    `ahead`: an item, one that was viewed after it, and how often; what stands there twice is added up, and what does
    not come to more than `least` is left out.
    """
    first, then, counts = ahead
    after = csr_array((counts, (first, then)), shape=(items, items))
    after.data[after.data <= least] = 0.0
    free, ordered = _graph(csr_array(after + after.T)), _graph(after)
    blocks = [_block(free, ordered, start, start + _BLOCK) for start in range(0, items, _BLOCK)]
    return best_first(csr_array(vstack(blocks)) if blocks else free)


def _graph(counts: csr_array) -> csr_array:
    """The odds of each step."""
    return to_one(strongest(without_self(counts), EDGES_KEPT))


def _block(free: csr_array, ordered: csr_array, start: int, stop: int) -> csr_array:
    both = ORDERED_SHARE * _ends(ordered, start, stop)
    both += (1 - ORDERED_SHARE) * _ends(free, start, stop)
    return strongest(to_one(csr_array(both)), KEPT)


def _ends(graph: csr_array, start: int, stop: int) -> csr_array:
    """Where two steps from these rows lead, apart from back."""
    ends = without_self(csr_array(graph[start:stop] @ graph), start)
    return to_one(strongest(ends, ENDS_KEPT))
