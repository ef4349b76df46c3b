"""A service that says what a test has written down."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from web.cli.service_client import ServiceClient

CUT_OFF = (0, None)


@dataclass(slots=True)
class Scripted:
    """A server that gives prepared answers, and the pauses that its client made."""

    answers: list[tuple[int, object]]
    asked: list[tuple[str, str, bytes, str | None]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    url: str = ""
    client: ServiceClient = field(init=False)


@contextmanager
def answering(*answers: tuple[int, object]) -> Iterator[Scripted]:
    """Such a server on a free port; CUT_OFF ends the connection without an answer."""
    scripted = Scripted(list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            key = self.headers.get("Authorization")
            scripted.asked.append((self.command, self.path, self.rfile.read(length), key))
            status, content = scripted.answers.pop(0)
            if (status, content) == CUT_OFF:
                self.close_connection = True
                return
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = scripted.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            with ServiceClient(url, "the-admin-key", scripted.pauses.append) as client:
                scripted.client = client
                yield scripted
        finally:
            server.shutdown()
