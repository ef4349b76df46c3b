"""Giving an answer to whoever waits for it, if anybody still does."""

import asyncio
from typing import TypeVar

R = TypeVar("R")


def settle(future: asyncio.Future[R], answer: R | Exception) -> None:
    """Has the future give the answer, or fail with it. Nothing where it is done: whoever waited has gone away."""
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
        future.exception()  # seen: a caller who has gone away is no error of ours
    else:
        future.set_result(answer)
