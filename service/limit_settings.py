"""The settings that keep senders from flooding the store and from moving others' lists."""

from pydantic import Field
from pydantic_settings import BaseSettings

from store.senders import SenderLimits

MOST = 10_000_000
_LIMITED = "for callers by write key or user token"
_DEFAULTS = SenderLimits()


class LimitSettings(BaseSettings):
    """Limits of what is sent and of what counts. 0: no limit."""

    events_per_user_per_minute: int = Field(
        default=_DEFAULTS.events_per_user_per_minute,
        ge=0,
        le=MOST,
        description=f"Events of one user in a minute, {_LIMITED}; more get 429. 0: no limit.",
    )
    events_per_address_per_minute: int = Field(
        default=_DEFAULTS.events_per_address_per_minute,
        ge=0,
        le=MOST,
        description=f"Events from one address in a minute, {_LIMITED}; more get 429. 0: no limit.",
    )
    events_per_key_per_minute: int = Field(
        default=_DEFAULTS.events_per_key_per_minute,
        ge=0,
        le=MOST,
        description="Events by one write key in a minute; more get 429. 0: no limit.",
    )
    new_users_per_key_per_minute: int = Field(
        default=_DEFAULTS.new_users_per_key_per_minute,
        ge=0,
        le=MOST,
        description="Users never seen before that one write key may name in a minute, a tenth of them from one "
        "address; more get 429. 0: no limit.",
    )
    new_items_per_key_per_minute: int = Field(
        default=_DEFAULTS.new_items_per_key_per_minute,
        ge=0,
        le=MOST,
        description="Items neither in the catalogue nor seen before that one write key, or all tokens together, may "
        "name in a minute, a tenth of them from one address; more get 429. 0: no limit.",
    )
    catalogue_only: bool = Field(
        default=False,
        description="Refuse events on items that are not in the catalogue, whoever sends them.",
    )
    counted_events_per_user_per_day: int = Field(
        default=_DEFAULTS.counted_events_per_user_per_day,
        ge=0,
        le=MOST,
        description="Events of one user in a day that count for others' lists; later ones move the user's own list "
        "only. 0: no limit.",
    )
    counted_visits_per_user: int = Field(
        default=_DEFAULTS.counted_visits_per_user,
        ge=0,
        le=200,
        description="Sessions and baskets of one user, opened within two days, that count for others' lists, "
        f"{_LIMITED}. 0: no limit.",
    )
    counted_visits_per_user_of_item: int = Field(
        default=_DEFAULTS.counted_visits_per_user_of_item,
        ge=0,
        le=200,
        description="Sessions, and baskets, of one user, opened within two days, in which the same item counts for "
        f"others' lists, {_LIMITED}. 0: no limit.",
    )
    counted_views_per_s: int = Field(
        default=_DEFAULTS.counted_views_per_s,
        ge=0,
        le=1_000,
        description=f"Views of one session in a second that count for others' lists, {_LIMITED}. 0: no limit.",
    )
