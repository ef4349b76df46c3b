"""Remembers on the service how far the import of a file has come."""

from service.availability import store_answers
from service.errors import NotFound
from store.imports import ImportState, ImportStore


class ImportProgress:
    """Progress of imports by the digest of file and mapping. Lives as long as the worker."""

    def __init__(self, store: ImportStore) -> None:
        self._store = store

    async def get(self, digest: str) -> ImportState:
        """Shift and events done. NotFound when no such file was imported within its life."""
        with store_answers():
            state = await self._store.get(digest)
        if state is None:
            raise NotFound("unknown_import", "No import of this file is known.")
        return state

    async def put(self, digest: str, shift_ms: int, rows_done: int) -> ImportState:
        """Notes the events done; the answer holds the shift that was noted first."""
        with store_answers():
            return await self._store.put(digest, ImportState(shift_ms, rows_done))
