"""What the lists of a reader's recent items owe to the reader: to be taken away, for others' acts to count alone."""

from collections.abc import Sequence

from scoring import kernels
from scoring.entries import NO_ECHO, Echo
from scoring.types import FloatArray
from service.interest import Interest
from service.neighbourhoods import Neighbourhood
from service.numbering import ItemNumbers
from service.strategies import ROW
from store.keys import VIEW_STEP_WEIGHT

_BOTH = ROW["co_view"], ROW["sequence"]
_NO_LIST = -1.0


def take_echo_from(
    factors: FloatArray,
    interest: Interest,
    neighbourhoods: Sequence[Neighbourhood],
    numbers: ItemNumbers,
) -> Echo:
    """The reader's own part of what is said, as it counts; the `factors` (of each list in each source, those of the
    neighbourhoods first) become those of what others did.
    """
    since_ms = interest.own.since_ms
    if not since_ms:
        return NO_ECHO
    items = [item for item, _ in interest.recent]
    read_ms = [near.read_ms for near in neighbourhoods]
    views = [
        VIEW_STEP_WEIGHT if since_ms.get(item, at_ms + 1) <= at_ms else 0.0
        for item, at_ms in zip(items, read_ms, strict=True)
    ]
    lists, parts, sources, others, amounts = kernels.echoed(
        interest.own.pairs,
        items,
        read_ms,
        [_totals("co_view", neighbourhoods), _totals("sequence", neighbourhoods)],
        views,
        factors,
        _BOTH,
    )
    if not others:
        return NO_ECHO
    return Echo(lists, parts, sources, numbers.numbers(others), amounts)


def _totals(source: str, neighbourhoods: Sequence[Neighbourhood]) -> list[float]:
    """What the weights of each list are shares of."""
    lists = [near.lists.get(source) for near in neighbourhoods]
    return [_NO_LIST if said is None else said.total for said in lists]
