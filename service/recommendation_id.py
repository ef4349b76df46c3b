"""Self-describing recommendation ids: who was shown what by which strategy and when, signed."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b

from service.errors import InvalidInput

_SIGNATURE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """What a recommendation id says. `arm` is the experiment arm, "" outside experiments."""

    user: str
    strategy: str
    arm: str
    at_ms: int


class RecommendationIds:
    """Makes and reads ids, signed with the database's secret so that every worker can check them."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def make(self, shown: Shown) -> str:
        """An id of the characters A-Z a-z 0-9 - _ that starts with a letter."""
        body = f"{shown.user}|{shown.strategy}|{shown.arm}|{shown.at_ms:x}".encode()
        return "r" + urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")

    def read(self, recommendation_id: str) -> Shown:
        """What the id says. InvalidInput when it was not made here."""
        text = recommendation_id[1:]
        try:
            body = urlsafe_b64decode(text + "=" * (-len(text) % 4))[_SIGNATURE_BYTES:]
            user, strategy, arm, at = body.decode().split("|")
            shown = Shown(user, strategy, arm, int(at, 16))
            # The whole id, not only what it decodes to: base64 has several spellings of the same bytes.
            genuine = hmac.compare_digest(self.make(shown).encode(), recommendation_id.encode())
        except ValueError:
            raise _not_ours() from None
        if not genuine:
            raise _not_ours()
        return shown

    def _sign(self, body: bytes) -> bytes:
        return blake2b(body, key=self._secret, digest_size=_SIGNATURE_BYTES).digest()


def _not_ours() -> InvalidInput:
    return InvalidInput(
        "invalid_recommendation_id",
        "This is no id of a list served here.",
        field="recommendation_id",
    )
