"""`tandem serve`: the service on one port, or on several with a process each."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Annotated, NoReturn

import typer
import uvicorn

from service.bootstrap import system_clock
from service.check import Check
from service.doctor import check_settings, examine_redis
from service.private_redis import RedisDidNotStart
from service.redis_ladder import RedisPlace, redis_place
from service.settings import Settings
from web.app import Application, create_app
from web.cli.address import noted
from web.cli.console import err, fail, load_settings, out, troubles_of
from web.cli.fleet import Fleet, WorkerDidNotStart
from web.cli.listening import listening, refuse_taken
from web.cli.logs import set_up_logs
from web.cli.open_files import allow_open_files
from web.one_write import OneWriteProtocol
from web.sockets.frames import FRAME_BYTES

DRAIN_TIMEOUT_S = 15  # after the sockets: all has ended within 25 s
FRAMES_WAITING = 8


@dataclass(frozen=True, slots=True)
class Program:
    """What is served: how a worker's app is made, the module that starts such a worker, and a page to point to."""

    make_app: Callable[[Settings, RedisPlace], Application]
    module: str
    page: str = ""


_KEPT: Mapping[str, str] = {
    "given": "the data stay in that Redis",
    "private": "the data stay in that folder for the next start",
    "embedded": "the data end with the toy store",
}
SERVICE = Program(lambda settings, _place: create_app(settings), "web.cli")


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Processes, on the ports from --port on.")
    ] = 1,
    end_with_stdin: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Start the service. Uses TANDEM_REDIS_URL, else a private redis-server, else a toy store."""
    settings = load_settings(host=host, port=port)
    if end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        _run_one_of_several(settings, context.obj)
    else:
        run(settings, context.obj, workers)


def run(
    settings: Settings,
    program: Program,
    workers: int = 1,
    prepare: Callable[[RedisPlace], None] = lambda _place: None,
) -> None:
    """Serves until a signal ends it. `prepare` is called before anybody is let in."""
    checks = list(check_settings(settings))
    _refuse(checks)
    if settings.insecure:
        _warn(checks)
    set_up_logs(settings.log_format)
    allow_open_files(settings)
    with troubles_of(RedisDidNotStart), _ending_by_exception(), redis_place(settings) as place:
        _examine(settings, place)
        with noted(settings):
            if workers == 1:
                _serve_here(settings, place, program, prepare)
            else:
                prepare(place)
                _serve_many(settings, place, program, workers)


def _run_one_of_several(settings: Settings, program: Program) -> None:
    """Who started it has said what there is to say, and notes where all are."""
    set_up_logs(settings.log_format)
    with troubles_of(RedisDidNotStart), _ending_by_exception(), redis_place(settings) as place:
        _refuse(asyncio.run(examine_redis(settings, place.url, system_clock)))
        _serve_here(settings, place, program, lambda _place: None)


def _serve_here(
    settings: Settings, place: RedisPlace, program: Program, prepare: Callable[[RedisPlace], None]
) -> None:
    with listening(settings.host, settings.port) as listener:
        prepare(place)
        _announce(settings, place, program, 1)
        app = program.make_app(settings.model_copy(update={"redis_url": place.url}), place)
        server = uvicorn.Server(server_config(app, settings))
        server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def _serve_many(settings: Settings, place: RedisPlace, program: Program, workers: int) -> None:
    if settings.port + workers - 1 > 65_535:
        fail(f"There are no {workers} ports from {settings.port} on.")
    ports = range(settings.port, settings.port + workers)
    refuse_taken(settings.host, ports)
    fleet = Fleet(program.module, settings.host, ports, place.url)
    with troubles_of(WorkerDidNotStart), fleet.running():
        _announce(settings, place, program, workers)
        fleet.keep_running()


def server_config(app: object, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs one worker."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI 3 application, written as a class
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=OneWriteProtocol,
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_max_queue=FRAMES_WAITING,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # Engine.IO has pings of its own, and closes who does not answer them
        timeout_graceful_shutdown=DRAIN_TIMEOUT_S,
        access_log=False,
        log_config=None,
        server_header=False,
    )


def _refuse(checks: Iterable[Check]) -> None:
    """Ends where something would go wrong later, with all reasons at once."""
    failed = [check for check in checks if check.level == "fail"]
    if failed:
        fail("\n".join(_sentence(check) for check in failed))


def _examine(settings: Settings, place: RedisPlace) -> None:
    checks = asyncio.run(examine_redis(settings, place.url, system_clock))
    _refuse(checks)
    # Our own servers are as they should be, or toys that say so.
    if place.kind == "given":
        _warn(checks)


def _warn(checks: Iterable[Check]) -> None:
    for check in checks:
        if check.level == "warn":
            err.print(f"Warning: {_sentence(check)}", markup=False, soft_wrap=True)


def _sentence(check: Check) -> str:
    return f"{check.name}: {check.found}. {check.advice}"


def _announce(settings: Settings, place: RedisPlace, program: Program, workers: int) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    first, last = settings.port, settings.port + workers - 1
    where = f"http://{host}:{first}"
    out.print(f"Tandem   {where}{program.page}", markup=False)
    if workers > 1:
        out.print(f"Ports    {first} to {last}")
    out.print(f"Redis    {place.kind}: {place.note}", markup=False, soft_wrap=True)
    out.print(f"Ctrl-C   ends it; {_KEPT[place.kind]}")
    if settings.demo_open:
        out.print("[red]Open demo: everybody may do everything. Never with real data.[/red]")


@contextmanager
def _ending_by_exception() -> Iterator[None]:
    """SIGTERM, SIGHUP and Ctrl-C leave through `finally` blocks, so that what we started ends."""

    def leave(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with_stdin() -> None:
    """A worker ends when its parent does, however that ended."""
    # Not sys.stdin: its lock, held by this thread, would abort an orderly end.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
