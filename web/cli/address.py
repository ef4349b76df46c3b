"""Where the service is that a command talks to: one that starts notes its URL in the data folder."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from service.exposure import is_loopback
from service.redis_ladder import data_folder
from service.settings import Settings
from web.cli.console import load_settings

VARIABLE = "TANDEM_URL"
HELP = "The running service; without it the one of the data folder."
_FILE = "service.json"
_TIMEOUT_S = 2.0
# Who listens everywhere is reached here too.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@contextmanager
def noted(settings: Settings) -> Iterator[None]:
    """The service's URL stands in the data folder meanwhile, unless one that answers stands there already."""
    file = Path(settings.data_dir) / _FILE
    if _answering(file):
        yield
        return
    note = json.dumps({"url": url_of(settings), "pid": os.getpid()})
    # A folder that cannot be written keeps nobody from serving.
    with suppress(OSError):
        _write(data_folder(settings) / _FILE, note)
    try:
        yield
    finally:
        with suppress(OSError):
            if file.read_text(encoding="utf8") == note:
                file.unlink()


def service_url(given: str | None) -> str:
    """The URL that is given, else the noted one if it answers, else where the settings let a service listen."""
    if given is not None:
        return given
    settings = load_settings()
    return _answering(Path(settings.data_dir) / _FILE) or url_of(settings)


def url_of(settings: Settings) -> str:
    """Where this machine reaches the service of these settings; of several workers the first."""
    host = _EVERYWHERE.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _answering(file: Path) -> str | None:
    """The noted URL if a service is there now: who was killed has left his note behind."""
    url = _read(file)
    # An admin key may be sent there: no file of a folder leads it to another machine.
    if url is None or not _is_here(url):
        return None
    with suppress(httpx2.HTTPError, httpx2.InvalidURL):
        if httpx2.get(f"{url}/healthz", timeout=_TIMEOUT_S).is_success:
            return url
    return None


def _read(file: Path) -> str | None:
    try:
        return str(json.loads(file.read_text(encoding="utf8"))["url"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _is_here(url: str) -> bool:
    with suppress(ValueError):
        host = urlsplit(url).hostname or ""
        return host == "localhost" or is_loopback(host)
    return False


def _write(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf8")
    fresh.replace(file)
