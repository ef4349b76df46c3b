"""The innermost arithmetic of a list: compiled where that was built, else in NumPy, the same but for rounding."""

from scoring.kernels_numpy import *  # noqa: F403 - both have the names of `kernels_numpy.__all__`

try:
    from scoring.kernels_compiled import *  # noqa: F403

    COMPILED = True
except ImportError:
    COMPILED = False
