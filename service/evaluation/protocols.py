"""Which protocols there are, and which files each takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from service.evaluation.next_item import next_item
from service.evaluation.options import LAST_EXCLUDED, PRODUCT, PUBLISHED, Options, Rules
from service.evaluation.readers import (
    Reader,
    read_events,
    read_ratings,
    read_sessions,
    read_srgnn,
)
from service.evaluation.trial import Trial


class Protocol(StrEnum):
    """How labels are made."""

    NEXT_ITEM = "next-item"


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
    """What is read, and how."""

    input: Input
    train: Path
    test: Path | None = None


def evaluation_of(files: Files, options: Options) -> Trial:
    """What is to be run. Raises UnusableFile, InvalidInput."""
    reader = READERS[files.input]
    return next_item(reader, files.train, files.test, options)


def rules_of(*, product: bool, exclude_last: bool) -> Rules:
    """Published rules unless others are asked for."""
    if product:
        return PRODUCT
    return LAST_EXCLUDED if exclude_last else PUBLISHED
