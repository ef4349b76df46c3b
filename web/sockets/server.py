"""The Socket.IO server: from a WebSocket's opening to its end.

python-engineio limits nothing before authentication; all limits are here: caps on sockets, five
seconds to authenticate, small frames, one packet at a time and not too many, and no waiting for
who does not read.
"""

import asyncio
import logging
import random
from functools import partial
from typing import Any

import socketio
from starlette.types import Receive, Scope, Send

from service.errors import LimitExceeded, ServiceError
from service.model import Push
from service.senders import network_of
from service.settings import Settings
from web.access import address_of
from web.json_output import SocketJson
from web.problems import problem
from web.sockets.acts import Ack, Act, acknowledged, recommend, record, refusal, unknown
from web.sockets.admission import identify, read_auth
from web.sockets.allowance import Allowance
from web.sockets.connections import Caps, Connection, Connections
from web.sockets.endings import Endings
from web.sockets.frames import FRAME_BYTES, checked
from web.sockets.library_logs import library_log
from web.sockets.line import Line
from web.sockets.origins import Origins
from web.sockets.outbox import Outbox
from web.tokens import Identity, Tokens
from web.worker import Worker

PATHS = ("/socket.io", "/socket.io/")
AUTHENTICATE_S = 5.0
# A socket whose other end has gone without a word is dropped within their sum.
PING_INTERVAL_S = 20
PING_TIMEOUT_S = 10
RETRY_SPREAD_MS = 5_000
_NAMESPACE = "/"
_CONNECTION = "tandem.connection"
_CONNECT, _BINARY_KINDS = "0", ("5", "6")
# What python-socketio raises for packets that are none of Socket.IO's.
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError)
log = logging.getLogger(__name__)


