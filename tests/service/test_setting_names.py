"""A misspelt setting is found, and its nearest known name."""

import re
from pathlib import Path

import pytest

from service.setting_names import unknown_names, warning_of
from service.settings import Settings

ROOT = Path(__file__).parents[2]
READERS = ("service", "store", "scoring", "web", "demo", "benchmarks", "scripts", ".ci", "tests")
NAME = re.compile(r"\bTANDEM_[A-Z_]*[A-Z]\b")
# They misspell on purpose.
MISSPELLING = ("test_setting_names.py", "test_unknown_settings.py")


def test_every_setting_is_known() -> None:
    names = [f"TANDEM_{name.upper()}" for name in Settings.model_fields]
    assert unknown_names([*names, "tandem_redis_url"]) == []


def test_what_has_not_our_prefix_is_nobody_s_business() -> None:
    assert unknown_names(["PATH", "REDIS_URL", "MY_TANDEM_REDISURL"]) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TANDEM_REDISURL", "TANDEM_REDIS_URL"),
        ("TANDEM_SERVER_KEY", "TANDEM_SERVER_KEYS"),
        ("tandem_orgins", "TANDEM_ORIGINS"),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest(name: str, meant: str) -> None:
    assert unknown_names([name]) == [name]
    assert warning_of(name) == f"{name} is no setting and changes nothing. Did you mean {meant}?"


def test_a_name_that_is_like_none_is_told_where_all_are() -> None:
    assert warning_of("TANDEM_XYZ").endswith("docs/settings.md lists all.")


def test_every_name_that_anything_here_reads_is_known() -> None:
    files = [path for folder in READERS for path in (ROOT / folder).rglob("*") if _is_text(path)]
    files += [ROOT / "Dockerfile", ROOT / "docker-compose.yml"]
    read = {name for path in files for name in NAME.findall(path.read_text())}
    assert len(read) > 10
    assert unknown_names(read) == []


def _is_text(path: Path) -> bool:
    if path.name in MISSPELLING or not path.is_file():
        return False
    return path.suffix in (".py", ".sh", ".yml") or path.parent.name in ("scripts", ".ci")
