"""Times as files write them, in epoch milliseconds."""

from datetime import UTC, datetime
from enum import Enum

from service.importing.fields import BadValue, shown

# 1e11 seconds lie in the year 5138, 1e11 milliseconds in 1973.
_SECONDS_BELOW = 1e11
_LATEST_MS = 253_402_300_799_000  # the end of the year 9999


class TimeUnit(Enum):
    """What a bare number means; AUTO tells seconds and milliseconds apart by their size."""

    AUTO = "auto"
    SECONDS = "s"
    MILLISECONDS = "ms"


def parse_time_ms(value: object, unit: TimeUnit = TimeUnit.AUTO) -> int:
    """Reads a number, or an ISO 8601 date and time (UTC unless it says otherwise).

    Raises BadValue with a reason for the one who reads the report.
    """
    number = _number(value)
    try:
        time_ms = _iso_ms(str(value)) if number is None else _scaled(number, unit)
    except (ValueError, OverflowError):
        text = f"the time {shown(value)} cannot be read"
        raise BadValue("invalid_time", "timestamp", text) from None
    if not 0 <= time_ms <= _LATEST_MS:
        raise BadValue("invalid_time", "timestamp", f"the time {shown(value)} is out of range")
    return time_ms


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(str(value))
    except ValueError:
        return None


def _scaled(number: float, unit: TimeUnit) -> int:
    seconds = unit is TimeUnit.SECONDS or (unit is TimeUnit.AUTO and number < _SECONDS_BELOW)
    return round(number * 1000) if seconds else round(number)


def _iso_ms(text: str) -> int:
    moment = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
