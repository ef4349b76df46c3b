"""Committed files name no package host and no path of somebody's machine."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Written in pieces, so that this file does not hold what it looks for.
HOSTS = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("registry.npmjs", "org"),
    ("registry.yarnpkg", "com"),
    ("proxy.golang", "org"),
    ("crates", "io"),
]
INDEX_OPTIONS = ["i", "-index-url", "-extra-index-url", "-find-links", "-trusted-host"]
HOMES = ["work", "root", r"home/\w+", r"Users/\w+"]
LOCK_FILES = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "pylock.toml",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
}

PACKAGE_HOST = re.compile("|".join(re.escape(".".join(parts)) for parts in HOSTS))
INDEX_LINE = re.compile(rf"^\s*-({'|'.join(INDEX_OPTIONS)})[ =]\S", re.MULTILINE)
MACHINE_PATH = re.compile(rf"(?<![\w.~-])/({'|'.join(HOMES)})(?![\w-])")


@pytest.mark.parametrize(
    "pattern",
    [PACKAGE_HOST, INDEX_LINE, MACHINE_PATH],
    ids=["package host", "package index", "machine path"],
)
def test_no_committed_file_names_a(pattern: re.Pattern[str]) -> None:
    found = {path: match[0] for path in _committed() if (match := pattern.search(_text(path)))}
    assert found == {}


def test_no_lock_file_that_names_a_package_host_is_committed() -> None:
    assert {path for path in _committed() if Path(path).name in LOCK_FILES} == set()


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (PACKAGE_HOST, "https://" + ".".join(("files", "pythonhosted", "org")) + "/x"),
        (INDEX_LINE, "--index" + "-url https://example.org/simple"),
        (MACHINE_PATH, "see /" + "root/notes.txt"),
        (MACHINE_PATH, 'DATA = "/' + 'home/ada/data"'),
    ],
)
def test_a_pattern_finds_what_it_forbids(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


@cache
def _committed() -> tuple[str, ...]:
    # A checkout may belong to another user than the one who runs the tests.
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return tuple(path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file())


@cache
def _text(path: str) -> str:
    return (ROOT / path).read_text(errors="replace")
