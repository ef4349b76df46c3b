"""Every Redis key, its type, what it holds and how long it lives.

`{p}` is the user's partition, crc32(user) % partitions, written as a Redis Cluster hash tag, so that all
that one event touches lies in one slot. All keys start with the prefix (`tandem:` unless configured).

key                          type    holds                                             life / cap
---------------------------  ------  ------------------------------------------------  ------------------------------
meta                         hash    schema partitions generation_ms created secret    for ever
{p}:history:USER             zset    event_id|type|item -> event time (ms)             event_ttl; history_limit
{p}:ids:USER:DAY             hash    event id -> fingerprint (the dedupe window)       3 days; daily limit per user
{p}:profile:USER             hash    rev session basket last n:TYPE a:NAME ...; alias  event_ttl; an alias twice that
{p}:session:USER:NAME        string  LAST START item|type|offset ...                   2 generations; session_limit
{p}:basket:USER:NAME         string  LAST START item|purchase|offset ...               2 generations; 2,000 entries
{p}:visits:USER              zset    s:NAME / b:NAME -> start (ms)                     2 generations; 200
{p}:sessions:GEN:ITEM        list    USER:NAME of sessions with the item, newest first 2 generations; sessions_per_item
{p}:pairs:KIND:GEN:ITEM      hash    view: >other <other >* *; purchase: other *      2 generations; pruned 256 -> 128
{p}:totals:KIND:GEN          hash    sessions / baskets                                2 generations
{p}:popular:KIND:HOUR        zset    item -> sessions that touched it in that hour     trending_hours; 10,000 -> 5,000
{p}:served:USER              list    AT|STRATEGY|ARM|ITEM ITEM ...: lists shown        rotate_days; 20 lists
{p}:aliases:USER             hash    ids merged into the user -> since (ms), partition 2 generations; 100
{p}:active                   zset    user -> last event time (ms)                      event_ttl, trimmed by time
{p}:rate:WHAT:WHOSE:MINUTE   string  a limited sender's events or new ids of a minute  2 minutes
{p}:senders                  zset    write key's id -> when it last brought a user     2 generations; 100
{p}:senders:KEY              zset    user first seen with that key -> when (ms)        2 generations; 100,000
{p}:recorded:PROCESS         string  number of the newest group that a process sent    24 hours
items                        zset    item id -> time of last change (ms)               until deleted
item:ITEM                    hash    title category brand price ... (JSON values)      until deleted; a mark 2 TTLs
similar:ITEM                 zset    item -> content similarity (cosine)               until replaced; 50
models                       hash    MODEL -> current version; MODEL:VERSION: written  for ever
walk:VERSION                 list    items that have lists of this version             2 generations
walk:VERSION:ITEM            string  "item weight item weight ..." (random walk)       2 generations; 100
collaborative:VERSION        list    items that have lists of this version             2 generations
collaborative:VERSION:ITEM   string  "item weight item weight ..." (EASE)              2 generations; 100
rules                        string  JSON: pins, boosts and blocks of the shop         until replaced; 100 rules
weights:NAME:LAST            hash    epoch examples p:FEATURE m:FEATURE w:FEATURE ...  until reset
weights:NAME:LAST:WORKER     string  number of the last sums that a worker has sent    1 hour
job:current                  string  id of the newest rebuild job                      31 days
job:ID                       hash    state, done, total, owner ... of a job            31 days
job:import:DIGEST            hash    time shift and rows done of an import             2 generations
rate:WINDOW                  string  requests of a user, key or address, by a digest    2 minutes
lock:NAME                    hash    owner, until (ms) and fencing token of a lease    for ever
dead-letters                 stream  at source row reason ids of what was turned away  2 generations; some 10,000
push:USER (as {p}:push:USER)  channel rev|event_id|type|item|now|at|session            -
changes                      channel catalogue/merged/erased ID ...; heartbeat WORKER; models weights rules -

A key is built here and nowhere else (the scripts derive theirs from the same partition prefix; WINDOW,
`{LIMITER/KIND/DIGEST/AMOUNT/1/minute}`, is named by the library `limits`).
`docs/counting.md` says when each is written; `tests/store/test_key_table.py` holds a live database
against this table.
"""

from dataclasses import dataclass
from zlib import crc32

PAIR_KINDS = ("view", "purchase", "conversion")

