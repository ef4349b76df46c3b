"""Self-describing recommendation ids: who was shown what by which strategy and when, signed."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b

_SIGNATURE_BYTES = 8


@dataclass(slots=True)
class Shown:
    """What a recommendation id says. `arm` is the experiment arm, "" outside experiments."""

    user: str
    strategy: str
    arm: str
    at_ms: int


class RecommendationIds:
    """Makes ids, signed with the database's secret: who shares the secret can tell them from made-up ones."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def make(self, shown: Shown) -> str:
        """An id of the characters A-Z a-z 0-9 - _ that starts with a letter."""
        body = f"{shown.user}|{shown.strategy}|{shown.arm}|{shown.at_ms:x}".encode()
        return "r" + urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")

    def _sign(self, body: bytes) -> bytes:
        return blake2b(body, key=self._secret, digest_size=_SIGNATURE_BYTES).digest()
