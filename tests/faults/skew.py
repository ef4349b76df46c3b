"""Programs whose clock is wrong. Needs the program faketime."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.fleet import WorkerProcess, running_worker


def clock_environment(offset_s: int) -> dict[str, str]:
    """What makes a program's clock be off by so much; time that passes goes on as ever."""
    command = ("faketime", "--exclude-monotonic", "-f", f"{offset_s:+d}s", "env")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    variables = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    # FAKETIME_SHARED names a memory that is gone with the program that has just run.
    wanted = (name for name in variables.keys() - os.environ.keys() if name != "FAKETIME_SHARED")
    return {name: variables[name] for name in wanted}


@contextmanager
def skewed_workers(
    folder: Path, offsets_s: Sequence[int], **settings: object
) -> Iterator[list[WorkerProcess]]:
    """One worker for each clock."""
    with ExitStack() as stack:
        workers = []
        for number, offset_s in enumerate(offsets_s):
            with patch.dict(os.environ, clock_environment(offset_s)):
                starting = running_worker(folder, f"api-{number}", **settings)
                workers.append(stack.enter_context(starting))
        yield workers
