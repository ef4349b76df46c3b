"""How many files, and so connections, the process may have open."""

import logging
import resource

from service.settings import Settings

log = logging.getLogger(__name__)

BESIDE = 256  # what is open but for callers: Redis, logs, modules, a balancer's idle connections
MOST = 1 << 20  # where the system names no limit


def allow_open_files(settings: Settings) -> None:
    """Lets the process, and those that it starts, have as many open as they may: far more than is usual."""
    least = settings.max_sockets + settings.max_requests + BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = MOST if hard == resource.RLIM_INFINITY else hard
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < least:
        log.warning(
            "This process may have %d files open; %d sockets and %d requests want %d (ulimit -Hn).",
            *(allowed, settings.max_sockets, settings.max_requests, least),
        )
