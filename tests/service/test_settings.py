"""Settings from the environment."""

import pytest
from pydantic import ValidationError

from service.bootstrap import limits_of
from service.settings import Settings
from store.recording import Limits


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TANDEM_{name.upper()}", raising=False)


def test_keys_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_WRITE_KEYS", "a-key-of-16-chars, another-key-16-chars,")
    settings = Settings()
    assert settings.write_keys == ("a-key-of-16-chars", "another-key-16-chars")
    assert settings.keyed


def test_without_keys_it_is_not_keyed() -> None:
    assert not Settings().keyed


def test_a_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_ADMIN_KEYS", "short")
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("digest", ["0f" * 31, "0f" * 33, "xy" * 32, ""])
def test_a_digest_that_is_none_is_refused(digest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_ADMIN_KEYS", f"sha256:{digest}")
    with pytest.raises(ValidationError):
        Settings()


def test_a_digest_may_be_written_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_ADMIN_KEYS", "sha256:" + "0F" * 32)
    assert Settings().admin_keys == ("sha256:" + "0f" * 32,)


def test_limited_callers_are_kinds_of_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_LIMITED_CALLERS", "user, server")
    assert Settings().limited_callers == ("user", "server")
    monkeypatch.setenv("TANDEM_LIMITED_CALLERS", "everybody")
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"), [("PARTITIONS", "0"), ("KEY_PREFIX", "no colon"), ("PORT", "70000")]
)
def test_values_out_of_bounds_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TANDEM_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_the_settings_defaults_are_the_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits_of(Settings()) == Limits()


def test_every_setting_has_a_line_of_help() -> None:
    assert all(field.description for field in Settings.model_fields.values())
