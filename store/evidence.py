"""What stands in Redis behind a reason: the commands that show it, for people.

A reason names an item shown, and mostly an item that the user acted on; each command looks up what the one's counts
say of the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from store.keys import HOUR_MS, Keys

Command = tuple[str, ...]
SHOWN = 5
#: Batch models -> what their list of an item is called.
MODEL_LISTS: Mapping[str, str] = {
    "walk": "two views away",
    "collaborative": "completes baskets",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reason says: its code, the item shown, the item named ("" if none) and the user it was said to."""

    code: str
    item: str
    because: str
    user: str


def evidence_commands(
    claim: Claim, keys: Keys, generation_ms: int, now_ms: int, versions: Mapping[str, int]
) -> dict[str, Command]:
    """What each command shows -> the command. Empty for an unknown code. `versions`: the current one of each model."""
    if claim.code in _MODELS:
        model = _MODELS[claim.code]
        return model_commands(keys, claim.because, {model: versions.get(model, 0)})
    now, covered = now_ms // generation_ms, 1 - now_ms % generation_ms / generation_ms
    return _of_item(claim, keys, now_ms) | dict(_of_pairs(claim, keys, now, covered))


def model_commands(keys: Keys, item: str, versions: Mapping[str, int]) -> dict[str, Command]:
    """The item's list of each model of these: "item weight item weight ..."."""
    return {
        MODEL_LISTS[model]: ("GET", f"{keys.written(model, version)}:{item}")
        for model, version in versions.items()
    }


def _of_item(claim: Claim, keys: Keys, now_ms: int) -> dict[str, Command]:
    """Evidence that does not lie in pair counts."""
    last, hour = str(SHOWN - 1), now_ms // HOUR_MS
    match claim.code:
        case "similar_to":
            return {"content similarity": ("ZSCORE", keys.similar(claim.because), claim.item)}
        case "seen_before":
            history = keys.history(claim.user)
            return {"newest acts": ("ZREVRANGE", history, "0", last, "WITHSCORES")}
        case "pinned":
            return {"rules": ("GET", keys.rules)}
        case "newest":
            return {"last change in the catalogue": ("ZSCORE", keys.items, claim.item)}
        case "trending":
            return {
                f"sessions {when}{where_in(keys, partition)}": (
                    "ZSCORE",
                    keys.popular(partition, "view", hour - age),
                    claim.item,
                )
                for (age, when), partition in product(
                    enumerate(("this hour", "an hour before")), range(keys.partitions)
                )
            }
    return {}


def _of_pairs(claim: Claim, keys: Keys, now: int, covered: float) -> Iterator[tuple[str, Command]]:
    """Evidence of what was held together, by partition and generation; of the one before counts what is `covered`."""
    kind, fields = _PAIRS.get(claim.code, ("", {}))
    before = f", generation before (counts {covered:.0%})"
    for partition, (age, generation) in product(
        range(keys.partitions), (("", now), (before, now - 1))
    ):
        where = where_in(keys, partition) + age
        if claim.code == "similar_sessions":
            held = keys.sessions(partition, generation, claim.item)
            yield f"sessions with the item{where}", ("LRANGE", held, "0", str(SHOWN - 1))
        for title, field in fields.items():
            key = keys.pairs(partition, kind, generation, claim.because)
            yield title + where, ("HGET", key, field.format(item=claim.item))


def where_in(keys: Keys, partition: int) -> str:
    """How a title names the partition, where there are several."""
    return f", partition {partition}" if keys.partitions > 1 else ""


# Code of a reason -> the batch model behind it.
_MODELS: Mapping[str, str] = {"related_to": "walk", "bought_with_such": "collaborative"}
# Code of a reason -> kind of pairs, and what each field of the named item's hash says of the item shown.
_PAIRS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "viewed_next": ("view", {"viewed after it (12 = directly, once)": ">{item}"}),
    "viewed_together": (
        "view",
        {
            "viewed after it (12 = directly, once)": ">{item}",
            "viewed before it (12 = directly, once)": "<{item}",
        },
    ),
    "bought_together": (
        "purchase",
        {"baskets that hold both": "{item}", "baskets that hold the named item": "*"},
    ),
    "bought_after_viewing": ("conversion", {"sessions that viewed it and bought this": "{item}"}),
}
