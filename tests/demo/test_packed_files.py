"""Files are packed once, before anybody asks for them."""

import gzip
import os
from pathlib import Path

import httpx2
import pytest

from demo.packed_files import WORTH_PACKING_BYTES, PackedFiles

TEXT = "a pine by the harbour\n" * 100
PACKED = {"Accept-Encoding": "gzip"}
AN_HOUR_NS = 3_600 * 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "long.js").write_text(TEXT)
    (tmp_path / "short.js").write_text("x" * (WORTH_PACKING_BYTES - 1))
    return tmp_path


async def get(files: PackedFiles, path: str, **headers: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=files)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
        return await client.get(path, headers={"Accept-Encoding": "", **headers})


async def test_a_file_comes_packed_to_whoever_takes_that(folder: Path) -> None:
    files = PackedFiles(folder)
    packed = await get(files, "/parts/long.js", **PACKED)
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(TEXT.encode(), mtime=0))
    plain = await get(files, "/parts/long.js")
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == TEXT
    for name in ("content-type", "etag", "last-modified", "vary"):
        assert packed.headers[name] == plain.headers[name]


async def test_a_small_file_is_not_worth_packing(folder: Path) -> None:
    answer = await get(PackedFiles(folder), "/short.js", **PACKED)
    assert "content-encoding" not in answer.headers


async def test_nothing_is_packed_while_somebody_waits(folder: Path) -> None:
    """So what was changed since the start goes out as it is now."""
    files, path = PackedFiles(folder), folder / "parts" / "long.js"
    state = path.stat()
    path.write_text(TEXT.upper())
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + AN_HOUR_NS))
    answer = await get(files, "/parts/long.js", **PACKED)
    assert "content-encoding" not in answer.headers
    assert answer.text == TEXT.upper()


async def test_who_has_the_file_is_not_sent_it_again(folder: Path) -> None:
    files = PackedFiles(folder)
    first = await get(files, "/parts/long.js", **PACKED)
    again = await get(files, "/parts/long.js", **PACKED, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["vary"] == "Accept-Encoding"
