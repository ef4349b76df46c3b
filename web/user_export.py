"""Writes an export as it is read: it may be long, and is never held as a whole."""

import logging
from collections.abc import AsyncIterator

from service.errors import ServiceError
from service.user_data import Export, Letter, UserData, UserRecord, Visit
from web.json_output import dumps

log = logging.getLogger(__name__)


async def export_document(users: UserData, export: Export) -> AsyncIterator[bytes]:
    """One JSON object, as `UserExport` describes it. It ends half-way, and is no JSON, when the store goes away."""
    head = {
        "user_id": export.user_id,
        "exported_at": export.exported_ms,
        "turned_away": [_turned_away(letter) for letter in export.letters],
    }
    yield dumps(head)[:-1] + b',"records":['
    try:
        for place, record in enumerate(export.records):
            yield (b"," if place else b"") + dumps(_record(record))[:-1] + b',"visits":['
            parted = b""
            async for visit in users.visits(record):
                yield parted + dumps(_visit(visit))
                parted = b","
            yield b"]}"
    except ServiceError as error:
        log.warning("an export ends half-way: %s", error.code)
        return
    yield b"]}"


def _record(record: UserRecord) -> dict[str, object]:
    return {
        "user_id": record.user,
        "profile": record.profile,
        "history": [
            {"event_id": a.event_id, "type": a.type, "item_id": a.item, "at": a.at_ms}
            for a in record.acts
        ],
        "brought_by": record.brought_by,
        "event_ids": {str(day): ids for day, ids in record.ids.items()},
        "lists": [
            {"at": s.at_ms, "strategy": s.strategy, "arm": s.arm, "items": s.items}
            for s in record.served
        ],
    }


def _turned_away(letter: Letter) -> dict[str, object]:
    return {
        "at": letter.at_ms,
        "user_id": letter.user,
        "event_id": letter.event_id,
        "type": letter.type,
        "item_id": letter.item,
        "reason": letter.reason,
    }


def _visit(visit: Visit) -> dict[str, object]:
    return {
        "kind": visit.kind,
        "name": visit.name,
        "started_at": visit.started_ms,
        "last_event_at": visit.last_ms,
        "entries": [{"item_id": e.item, "type": e.type, "at": e.at_ms} for e in visit.entries],
        "listed_under": visit.listed_under,
    }
