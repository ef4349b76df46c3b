"""This worker's name, as people see it in answers, metrics and jobs."""

import os
import socket

from service.settings import Settings


def worker_name(settings: Settings) -> str:
    """The configured name, else host name and process id."""
    return settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"
