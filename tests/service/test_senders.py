"""Where a sender calls from, and what a key is called."""

import pytest

from service.senders import digest_of, key_id, network_of, sender_by_key, sender_by_token


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002-64"),
        ("2001:db8:1:2::9", "20010db800010002-64"),
        ("2001:db8:1:3::9", "20010db800010003-64"),
        ("fe80::1%eth0", "fe80000000000000-64"),
        ("", "unknown"),
        ("testclient", "unknown"),
        ("1.2.3.4:80 x", "unknown"),
    ],
)
def test_an_address_is_named_by_its_network_without_what_parts_keys(
    address: str, network: str
) -> None:
    assert network_of(address) == network


def test_a_key_is_named_by_its_digest() -> None:
    named = key_id(b"write-key-0123456789")
    assert len(named) == 8
    assert int(named, 16) >= 0
    assert named != key_id(b"write-key-012345678")
    assert (
        str(sender_by_key(digest_of(b"write-key-0123456789"), network_of("::1")))
        == f"{named} 0000000000000000-64"
    )
    assert str(sender_by_token("192.0.2.1")) == "token 192.0.2.1"
