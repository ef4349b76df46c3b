"""What the lists of a reader's recent items owe to the reader: to be taken away, for others' acts to count alone."""

from collections.abc import Sequence

import numpy as np

from scoring.candidates import NO_ECHO, Echo
from scoring.types import FloatArray
from service.interest import Interest
from service.neighbourhoods import AFTER, BEFORE, Neighbourhood
from service.numbering import ItemNumbers
from service.strategies import ROW
from store.keys import VIEW_STEP_WEIGHT

#: A step, whether the other item came AFTER its item or BEFORE, the other item, the weight that was added.
_Added = tuple[int, int, str, float]
_BOTH = np.array([ROW["co_view"], ROW["sequence"]], dtype=np.int8)


def take_echo_from(
    factors: FloatArray,
    interest: Interest,
    neighbourhoods: Sequence[Neighbourhood],
    numbers: ItemNumbers,
) -> Echo:
    """The reader's own part of what is said, as it counts; the `factors` (of each list in each source, those of the
    neighbourhoods first) become those of what others did.
    """
    if not interest.own.since_ms:
        return NO_ECHO
    added = _added(interest, neighbourhoods)
    ahead_totals = [0.0] * len(neighbourhoods)
    for step, part, _, weight in added:
        if part == AFTER:
            ahead_totals[step] += weight
    since_ms = interest.own.since_ms
    view_totals = [
        VIEW_STEP_WEIGHT if since_ms.get(item, near.read_ms + 1) <= near.read_ms else 0.0
        for (item, _), near in zip(interest.recent, neighbourhoods, strict=True)
    ]
    co_view = _without_own("co_view", factors, neighbourhoods, view_totals)
    sequence = _without_own("sequence", factors, neighbourhoods, ahead_totals)
    return _echo(added, co_view, sequence, numbers) if added else NO_ECHO


def _added(interest: Interest, neighbourhoods: Sequence[Neighbourhood]) -> list[_Added]:
    """What the session had added to the lists when they were read."""
    found: list[_Added] = []
    steps = {item: step for step, (item, _) in enumerate(interest.recent)}
    read_ms = {item: neighbourhoods[step].read_ms for item, step in steps.items()}
    for first, then, weight, at_ms in interest.own.pairs:
        if at_ms <= read_ms.get(first, -1):
            found.append((steps[first], AFTER, then, weight))
        if at_ms <= read_ms.get(then, -1):
            found.append((steps[then], BEFORE, first, weight))
    return found


def _without_own(
    source: str,
    factors: FloatArray,
    neighbourhoods: Sequence[Neighbourhood],
    own_totals: Sequence[float],
) -> list[float]:
    """What is said are shares of a total: the `factors` become those of shares of others' part of it.

    Answers, for each neighbourhood, how much a weight of 1 counts then.
    """
    column = factors[: len(neighbourhoods), ROW[source]]
    values, counts = column.tolist(), [0.0] * len(neighbourhoods)
    for step, (near, own) in enumerate(zip(neighbourhoods, own_totals, strict=True)):
        said = near.lists.get(source)
        if said is None:
            continue
        others = said.total - own
        counts[step] = values[step] / others if others > 0 else 0.0
        if own:
            values[step] = counts[step] * said.total
    column[:] = values
    return counts


def _echo(
    added: list[_Added],
    co_view: Sequence[float],
    sequence: Sequence[float],
    numbers: ItemNumbers,
) -> Echo:
    """Of what came after in both sources, of what came before in `co_view` alone."""
    after = [one for one in added if one[1] == AFTER]
    steps, parts, others, _ = zip(*added, *after, strict=True)
    amounts = [weight * co_view[step] for step, _, _, weight in added]
    amounts += [weight * sequence[step] for step, _, _, weight in after]
    return Echo(
        np.array(steps, dtype=np.int32),
        np.array(parts, dtype=np.int8),
        _BOTH.repeat([len(added), len(after)]),
        numbers.numbers(others),
        np.array(amounts),
    )