# Constants of the stored data's meaning: changing one needs a new schema version (docs/counting.md).
SCHEMA_VERSION = 1
VIEW_STEPS = 4
VIEW_STEP_WEIGHT = 12
VISITS_LIMIT = 200
BASKET_LIMIT = 2_000
PAIRS_KEPT = 128
IDS_KEPT_DAYS = 3
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Keys:
    """Builds every key. Lives as long as the store; `partitions` never changes for a database."""

    prefix: str = "tandem:"
    partitions: int = 1

    def partition(self, user: str) -> int:
        return crc32(user.encode()) % self.partitions

    def tag(self, partition: int) -> str:
        """What every key of a partition starts with, as the scripts expect it."""
        return f"{self.prefix}{{{partition}}}:"

    def of_user(self, name: str, user: str) -> str:
        return f"{self.tag(self.partition(user))}{name}:{user}"

    @property
    def meta(self) -> str:
        return f"{self.prefix}meta"

    def history(self, user: str) -> str:
        return self.of_user("history", user)

    def profile(self, user: str) -> str:
        return self.of_user("profile", user)

    def visits(self, user: str) -> str:
        return self.of_user("visits", user)

    def served(self, user: str) -> str:
        return self.of_user("served", user)

    def aliases(self, user: str) -> str:
        """The ids that were merged into the user."""
        return self.of_user("aliases", user)

    def push(self, user: str) -> str:
        """Channel on which the record script announces a user's new revision."""
        return self.of_user("push", user)

    def ids(self, user: str, day: int) -> str:
        return f"{self.of_user('ids', user)}:{day}"

    def id_days(self, now_ms: int, event_ttl_ms: int) -> range:
        """The days of which there may be ids of a user: events are at most so old when they are recorded."""
        return range((now_ms - event_ttl_ms) // DAY_MS - IDS_KEPT_DAYS, now_ms // DAY_MS + 2)

    def session(self, user: str, name: str) -> str:
        return f"{self.of_user('session', user)}:{name}"

    def basket(self, user: str, name: str) -> str:
        return f"{self.of_user('basket', user)}:{name}"

    def session_of_entry(self, entry: str) -> str:
        """Key of a session from its `USER:NAME` entry in a `sessions:GEN:ITEM` list."""
        user, _, name = entry.partition(":")
        return self.session(user, name)

    def sessions(self, partition: int, generation: int, item: str) -> str:
        return f"{self.tag(partition)}sessions:{generation}:{item}"

    def pairs(self, partition: int, kind: str, generation: int, item: str) -> str:
        return f"{self.tag(partition)}pairs:{kind}:{generation}:{item}"

    def totals(self, partition: int, kind: str, generation: int) -> str:
        return f"{self.tag(partition)}totals:{kind}:{generation}"

    def popular(self, partition: int, kind: str, hour: int) -> str:
        return f"{self.tag(partition)}popular:{kind}:{hour}"

    def active(self, partition: int) -> str:
        return f"{self.tag(partition)}active"

    def rate(self, partition: int, what: str, whose: str, minute: int) -> str:
        """What a limited address or key (`whose`) has used of a limit in that minute."""
        return f"{self.tag(partition)}rate:{what}:{whose}:{minute}"

    def senders(self, partition: int) -> str:
        """Ids of the write keys that have brought users."""
        return f"{self.tag(partition)}senders"

    def brought(self, partition: int, key_id: str) -> str:
        """The users first seen with a write key."""
        return f"{self.tag(partition)}senders:{key_id}"

    @property
    def items(self) -> str:
        return f"{self.prefix}items"

    def item(self, item: str) -> str:
        return f"{self.prefix}item:{item}"

    def similar(self, item: str) -> str:
        return f"{self.prefix}similar:{item}"

    @property
    def models(self) -> str:
        """Current version of each model, and which versions there are."""
        return f"{self.prefix}models"

    def written(self, model: str, version: int) -> str:
        """The items that have lists of this version; with an item behind it, that item's list."""
        return f"{self.prefix}{model}:{version}"

    @property
    def rules(self) -> str:
        return f"{self.prefix}rules"

    def weights(self, name: str, last: str) -> str:
        """Learned weights of a strategy for lists after a last act of that type."""
        return f"{self.prefix}weights:{name}:{last}"

    @property
    def current_job(self) -> str:
        return f"{self.prefix}job:current"

    def job(self, job_id: str) -> str:
        return f"{self.prefix}job:{job_id}"

    def import_job(self, digest: str) -> str:
        return f"{self.prefix}job:import:{digest}"

    def lock(self, name: str) -> str:
        return f"{self.prefix}lock:{name}"

    @property
    def dead_letters(self) -> str:
        return f"{self.prefix}dead-letters"

    @property
    def rates(self) -> str:
        """What the keys of the rate limiter start with, without the colon."""
        return f"{self.prefix}rate"

    @property
    def changes(self) -> str:
        """Channel on which a change of catalogue or models is announced to every worker."""
        return f"{self.prefix}changes"
