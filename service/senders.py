"""Who sends: what is kept of a caller whose events are limited."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address

from service.access_settings import DIGEST_PREFIX

TOKENS = "token"
NOWHERE = "unknown"
_KEY_ID_DIGITS = 8
_NETWORK_BITS = 64
_LONGEST_ADDRESS = 64  # with the name of an interface


@dataclass(frozen=True, slots=True)
class Sender:
    """A limited sender: the id of the write key, or `token` for all users' tokens, and the network it calls from."""

    key_id: str
    network: str

    def __str__(self) -> str:
        return f"{self.key_id} {self.network}"


def digest_of(key: bytes) -> bytes:
    """What a key is known by: 32 bytes, from which nobody can tell the key."""
    return sha256(key).digest()


def digest_of_setting(key: str) -> bytes:
    """The same of a key as it is set: in clear, or as its digest."""
    if key.startswith(DIGEST_PREFIX):
        return bytes.fromhex(key.removeprefix(DIGEST_PREFIX))
    return digest_of(key.encode())


def key_id(key: bytes) -> str:
    """What a key is called where people read of it."""
    return _named(digest_of(key))


def key_id_of_setting(key: str) -> str:
    """As `key_id`, of a key as it is set."""
    return _named(digest_of_setting(key))


def _named(digest: bytes) -> str:
    return digest.hex()[:_KEY_ID_DIGITS]


def sender_by_key(digest: bytes, network: str) -> Sender:
    """Whoever holds the write key of that digest, calling from that network."""
    return Sender(_named(digest), network)


def sender_by_token(network: str) -> Sender:
    """A user with a token, calling from that network."""
    return Sender(TOKENS, network)


def network_of(address: str) -> str:
    """An IPv4 address as it is, of IPv6 the /64, which one household or one attacker has whole.

    Without colons, which part keys; `unknown` for what is no address, as a Unix socket.
    """
    # A proxy may pass on whatever a client says it is.
    return _network_of(address[:_LONGEST_ADDRESS])


@lru_cache(maxsize=4_096)
def _network_of(address: str) -> str:
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return NOWHERE
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{int(found) >> _NETWORK_BITS:016x}-64"
    return str(found)
