"""The process may have as many connections open as it promises, or says that it may not."""

import logging
import resource
import subprocess
import sys

import pytest

from service.settings import Settings
from web.cli.open_files import allow_open_files

LIMITED = """
import resource
from service.settings import Settings
from web.cli.open_files import allow_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard}))
allow_open_files(Settings())
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_the_usual_limit_is_raised_as_far_as_it_may() -> None:
    program = LIMITED.format(hard=512)
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "512"
    assert "512 files open; 10000 sockets and 2000 requests want 12256" in ended.stderr


def test_nothing_is_said_where_it_is_enough(caplog: pytest.LogCaptureFixture) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with caplog.at_level(logging.WARNING):
        allow_open_files(Settings(max_sockets=10, max_requests=10))
    assert caplog.messages == []
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
