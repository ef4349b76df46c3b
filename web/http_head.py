"""A bound on what comes before a body: uvicorn's parser takes a request line and headers of any size, in any time."""

import asyncio

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from service.errors import ServiceError
from web.json_output import dumps
from web.problems import MEDIA_TYPE, HeadTooLarge, HeadTooSlow, problem

HEAD_BYTES = 64 * 1024  # as uvicorn's other parser has it
HEAD_TIMEOUT_S = 10.0


class _Nowhere(list[tuple[bytes, bytes]]):
    """Takes headers that nobody keeps."""

    def append(self, header: tuple[bytes, bytes]) -> None:
        pass


_NOWHERE = _Nowhere()


class BoundedHead(HttpToolsProtocol):
    """Answers 431 to a longer head and 408 to a slower one, and hangs up. Lives as long as its connection."""

    _reading = False
    _untold = 0  # bytes of which nothing was made yet, beyond the piece in which a head began
    _may_be_long = False
    _refusal: ServiceError | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._may_be_long = self._reading or len(data) > HEAD_BYTES
        self._untold += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._reading and self._timer is None:
            self._wait()
        if self._untold <= HEAD_BYTES:
            return
        if self._reading:
            self._refuse(_too_large())
        elif self._goes_on():
            # A header behind a body, which may be endless. Nothing is answered: the answer may have begun.
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading, self._untold = True, 0

    def on_headers_complete(self) -> None:
        self._reading, self._untold = False, 0
        self._stop_waiting()
        if self._may_be_long and self._length() > HEAD_BYTES:
            self._refusal = _too_large()
            raise self._refusal  # which the parser turns into a bad request
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            self.headers = _NOWHERE  # for what stands behind a body

    def _goes_on(self) -> bool:
        """Whether the end of a request is waited for, or the beginning of the first."""
        cycle: RequestResponseCycle | None = self.cycle  # as it is before that
        return cycle is None or cycle.more_body

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        super().on_body(body)

    def _length(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def send_400_response(self, msg: str) -> None:
        """Where it is we who found the request bad, in our own words."""
        if self._refusal is None:
            super().send_400_response(msg)
        elif not self.transport.is_closing():
            self._refuse(self._refusal)

    def _wait(self) -> None:
        self._timer = self.loop.call_later(HEAD_TIMEOUT_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        if not self._reading:  # a browser that connects ahead of any request hears nothing
            self.transport.close()
            return
        text = f"A request line and its headers come within {HEAD_TIMEOUT_S:g} seconds."
        self._refuse(HeadTooSlow("head_too_slow", text))

    def _refuse(self, error: ServiceError) -> None:
        body = dumps(problem(error))
        head = (
            *(b"content-type: ", MEDIA_TYPE.encode(), b"\r\ncontent-length: ", b"%d" % len(body)),
            b"\r\nconnection: close\r\n\r\n",
        )
        self.transport.write(b"".join((STATUS_LINE[error.status], *head, body)))
        self.transport.close()


def _too_large() -> HeadTooLarge:
    text = f"A request line and its headers have at most {HEAD_BYTES:,} bytes together."
    return HeadTooLarge("head_too_large", text)
