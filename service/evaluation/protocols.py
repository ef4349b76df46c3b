"""Which protocols there are, and which files each takes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from service.errors import InvalidInput
from service.evaluation.baskets import basket, holdout
from service.evaluation.moments import moment_ms
from service.evaluation.next_item import next_item
from service.evaluation.options import LAST_EXCLUDED, PRODUCT, PUBLISHED, Options, Rules
from service.evaluation.prequential import Prequential
from service.evaluation.readers import (
    Log,
    Reader,
    joined,
    read_events,
    read_items,
    read_ratings,
    read_sessions,
    read_srgnn,
)
from service.evaluation.trial import Trial


class Protocol(StrEnum):
    """How labels are made."""

    NEXT_ITEM = "next-item"
    PREQUENTIAL = "prequential"
    BASKET = "basket"
    HOLDOUT = "holdout"


class Input(StrEnum):
    """The files' format."""

    EVENTS = "events"
    MOVIELENS = "movielens"
    SESSIONS = "sessions"
    SRGNN = "srgnn"


READERS: Mapping[Input, Reader] = {
    Input.EVENTS: read_events,
    Input.MOVIELENS: read_ratings,
    Input.SESSIONS: read_sessions,
    Input.SRGNN: read_srgnn,
}


@dataclass(frozen=True, slots=True)
class Files:
    """What is read, and where it is parted: see `moment_ms`."""

    input: Input
    train: Path
    test: Path | None = None
    items: Path | None = None
    split_at: str | None = None
    frozen_after: str | None = None


def evaluation_of(protocol: Protocol, files: Files, options: Options) -> Trial | Prequential:
    """What is to be run. Raises UnusableFile, InvalidInput."""
    if protocol is Protocol.NEXT_ITEM:
        return next_item(READERS[files.input], files.train, files.test, options)
    log = _whole_log(files)
    if protocol is Protocol.HOLDOUT:
        return holdout(log, options)
    split_ms = _moment(files.split_at, log)
    if split_ms is None:
        raise InvalidInput("no_split", "Where does the test begin? Say --split-at.")
    if protocol is Protocol.BASKET:
        return basket(log, split_ms, options)
    return Prequential(log, options, split_ms, _moment(files.frozen_after, log))


def _whole_log(files: Files) -> Log:
    """All files as one log."""
    log = READERS[files.input](files.train)
    if files.test is not None:
        log = joined(log, READERS[files.input](files.test))
    items = {**log.items, **(read_items(files.items) if files.items else {})}
    return replace(log, items=items)


def _moment(text: str | None, log: Log) -> int | None:
    first_ms = (log.events[0].timestamp_ms or 0) if log.events else 0
    return None if text is None else moment_ms(text, first_ms)


def rules_of(protocol: Protocol, *, product: bool, exclude_last: bool) -> Rules:
    """Published rules for next-item unless others are asked for; the product's for the others."""
    if product or protocol is not Protocol.NEXT_ITEM:
        return PRODUCT
    return LAST_EXCLUDED if exclude_last else PUBLISHED
