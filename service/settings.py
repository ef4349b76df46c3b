"""All settings: environment variables with the prefix `TANDEM_`, each with default, bounds and one line of help.

One frozen object, made once at the start and passed in; docs/settings.md is generated from it.
"""

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from service.access_settings import AccessSettings
from service.limit_settings import LimitSettings

DAY_S = 86_400
PREFIX = "TANDEM_"


class Settings(AccessSettings, LimitSettings):
    """Tandem's settings. Durations carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    redis_url: str = Field(
        default="",
        description="Redis to use (redis://, rediss://, unix://, redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB). "
        "Empty: a private redis-server if one is on PATH, "
        "else the embedded toy store.",
    )
    wait_replicas: int = Field(
        default=0,
        ge=0,
        le=5,
        description="Replicas that must hold an event before it is acknowledged (strict mode); too few: 503 "
        "not_replicated. 0: none is asked.",
    )
    wait_timeout_ms: int = Field(
        default=200, ge=10, le=900, description="How long a group of events waits for them."
    )
    kept_events: int = Field(
        default=20_000,
        ge=0,
        le=1_000_000,
        description="The newest acknowledged events that a worker keeps for a minute, to write them again where a "
        "failover or a power cut has taken them from Redis; of each partition its share, 100 at least. 0: none.",
    )
    durability: Literal["always", "everysec", "none"] = Field(
        default="always",
        description="The weakest appendfsync of a given Redis with which the service starts. `everysec`: a power "
        "cut loses the last seconds, which the workers write again; `none`: whatever was not saved.",
    )
    data_dir: str = Field(
        default=".tandem",
        description="Folder of the private redis-server's data, relative to where it is started.",
    )
    key_prefix: str = Field(
        default="tandem:",
        pattern=r"^[A-Za-z0-9_.-]{1,32}:$",
        description="What every Redis key starts with.",
    )
    partitions: int = Field(
        default=1,
        ge=1,
        le=1024,
        description="Partitions of the users; fixed when a database is first used.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=5000, ge=1, le=65535, description="Port to listen on.")
    worker_name: str = Field(
        default="",
        description="Name of this worker in answers and metrics. Empty: host name and process id.",
    )

    event_ttl_s: int = Field(
        default=14 * DAY_S,
        ge=DAY_S,
        le=400 * DAY_S,
        description="How long an event counts fully; its influence ends within twice that.",
    )
    session_gap_s: int = Field(
        default=1_800, ge=60, le=DAY_S, description="Pause that ends a session."
    )
    purchase_window_s: int = Field(
        default=DAY_S,
        ge=3_600,
        le=30 * DAY_S,
        description="How long purchases without an order id join one basket.",
    )
    history_limit: int = Field(
        default=200, ge=10, le=10_000, description="Newest events kept of a user."
    )
    session_limit: int = Field(
        default=100, ge=10, le=1_000, description="Touches of a session that count."
    )
    sessions_per_item: int = Field(
        default=500,
        ge=10,
        le=10_000,
        description="Newest sessions remembered for an item (per generation).",
    )
    max_events_per_user_per_day: int = Field(
        default=10_000,
        ge=10,
        le=1_000_000,
        description="Events accepted of one user in a day; more get 429.",
    )
    trending_hours: int = Field(
        default=48, ge=1, le=24 * 14, description="Hours that trending looks back."
    )
    trending_half_life_h: float = Field(
        default=6.0,
        gt=0,
        le=24 * 14,
        description="Age at which a touch counts half for trending, in hours.",
    )

    strategies: str = Field(
        default="",
        description="File with a strategy, or folder of such .json files (`tandem tune` writes them). "
        "One named like a built-in takes its place.",
    )
    recent_items: int = Field(
        default=20,
        ge=1,
        le=1_000,
        description="Newest distinct items of a user that sources look at.",
    )
    min_support: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Sessions that must have made a pair before it shows; 3 where anybody may send events.",
    )
    neighbours_max_age_s: float = Field(
        default=1.0,
        ge=0,
        le=60,
        description="Least age up to which a cached neighbour list is served; up to 5 times that where it counts less.",
    )
    near_cache_items: int = Field(
        default=100_000,
        ge=100,
        le=10_000_000,
        description="Items whose neighbour lists one worker keeps.",
    )
    result_cache: bool = Field(
        default=True, description="Serve a user's unchanged list again within neighbours_max_age_s."
    )
    rebuild_interval_s: float = Field(
        default=3_600,
        ge=0,
        le=30 * DAY_S,
        description="How long after a rebuild of the models the next begins by itself. 0: never.",
    )
    learn_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of the events that the ranking's weights are learned from.",
    )
    learn_rate: float = Field(
        default=5.0,
        ge=0,
        le=100_000,
        description="Most events a second that a worker learns from; each costs as much as a list. 0: never learn.",
    )
    rotate_days: int = Field(
        default=0,
        ge=0,
        le=90,
        description="Days for which an item that a user was shown rests, unless they act on it. 0: none.",
    )
    push_min_interval_ms: int = Field(
        default=50, ge=0, le=10_000, description="Least time between two pushes to a user."
    )
    push_items: int = Field(default=10, ge=1, le=100, description="Items of a pushed list.")
    refresh_interval_s: float = Field(
        default=5.0,
        gt=0,
        le=3_600,
        description="How often connected users' lists are recomputed for the acts of others.",
    )
    max_requests: int = Field(
        default=2_000,
        ge=10,
        le=100_000,
        description="Requests that one worker answers at a time; more get 503 at once.",
    )
    max_sockets: int = Field(
        default=10_000, ge=1, le=1_000_000, description="Sockets one worker holds."
    )
    max_sockets_per_ip: int = Field(
        default=50, ge=1, le=1_000_000, description="Sockets one worker holds for one address."
    )
    max_sockets_per_user: int = Field(
        default=20, ge=1, le=1_000_000, description="Sockets one worker holds for one user."
    )
    socket_messages_per_s: float = Field(
        default=10.0,
        ge=1,
        le=100_000,
        description="Messages a second of a socket that are answered, twice as many at once; more get 429.",
    )
    log_format: Literal["json", "console"] = Field(
        default="console", description="Form of the log on standard error."
    )
