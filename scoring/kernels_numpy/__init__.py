"""The innermost arithmetic of a list, in NumPy: what `kernels_compiled` does where it was not built.

    reading      numbers out of texts
    gathering    what lists say, by item and source, without what is a reader's own
    ranking      the best of it, with features and scores
    explaining   which source and which item tell most of a place
    sessions     the nearest of others' sessions, and what they vote for

Ids are >= 0. A `slot` is a work array (int32) that is longer than the largest id is large; IndexError where it is not.
Nothing in it is believed that the same call has not written, so what it holds beforehand never matters, as long as
nothing is below 0.
"""

from scoring.kernels_numpy.explaining import COUNTED, LISTED, MODELLED, NAMING, strongest, telling
from scoring.kernels_numpy.gathering import (
    AFTER,
    BEFORE,
    ROUNDING,
    echoed,
    found,
    gathered,
    renumber,
    silenced,
)
from scoring.kernels_numpy.ranking import LOG_SHARPNESS, among_best, features, scored, top
from scoring.kernels_numpy.reading import TOTALS, named, sides
from scoring.kernels_numpy.sessions import nearest, voted

__all__ = [
    "among_best",
    "echoed",
    "features",
    "found",
    "gathered",
    "named",
    "nearest",
    "renumber",
    "scored",
    "sides",
    "silenced",
    "strongest",
    "telling",
    "top",
    "voted",
]
#: What `kernels_compiled` has too.
FUNCTIONS = tuple(__all__)
__all__ += ["AFTER", "BEFORE", "COUNTED", "LISTED", "MODELLED", "NAMING"]
__all__ += ["LOG_SHARPNESS", "ROUNDING", "TOTALS"]
