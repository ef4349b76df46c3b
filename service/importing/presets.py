"""What the known file formats call things."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from service.importing.fields import BadValue, optional_number
from service.importing.rows import UnusableFile
from service.importing.times import TimeUnit

Picked = dict[str, object]

LIKED_FROM = 4.0

EVENT_FIELDS = (
    "user_id",
    "item_id",
    "type",
    "event_id",
    "timestamp",
    "session_id",
    "order_id",
    "value",
    "quantity",
    "currency",
)
ITEM_FIELDS = ("title", "category", "brand", "price", "tags", "image")
_OTHER_FIELDS = ("properties", "rating")
FIELDS = frozenset((*EVENT_FIELDS, *ITEM_FIELDS, *_OTHER_FIELDS))


def _as_is(picked: Picked) -> Picked:
    return picked


@dataclass(frozen=True, slots=True)
class Preset:
    """How to read one kind of file.

    `columns`: our field → the columns it may be in, the first that holds something wins; one that
    starts with `=` is a constant. `types`: the file's word → event type (empty: words are types).
    `required`: fields that must have a column. `header`: the columns of a file that does not name
    them. `category_separator` stands between the steps of a category's path. `adapt` finishes what
    was picked; its BadValue is the reason that a row is bad.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    time_unit: TimeUnit = TimeUnit.AUTO
    has_times: bool = True
    required: tuple[str, ...] = ("user_id", "item_id", "type", "timestamp")
    header: tuple[str, ...] = ()
    category_separator: str = ">"
    adapt: Callable[[Picked], Picked] = _as_is

    def mapped(self, overrides: Mapping[str, str]) -> "Preset":
        """With other columns for some fields. Raises UnusableFile for a field that is none."""
        unknown = sorted(set(overrides) - FIELDS)
        if unknown:
            known = ", ".join(sorted(FIELDS))
            raise UnusableFile(f"--map knows no field {unknown[0]!r}; there are: {known}")
        chosen = {name: (column,) for name, column in overrides.items()}
        return replace(self, columns={**self.columns, **chosen})


def _session_is_user(picked: Picked) -> Picked:
    """Where only sessions are known, each is a user of its own."""
    if "session_id" in picked:
        picked.setdefault("user_id", f"s{picked['session_id']}")
    return picked


def _price_is_value(picked: Picked) -> Picked:
    """What a purchase was worth is the price that its row names, if it is one."""
    if picked.get("type") == "purchase":
        with suppress(ValueError):
            picked["value"] = optional_number("price", picked.get("price"), 0)
    return picked


def _rating_is_type(picked: Picked) -> Picked:
    """A rating of 4 or more counts as a purchase, any other as a view."""
    try:
        rating = float(str(picked["rating"]))
    except (KeyError, ValueError):
        raise BadValue("invalid_number", "rating", "the rating is no number") from None
    picked["type"] = "purchase" if rating >= LIKED_FROM else "view"
    return picked


_SAME_NAMES = {name: (name,) for name in (*EVENT_FIELDS, *ITEM_FIELDS, "properties")}

EVENTS = Preset("events", _SAME_NAMES)

REES46 = Preset(
    "rees46",
    {
        "user_id": ("user_id",),
        "item_id": ("product_id",),
        "type": ("event_type",),
        "timestamp": ("event_time",),
        "session_id": ("user_session",),
        "category": ("category_code",),
        "brand": ("brand",),
        "price": ("price",),
    },
    types={
        "view": "view",
        "cart": "add_to_cart",
        "purchase": "purchase",
        "remove_from_cart": "remove_from_cart",
    },
    category_separator=".",
    adapt=_price_is_value,
)

RETAILROCKET = Preset(
    "retailrocket",
    {
        "user_id": ("visitorid",),
        "item_id": ("itemid",),
        "type": ("event",),
        "timestamp": ("timestamp",),
        "order_id": ("transactionid",),
    },
    types={"view": "view", "addtocart": "add_to_cart", "transaction": "purchase"},
    time_unit=TimeUnit.MILLISECONDS,
)

MOVIELENS = Preset(
    "movielens",
    {
        "user_id": ("user_id", "userId"),
        "item_id": ("item_id", "movieId"),
        "rating": ("rating",),
        "timestamp": ("timestamp",),
        "title": ("movie_title", "title"),
        "tags": ("class", "genres"),
    },
    time_unit=TimeUnit.SECONDS,
    required=("user_id", "item_id", "rating", "timestamp"),
    header=("user_id", "item_id", "rating", "timestamp"),
    adapt=_rating_is_type,
)

SESSIONS = Preset(
    "sessions",
    {
        "session_id": ("SessionId", "session_id"),
        "item_id": ("ItemId", "item_id"),
        "timestamp": ("Time", "timestamp"),
        "type": ("=view",),
    },
    time_unit=TimeUnit.SECONDS,
    required=("session_id", "item_id", "timestamp"),
    header=("SessionId", "ItemId", "Time"),
    adapt=_session_is_user,
)

SRGNN = Preset(
    "srgnn",
    {
        "session_id": ("SessionId", "session_id"),
        "item_id": ("ItemId", "item_id"),
        "type": ("=view",),
    },
    has_times=False,
    required=("session_id", "item_id"),
    header=("SessionId", "Pos", "ItemId"),
    adapt=_session_is_user,
)

PRESETS = MappingProxyType(
    {p.name: p for p in (EVENTS, REES46, RETAILROCKET, MOVIELENS, SESSIONS, SRGNN)}
)
