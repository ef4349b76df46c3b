"""What the Socket.IO libraries say of themselves."""

import logging


def library_log(name: str) -> logging.Logger:
    """A logger to give to a library: without one it adds a handler of its own, and all is said twice.

    Errors only: below them it says a line for every packet.
    """
    log = logging.getLogger(name)
    log.setLevel(logging.ERROR)
    return log
