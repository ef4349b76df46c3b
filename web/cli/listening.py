"""The port that a worker listens on."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from web.cli.console import fail

BACKLOG = 2_048


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listens before anything is announced, so that a port in use is a clear error."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(BACKLOG)
        except OSError as error:
            where = f"{host}, port {port}"
            fail(f"Cannot listen on {where}: {error.strerror}. Choose another with --port.")
        yield listener


def refuse_taken(host: str, ports: Iterable[int]) -> None:
    """Ends where one of the ports cannot be had; all are free again afterwards."""
    with ExitStack() as held:
        for port in ports:
            held.enter_context(listening(host, port))
