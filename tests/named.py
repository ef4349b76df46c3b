"""Numbers by name, as they are read from texts."""

from scoring import kernels
from store.item_state import Named


def numbers_of(held: Named) -> dict[str, float]:
    """The sum for each name, in the order of the texts."""
    names, values = kernels.named(held.texts)
    return dict(zip(names, values.tolist(), strict=True))