class SocketServer:
    """An ASGI app for WebSockets. Lives as long as the HTTP app beside it."""

    def __init__(self, worker: Worker, settings: Settings, tokens: Tokens | None) -> None:
        self._worker = worker
        self._settings = settings
        self._tokens = tokens
        self._origins = Origins(worker.guard)
        self.connections = Connections(
            Caps(settings.max_sockets, settings.max_sockets_per_ip, settings.max_sockets_per_user)
        )
        self._server: Any = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            allow_upgrades=False,
            max_http_buffer_size=FRAME_BYTES,
            ping_interval=PING_INTERVAL_S,
            ping_timeout=PING_TIMEOUT_S,
            cors_allowed_origins=[],  # lets everybody in whom `Origins` has let pass
            logger=library_log("socketio.server"),
            engineio_logger=library_log("engineio.server"),
            json=SocketJson,
            # One packet of a socket at a time: its order is kept, and nobody piles up work.
            async_handlers=False,
        )
        self._outbox = Outbox(self._server, self.connections, worker)
        self._endings = Endings(self._server)
        self._listen()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in PATHS or not self._origins.allow(scope):
            await send({"type": "websocket.close"})
            return
        now_s, line = asyncio.get_running_loop().time(), Line.of(send)
        line.narrow()
        allowance = Allowance(self._settings.socket_messages_per_s, now_s)
        connection = Connection(network_of(address_of(scope)), line, allowance)
        scope[_CONNECTION] = connection

        async def bad_frame() -> bool:
            return await self._endings.malformed(connection)

        try:
            await self._server.handle_request(scope, checked(receive, bad_frame), send)
        finally:
            await self._forget(connection.engine_id)

    async def deliver(self, user_id: str, push: Push) -> None:
        """Sends a list to the user's sockets here."""
        await self._outbox.deliver(user_id, push)

    async def drain(self, spread_s: float, rng: random.Random) -> None:
        """Tells each socket, in any order and over that time, to go elsewhere, and closes it."""
        leaving = list(self.connections)
        rng.shuffle(leaving)
        for connection in leaving:
            # One that has not authenticated has no id, and what is sent to none goes to everybody.
            if connection.socket_id:
                message = {"retry_after_ms": rng.randrange(RETRY_SPREAD_MS)}
                await self._server.emit("server_draining", message, to=connection.socket_id)
            await self._endings.end(connection)
            await asyncio.sleep(spread_s / len(leaving))

    async def aclose(self) -> None:
        """Ends what the libraries run in the background."""
        await self._server.shutdown()

    def _listen(self) -> None:
        """Puts our limits before the library's handlers, and our handlers behind them."""
        server, engine = self._server, self._server.eio
        self._library = dict(engine.handlers)
        engine.on("connect", self._open)
        engine.on("message", self._message)
        engine.on("disconnect", self._closed)
        server.on("connect", self._connect)
        server.on("disconnect", self._left)
        server.on("event", partial(self._answer, record))
        server.on("recommend", partial(self._answer, recommend))
        server.on("*", self._answer_unknown)

    async def _open(self, engine_id: str, environ: dict[str, Any]) -> str | None:
        """A WebSocket was asked for. A text refuses it."""
        connection: Connection = environ["asgi.scope"][_CONNECTION]
        if self._worker.draining or self._worker.tandem is None:
            return "This worker is stopping."
        if self.connections.is_full_for(connection.address):
            return "There are too many sockets."
        await self._library["connect"](engine_id, environ)
        connection.engine_id = engine_id
        self.connections.add(connection)
        self._worker.metrics.sockets.inc()
        loop = asyncio.get_running_loop()
        too_late = partial(self._endings.too_late, connection, AUTHENTICATE_S)
        connection.set_timer(loop.call_later(AUTHENTICATE_S, too_late))
        return None

    async def _message(self, engine_id: str, data: str) -> None:
        connection = self.connections.get(engine_id)
        if connection is None:
            return
        await self._outbox.answered(connection)
        try:
            await self._dispatch(connection, data)
        except ServiceError as error:
            # Mostly the store is away: without a word, so that the client tries again by itself.
            log.info("a socket was closed: %s", error.code)
            await self._endings.end(connection)
        except _MALFORMED:
            await self._endings.malformed(connection)
        if connection.identity is None:
            await self._endings.end(connection)
        elif not connection.ready:
            connection.ready = True
            await self._outbox.flush(connection)

    async def _dispatch(self, connection: Connection, packet: str) -> None:
        kind = packet[:1]
        # Binary ones announce attachments that the library would wait for, and we take none.
        if kind in _BINARY_KINDS or (kind == _CONNECT and connection.identity is not None):
            raise ValueError(kind)
        await self._library["message"](connection.engine_id, packet)

    async def _closed(self, engine_id: str, reason: str) -> None:
        if connection := self.connections.get(engine_id):
            self._endings.cut_soon(connection)
        await self._forget(engine_id)
        await self._library["disconnect"](engine_id, reason)

    async def _left(self, socket_id: str, _reason: str) -> None:
        """A client that has said goodbye is not let in again, as somebody else, on the same line."""
        if connection := self._connection_of(socket_id):
            await self._endings.end(connection)

    async def _connect(self, socket_id: str, environ: dict[str, Any], auth: object) -> None:
        """Authenticates. Joined before its list is read, so that no change in between is missed."""
        scope = environ["asgi.scope"]
        connection: Connection = scope[_CONNECTION]
        connection.set_timer(None)
        try:
            sent = read_auth(auth)
            identity = identify(sent, scope, self._worker.guard, self._tokens)
            self._refuse_crowd(identity.user_id)
        except ServiceError as error:
            # With two arguments the second arrives as `err.data`.
            raise socketio.exceptions.ConnectionRefusedError(error.code, problem(error)) from None
        connection.explain = sent.explain
        await self._join(connection, socket_id, identity)
        self._end_with(connection, identity)

    def _refuse_crowd(self, user_id: str) -> None:
        if self.connections.is_full_of(user_id):
            text = f"A user may have {self.connections.caps.per_user} sockets: close another."
            raise LimitExceeded("too_many_sockets", text)

    async def _join(self, connection: Connection, socket_id: str, identity: Identity) -> None:
        connection.socket_id, connection.identity = socket_id, identity
        self.connections.watch(connection, identity.user_id)
        hub = self._worker.service.hub
        try:
            first = await hub.join(identity.user_id, socket_id, explain=connection.explain)
            connection.keep_newest(first)
        except Exception as error:
            self.connections.stop_watching(connection)
            connection.socket_id, connection.identity = "", None
            await self._server.manager.disconnect(socket_id, _NAMESPACE)
            if isinstance(error, ServiceError):
                raise
            # A fault of ours must not pass for a malformed packet.
            log.exception("a socket could not join")
            raise ServiceError("internal_error", "The socket could not join.") from error
        if self.connections.get(connection.engine_id) is None:
            # It was closed while it joined.
            await hub.leave(identity.user_id, socket_id)

    def _end_with(self, connection: Connection, identity: Identity) -> None:
        if identity.expires_ms is not None:
            left_s = (identity.expires_ms - self._worker.clock()) / 1_000
            loop = asyncio.get_running_loop()
            connection.set_timer(loop.call_later(left_s, self._endings.expired, connection))

    async def _answer(self, act: Act, socket_id: str, *messages: object) -> Ack | None:
        connection = self._connection_of(socket_id)
        if connection is None or connection.identity is None:
            return None
        if not connection.allowance.take(asyncio.get_running_loop().time()):
            return refusal(await self._endings.too_fast(connection))
        return await acknowledged(act, self._worker, connection.identity, messages)

    async def _answer_unknown(self, _event: str, socket_id: str, *_messages: object) -> Ack | None:
        return await self._answer(unknown, socket_id, None)

    def _connection_of(self, socket_id: str) -> Connection | None:
        engine_id = self._server.manager.eio_sid_from_sid(socket_id, _NAMESPACE)
        return self.connections.get(engine_id)

    async def _forget(self, engine_id: str) -> None:
        connection = self.connections.remove(engine_id)
        if connection is None:
            return
        self._worker.metrics.sockets.dec()
        if connection.identity is not None:
            hub = self._worker.service.hub
            await hub.leave(connection.identity.user_id, connection.socket_id)
