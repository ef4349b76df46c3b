"""Which Redis a command uses: the given one, else one beside it, else one that it starts itself.

A file of the data folder names the private or embedded store that runs, so that every command of the
same folder joins it. Who started it ends it; the data of a private one stay in the folder. Commands
that only look start none.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from service import private_redis
from service.private_redis import RedisDidNotStart
from service.settings import Settings
from store.embedded import embedded_redis
from store.reachability import process_id, state_of

Kind = Literal["given", "private", "embedded"]

TOY_BANNER = "embedded toy store: one process, nothing survives"
_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
_FILE = "redis.json"
_LOCK = "redis.lock"


class NoStoreRunning(Exception):
    """No Redis is given, and none runs in the data folder; the message says how to name one."""


@dataclass(frozen=True, slots=True)
class RedisPlace:
    """A Redis that answers, or one that the settings name. `note` is for the one who started us."""

    url: str
    kind: Kind
    note: str


@dataclass(frozen=True, slots=True)
class _Running:
    """A store that runs beside us: its process, and the process that will end it."""

    url: str
    kind: Kind
    pid: int
    owner: int


@contextmanager
def redis_place(settings: Settings) -> Iterator[RedisPlace]:
    """Yields the Redis to use, and ends it afterwards if it was started here.

    Raises RedisDidNotStart. Two commands that start at once start one store: the second joins it.
    """
    if settings.redis_url:
        yield _given(settings.redis_url)
        return
    folder = data_folder(settings)
    with ExitStack() as held:
        with _locked(folder):
            place = _join(folder, held) or _start(folder, held)
        yield place


def running_redis(settings: Settings) -> RedisPlace:
    """The Redis that is given or runs already. Starts, ends and writes nothing: for who only looks.

    Raises NoStoreRunning, RedisDidNotStart.
    """
    if settings.redis_url:
        return _given(settings.redis_url)
    folder = Path(settings.data_dir).resolve()
    running = _answering(folder)
    if running is None:
        raise NoStoreRunning(
            f"No store is running here: looked in {folder}. Run this where `tandem serve` runs, "
            "or name its folder in TANDEM_DATA_DIR, or its Redis in TANDEM_REDIS_URL."
        )
    return _beside(folder, running)


def _given(url: str) -> RedisPlace:
    if urlsplit(url).scheme not in _SCHEMES:
        raise RedisDidNotStart(
            "TANDEM_REDIS_URL must begin with redis://, rediss://, unix:// or redis+sentinel://"
        )
    return RedisPlace(url, "given", "the Redis of TANDEM_REDIS_URL")


def data_folder(settings: Settings) -> Path:
    """The folder of what stays on this machine, made for us alone where there is none."""
    folder = Path(settings.data_dir).resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Data are nothing to commit, wherever the folder lies.
    (folder / ".gitignore").write_text("*\n", encoding="utf8")
    return folder


def _join(folder: Path, held: ExitStack) -> RedisPlace | None:
    running = _answering(folder)
    if running is None:
        return None
    if not private_redis.is_running(running.owner) and process_id(running.url) == running.pid:
        # Whoever started it was killed: the first to come after ends it in his place.
        _note(folder, replace(running, owner=os.getpid()))
        held.callback(_end, folder, lambda: private_redis.stop_orphan(running.url, running.pid))
    return _beside(folder, running)


def _answering(folder: Path) -> _Running | None:
    running = _noted(folder)
    if not running or not private_redis.is_running(running.pid):
        return None
    state = state_of(running.url)
    if state == "busy":
        raise RedisDidNotStart(f"the Redis beside us (process {running.pid}) does not answer")
    return running if state == "ready" else None


def _beside(folder: Path, running: _Running) -> RedisPlace:
    note = TOY_BANNER if running.kind == "embedded" else f"data in {folder}"
    return RedisPlace(running.url, running.kind, f"{note}; joined beside process {running.owner}")


def _start(folder: Path, held: ExitStack) -> RedisPlace:
    program = private_redis.program()
    if program is None:
        url = held.enter_context(embedded_redis())
        _note(folder, _Running(url, "embedded", os.getpid(), os.getpid()))
        held.callback(_end, folder, lambda: None)
        return RedisPlace(url, "embedded", TOY_BANNER)
    server = private_redis.start(program, folder)
    _note(folder, _Running(server.url, "private", server.process.pid, os.getpid()))
    held.callback(_end, folder, server.stop)
    return RedisPlace(server.url, "private", f"data in {folder}")


def _end(folder: Path, stop: Callable[[], None]) -> None:
    """Under the lock, or a command that starts meanwhile would open the same data a second time."""
    with _locked(folder):
        (folder / _FILE).unlink(missing_ok=True)
        stop()


def _noted(folder: Path) -> _Running | None:
    try:
        return _Running(**json.loads((folder / _FILE).read_text(encoding="utf8")))
    except (OSError, ValueError, TypeError):
        return None


def _note(folder: Path, running: _Running) -> None:
    fresh = folder / f"{_FILE}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(running)) + "\n", encoding="utf8")
    fresh.replace(folder / _FILE)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
