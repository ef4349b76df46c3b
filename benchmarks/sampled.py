"""The real service with a stopwatch: in which of its files the processor time of its worker is spent.

`create` is the app factory. Every few milliseconds of the process's own time (as fine as the kernel's clock is) the
innermost of our files on the stack is counted. SIGUSR1 starts to count anew, SIGUSR2 writes what was counted, and the
processor time since, to the file that SAMPLES_FILE names.
"""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from starlette.types import ASGIApp

INTERVAL_S = 0.001
OURS = ("web", "service", "store", "scoring")
SERVER = "server"
#: Only calls what others want to have done: their time.
AGENTS = ("scoring/scratch.py",)
_ROOT = f"{Path(__file__).parents[1]}/"
_counted: Counter[str] = Counter()
_began_s = 0.0


def create() -> ASGIApp:
    from web.app import app_from_environment

    signal.signal(signal.SIGPROF, _count)
    signal.signal(signal.SIGUSR1, _begin)
    signal.signal(signal.SIGUSR2, _write)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
    return app_from_environment()


def _begin(*_: object) -> None:
    global _began_s
    _began_s = time.process_time()
    _counted.clear()


def _count(_number: int, frame: FrameType | None) -> None:
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_ROOT):
            ours = name.removeprefix(_ROOT)
            if ours.partition("/")[0] in OURS and ours not in AGENTS:
                _counted[ours] += 1
                return
        frame = frame.f_back
    _counted[SERVER] += 1


def _write(*_: object) -> None:
    file = Path(os.environ["SAMPLES_FILE"])
    unfinished = file.with_suffix(".part")
    seconds = time.process_time() - _began_s
    unfinished.write_text(json.dumps({"seconds": seconds, "samples": _counted}))
    unfinished.rename(file)
