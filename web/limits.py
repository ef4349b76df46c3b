"""How often a caller may ask: by user or key, and by address. Events have limits of their own."""

from collections.abc import Iterator

from service.senders import network_of
from service.settings import Settings
from web.access import Caller

Counted = tuple[str, str, int]


class RequestLimits:
    """Who is counted, and how much is too much. Lives as long as the app."""

    def __init__(self, settings: Settings) -> None:
        self._limited = frozenset(settings.limited_callers)
        self._of_user = settings.user_requests_per_minute
        self._of_key = settings.key_requests_per_minute
        self._of_address = settings.ip_requests_per_minute
        self._users_have_tokens = settings.keyed and not settings.demo_open

    def of(self, caller: Caller, address: str) -> list[Counted]:
        """Kind, name and requests a minute of each count that the request adds to."""
        counted = (*self._of_caller(caller), ("ip", network_of(address), self._of_address))
        return [each for each in counted if each[2]] if len(counted) > 1 else []

    def of_socket(self, user_id: str) -> list[Counted]:
        """The same for what a socket asks; one whose user was only named is as free as its machine."""
        limited = self._users_have_tokens and "user" in self._limited and self._of_user
        return [("user", user_id, self._of_user)] if limited else []

    def _of_caller(self, caller: Caller) -> Iterator[Counted]:
        if caller.user_id is not None:
            if "user" in self._limited:
                yield "user", caller.user_id, self._of_user
        elif caller.key_id is not None and caller.access.name.lower() in self._limited:
            yield "key", caller.key_id, self._of_key
