from collections.abc import Collection, Sequence

from scoring.types import FloatArray, IntArray, RowArray, WeightArray

def among_best(raw: FloatArray, ids: IntArray, count: int, silent: Collection[int]) -> IntArray: ...
def features(
    raw: FloatArray, steps: IntArray, times: IntArray, popularity: WeightArray, more: int
) -> FloatArray: ...
def found(among: IntArray, wanted: IntArray, slot: IntArray) -> tuple[IntArray, IntArray]: ...
def gathered(
    ids: IntArray,
    rows: RowArray,
    parts: RowArray,
    weights: FloatArray,
    lengths: Sequence[int],
    factors: FloatArray,
    echo_lists: IntArray,
    echo_amounts: FloatArray,
    slot: IntArray,
) -> tuple[IntArray, IntArray, IntArray, FloatArray, FloatArray]: ...
def nearest(
    ids: IntArray,
    lengths: Sequence[int],
    steps: IntArray,
    weights: FloatArray,
    own: int,
    count: int,
    slot: IntArray,
) -> tuple[IntArray, FloatArray, IntArray]: ...
def renumber(ids: IntArray, slot: IntArray) -> tuple[IntArray, IntArray]: ...
def scored(features: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def silenced(
    ids: IntArray,
    raw: FloatArray,
    banned: IntArray,
    quiet: IntArray,
    row: int,
    slot: IntArray,
) -> FloatArray: ...
def top(scores: FloatArray, ids: IntArray, limit: int) -> IntArray: ...
def voted(
    items: IntArray,
    lengths: IntArray,
    strengths: FloatArray,
    current: IntArray,
    decays: FloatArray,
    slot: IntArray,
) -> tuple[IntArray, FloatArray]: ...
