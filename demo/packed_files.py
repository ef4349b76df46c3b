"""The page's files, packed when the service starts: whoever loads the page waits for no packing."""

import gzip
from os import PathLike, fspath, stat_result
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WORTH_PACKING_BYTES = 1_000


class PackedFiles(StaticFiles):
    """Serves the files of a folder, and nothing beside them. Lives as long as the app.

    A file that was changed since goes out as it is.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._packed = {
            (fspath(path.resolve()), _tag(path)): gzip.compress(path.read_bytes(), mtime=0)
            for path in folder.rglob("*")
            if path.is_file() and path.stat().st_size >= WORTH_PACKING_BYTES
        }

    def file_response(
        self,
        full_path: "PathLike[str] | str",
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, packed for whoever takes that; or that it is as the client has it."""
        plain = super().file_response(full_path, stat_result, scope, status_code)
        packed = self._packed.get((fspath(full_path), plain.headers["etag"]))
        if packed is None:
            return plain
        plain.headers.add_vary_header("Accept-Encoding")
        takes_packed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        if not isinstance(plain, FileResponse) or not takes_packed:
            return plain
        headers = {name: plain.headers[name] for name in ("etag", "last-modified", "vary")}
        return Response(
            packed, headers=headers | {"content-encoding": "gzip"}, media_type=plain.media_type
        )


def _tag(path: Path) -> str:
    """What a client is told of the file's state."""
    return FileResponse(path, stat_result=path.stat()).headers["etag"]
