"""What the lists of a reader's recent items owe to the reader: to be taken away, for others' acts to count alone."""

from collections.abc import Sequence

import numpy as np

from scoring.candidates import NO_ECHO, Echo
from service.interest import Interest
from service.neighbourhoods import AFTER, BEFORE, Neighbourhood
from service.numbering import ItemNumbers
from service.strategies import ROW
from store.keys import VIEW_STEP_WEIGHT

#: By how much each list counts in each source: a row of the score table for each.
Factors = list[list[float]]
#: A step, whether the other item came AFTER its item or BEFORE, the other item, the weight that was added.
_Added = tuple[int, int, str, float]
_BOTH = np.array([ROW["co_view"], ROW["sequence"]], dtype=np.int8)


def without_echo(
    factors: Factors,
    interest: Interest,
    neighbourhoods: Sequence[Neighbourhood],
    numbers: ItemNumbers,
) -> tuple[Factors, Echo]:
    """The factors of what others did, and the reader's own part of what is said, as it counts."""
    if not interest.own.since_ms:
        return factors, NO_ECHO
    added = _added(interest, neighbourhoods)
    ahead_totals = [0.0] * len(neighbourhoods)
    for step, part, _, weight in added:
        if part == AFTER:
            ahead_totals[step] += weight
    since_ms, scaled = interest.own.since_ms, []
    for (item, _), near, row, ahead_total in zip(
        interest.recent, neighbourhoods, factors, ahead_totals, strict=True
    ):
        held = since_ms.get(item, near.read_ms + 1) <= near.read_ms
        own_totals = {"co_view": VIEW_STEP_WEIGHT if held else 0.0, "sequence": ahead_total}
        scaled.append(_of_others(row, near, own_totals))
    return scaled, _echo(added, scaled, neighbourhoods, numbers) if added else NO_ECHO


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


def _of_others(row: list[float], near: Neighbourhood, own_totals: dict[str, float]) -> list[float]:
    """What is said are shares of a total: by how much they count as shares of others' part of it."""
    scaled = row.copy()
    for source, own_total in own_totals.items():
        said = near.lists.get(source)
        if said is not None and own_total:
            others_total = said.total - own_total
            scaled[ROW[source]] *= said.total / others_total if others_total > 0 else 0.0
    return scaled


def _echo(
    added: list[_Added],
    factors: Factors,
    neighbourhoods: Sequence[Neighbourhood],
    numbers: ItemNumbers,
) -> Echo:
    """Of what came after in both sources, of what came before in `co_view` alone."""
    co_view, sequence = (
        [_of_one(source, row, near) for row, near in zip(factors, neighbourhoods, strict=True)]
        for source in ("co_view", "sequence")
    )
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


def _of_one(source: str, row: list[float], near: Neighbourhood) -> float:
    """What a weight of 1 counts."""
    said = near.lists.get(source)
    return row[ROW[source]] / said.total if said is not None and said.total else 0.0
