"""What the commands that replay a log have in common: where they do it, and the bars that they show meanwhile."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from service.evaluation.replay import Place, Progress
from service.redis_ladder import redis_place
from web.cli.console import load_settings
from web.cli.progress import progress_bar

REPORT_EVERY = 50


@contextmanager
def replay_place(redis: str | None, name: str) -> Iterator[Place]:
    """The Redis that is given, under a prefix of its own, or one that is thrown away afterwards."""
    with TemporaryDirectory() as folder:
        settings = load_settings(redis_url=redis, data_dir=folder)
        with redis_place(settings) as place:
            prefix = f"{name}-{secrets.token_hex(4)}:"
            yield Place(place.url, prefix, rebuild_here=place.kind == "embedded")


@contextmanager
def replay_bars() -> Iterator[Progress]:
    """A bar for each phase, from its first report on."""
    with progress_bar() as bar:
        tasks = {}

        def progress(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=total)
            if phase != "predict" or done % REPORT_EVERY == 0 or done == total:
                bar.update(tasks[phase], completed=done, total=total)

        yield progress
