"""A power cut: what Redis has written to its append-only file and not yet synced is gone."""

import os
import subprocess
from pathlib import Path
from unittest.mock import patch

from tests.faults.mortal import MortalRedis

SOURCE = Path(__file__).with_name("synced_sizes.c")
NO_REWRITE = ("--auto-aof-rewrite-percentage", "0")


def compile_shim(folder: Path) -> Path:
    """The library that notes what has been synced. Needs a C compiler."""
    made = folder / "synced_sizes.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", made, SOURCE, "-ldl"], check=True)
    return made


class PowerSupply:
    """Of a Redis that is not to rewrite its file meanwhile (`NO_REWRITE`)."""

    def __init__(self, redis: MortalRedis, shim: Path) -> None:
        self._redis = redis
        self._shim = shim
        self._log = redis.folder / "synced.log"
        self._synced: dict[str, int] = {}

    def on(self) -> None:
        """Starts Redis on what the disk holds."""
        self._log.write_text("")
        with patch.dict(os.environ, LD_PRELOAD=str(self._shim), SYNC_LOG=str(self._log)):
            self._redis.start()
        self._synced = {str(path): path.stat().st_size for path in self._files()}

    def cut(self) -> int:
        """Ends Redis and takes away what was not on disk. Returns how many bytes that were."""
        self._redis.kill()
        for line in self._log.read_text().splitlines():
            size, _, path = line.partition(" ")
            self._synced[path] = int(size)
        return sum(self._cut(path) for path in self._files())

    def _cut(self, path: Path) -> int:
        size = path.stat().st_size
        kept = min(size, self._synced.get(str(path), 0))
        os.truncate(path, kept)
        return size - kept

    def _files(self) -> list[Path]:
        return list((self._redis.folder.resolve() / "appendonlydir").glob("*.aof"))
