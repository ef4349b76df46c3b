"""The innermost arithmetic of a list: compiled where that was built, else in NumPy, the same but for rounding."""

try:
    from scoring.kernels_compiled import (
        among_best,
        features,
        found,
        gathered,
        nearest,
        renumber,
        scored,
        silenced,
        top,
        voted,
    )

    COMPILED = True
except ImportError:
    from scoring.kernels_numpy import (
        among_best,
        features,
        found,
        gathered,
        nearest,
        renumber,
        scored,
        silenced,
        top,
        voted,
    )

    COMPILED = False

__all__ = [
    "COMPILED",
    "among_best",
    "features",
    "found",
    "gathered",
    "nearest",
    "renumber",
    "scored",
    "silenced",
    "top",
    "voted",
]
