"""What the demo page is made of: known files, licensed, from this server only, and small."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "demo" / "static"
VENDOR = STATIC / "vendor"
PAGE_GZIP_BYTES = 110_000
# Names that are looked up nowhere: XML namespaces, and the page that an error message tells to read.
NAMES = ("http://www.w3.org/2000/svg", "https://socket.io/docs/v3/migrating-from-2-x-to-3-0/")
HOST = re.compile(r"https?://[\w.-]+|[\"'`(]//\w[\w.-]*\.\w+/")
LOADED = {".html", ".css", ".js", ".svg"}


def loaded() -> list[Path]:
    return [path for path in STATIC.rglob("*") if path.suffix in LOADED]


def hosts(text: str) -> list[str]:
    for name in NAMES:
        text = text.replace(name, "")
    return HOST.findall(text)


def test_every_library_is_the_file_that_was_checked_in() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.glob("*/*")
    }
    assert found == listed


def test_every_library_has_its_licence() -> None:
    folders = {path.parent for path in VENDOR.glob("*/*.js")}
    assert folders
    assert {folder for folder in folders if not (folder / "LICENSE").is_file()} == set()


@pytest.mark.parametrize("path", loaded(), ids=lambda path: path.name)
def test_a_file_of_the_page_names_no_other_host(path: Path) -> None:
    assert hosts(path.read_text()) == []


@pytest.mark.parametrize("text", ["fetch('https://example.org')", '<script src="//cdn.net/x">'])
def test_another_host_is_found(text: str) -> None:
    assert hosts(text)


def test_the_page_needs_no_map_of_a_library_that_is_not_there() -> None:
    assert [path for path in loaded() if "sourceMappingURL" in path.read_text()] == []


def test_every_module_is_announced_by_the_page_itself() -> None:
    page = (STATIC / "index.html").read_text()
    announced = set(re.findall(r'(?:modulepreload" href|module" src)="static/([^"]+)"', page))
    only_types = {"types.js"}
    assert announced == {str(p.relative_to(STATIC)) for p in STATIC.rglob("*.js")} - only_types


def test_the_whole_page_is_small() -> None:
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in loaded()}
    assert sum(sizes.values()) <= PAGE_GZIP_BYTES, sizes
