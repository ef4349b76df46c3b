"""The table in the docstring of `store/keys.py`, as something that keys can be held against."""

import re
from dataclasses import dataclass

import store.keys
from store.keys import DAY_MS, HOUR_MS, MINUTE_MS
from store.recording import Limits

LIMITS = Limits()
ROTATE_DAYS = 3
PLACES = {
    "{p}": r"\{\d+\}",
    "USER": r"[^:]+",
    "NAME": r"[^:]+",
    "ITEM": r"[^:]+",
    "KIND": r"(?:view|purchase|conversion)",
    "GEN": r"(?P<generation>\d+)",
    "HOUR": r"(?P<hour>\d+)",
    "DAY": r"\d+",
    "ID": r"[0-9a-f]{16}",
    "LAST": r"[^:]+",
    "VERSION": r"\d+",
    "WORKER": r"[^:]+",
    "PROCESS": r"[0-9a-f]{16}",
    "DIGEST": r"[0-9a-f]{64}",
    "WHAT": r"(?:user|address|key|users|items)",
    "WHOSE": r"[^:]+",
    "MINUTE": r"\d+",
    "KEY": r"[0-9a-f]{8}",
    "WINDOW": r"\{LIMITER/(?:user|key|ip)/[0-9a-f]{32}/\d+/1/minute\}(?:/-1)?",
}
FOR_EVER = -1
LIVES_MS = {
    "for ever": FOR_EVER,
    "until deleted": FOR_EVER,
    "until replaced": FOR_EVER,
    "until reset": FOR_EVER,
    "1 hour": HOUR_MS,
    "2 minutes": 2 * MINUTE_MS,
    "rotate_days": ROTATE_DAYS * DAY_MS,
    "event_ttl": LIMITS.event_ttl_ms,
    "2 generations": 2 * LIMITS.event_ttl_ms,
    "trending_hours": (LIMITS.trending_hours + 1) * HOUR_MS,
    "24 hours": DAY_MS,
    "3 days": 3 * DAY_MS,
    "31 days": 31 * DAY_MS,
}
CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Row:
    """Keys of one form, all of one type; `life_ms` is the longest that one may live."""

    form: str
    type: str
    life_ms: int

    def match(self, prefix: str, key: str) -> re.Match[str] | None:
        parts = [PLACES.get(part, re.escape(part)) for part in self.form.split(":")]
        return re.fullmatch(re.escape(prefix) + ":".join(parts), key)


def table() -> list[Row]:
    """All rows but those of channels, which hold nothing."""
    lines = iter((store.keys.__doc__ or "").splitlines())
    while not next(lines).startswith("---"):
        pass
    rows = []
    while line := next(lines):
        form, kind, *rest = re.sub(r" \(as .*?\)", "", line).split()
        if kind != CHANNEL:
            rows.append(Row(form, kind, _life_ms(" ".join(rest))))
    return rows


def _life_ms(text: str) -> int:
    """The one life that the rest of a row names."""
    (life_ms,) = [life_ms for phrase, life_ms in LIVES_MS.items() if phrase in text]
    return life_ms
