"""Servers that are killed without a word, and come back."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from tests.fleet import FACTORY, DidNotStart, WorkerProcess, running_worker
from tests.redis_server import RedisServer, free_port, start_redis_server

STARTS = 20
TRACE = "Traceback (most recent call last)"


class MortalRedis:
    """A durable redis-server on one port; started again it has the data of its folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.options = options
        self.server: RedisServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *more: str) -> RedisServer:
        """Blocks until it answers."""
        self.server = start_redis_server(self.folder, self.port, *self.options, *more)
        return self.server

    def kill(self) -> None:
        """SIGKILL, in the midst of whatever it does."""
        if self.server is not None:
            self.server.process.kill()
            self.server.process.wait()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    async def die_and_return(self) -> None:
        self.kill()
        await asyncio.to_thread(self.start)

    def _signal(self, number: int) -> None:
        if self.server is not None:
            self.server.process.send_signal(number)


@contextmanager
def mortal_redis(folder: Path, *options: str) -> Iterator[MortalRedis]:
    """Running; killed at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    redis = MortalRedis(folder, *options)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()


class MortalWorker:
    """One place in a fleet: a worker that is replaced by a new one, on another port, when it is killed."""

    def __init__(self, folder: Path, name: str, factory: str, settings: dict[str, object]) -> None:
        self._folder = folder
        self._name = name
        self._factory = factory
        self._settings = settings
        self._lives = 0
        self._stack = ExitStack()
        self.worker: WorkerProcess | None = None

    def start(self) -> None:
        """Blocks until a worker is ready; like an orchestrator it tries again where one cannot start."""
        for attempt in range(1, STARTS + 1):
            self._lives += 1
            name = f"{self._name}-{self._lives}"
            starting = running_worker(self._folder, name, self._factory, **self._settings)
            try:
                self.worker = self._stack.enter_context(starting)
            except DidNotStart:
                if attempt == STARTS:
                    raise
            else:
                return

    def kill(self) -> None:
        """SIGKILL, whatever it has promised to whom."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.process.kill()
        self._stack.close()

    def end(self) -> None:
        self.worker = None
        self._stack.close()


class MortalFleet:
    """Workers of one service."""

    def __init__(self, folder: Path, places: list[MortalWorker]) -> None:
        self._folder = folder
        self._places = places

    @property
    def urls(self) -> list[str]:
        """Of the workers that live."""
        return [place.worker.url for place in self._places if place.worker is not None]

    @property
    def tracebacks(self) -> int:
        """In what the workers that could start have written."""
        logs = self._folder.glob("api-*.log")
        texts = (log.read_text(errors="replace") for log in logs)
        return sum(text.count(TRACE) for text in texts if "startup failed" not in text)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for place in self._places:
            place.start()

    async def lose_one(self, rng: random.Random) -> None:
        """Kills one and returns when another has taken its place."""
        place = rng.choice(self._places)
        place.kill()
        await asyncio.to_thread(place.start)

    def end(self) -> None:
        for place in self._places:
            place.end()


@asynccontextmanager
async def mortal_fleet(
    folder: Path, size: int, factory: str = FACTORY, /, **settings: object
) -> AsyncIterator[MortalFleet]:
    """Workers that are ready; ended at the end. They rebuild no models: those are another matter's load."""
    asked = {"rebuild_interval_s": 0, **settings}
    names = [f"api-{number + 1}" for number in range(size)]
    fleet = MortalFleet(folder, [MortalWorker(folder, name, factory, asked) for name in names])
    try:
        await asyncio.to_thread(fleet.start)
        yield fleet
    finally:
        await asyncio.to_thread(fleet.end)
