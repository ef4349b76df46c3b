"""Time limits by the hundred thousand: what ends in the same moment shares one timer.

As `asyncio.timeout_at`, which gives each limit a timer of its own. That costs as much as validating an event, and a
request has several.
"""

import asyncio
from math import ceil
from types import TracebackType
from typing import Self
from weakref import WeakKeyDictionary

#: How much later than it was due a limit may strike, in s.
STEP_S = 0.05


class time_limit:  # read as the function that it takes the place of
    """A context: what still waits inside at `until`, a time of the running loop, gets TimeoutError; None: never.

    Strikes at most 0.05 s late. Entered once; RuntimeError otherwise, and for what is rescheduled outside.
    """

    __slots__ = ("_cancelling", "_ended", "_group", "_struck", "_task", "_until")

    def __init__(self, until: float | None) -> None:
        self._until = until
        self._group: set[time_limit] | None = None
        self._task: asyncio.Task[object] | None = None
        self._struck = self._ended = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None or self._task is not None:
            raise RuntimeError("a time limit needs a task, and is entered once")
        self._task, self._cancelling = task, task.cancelling()
        self._join()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._leave()
        self._ended = True
        # Somebody else may have cancelled the task too; that is not ours to swallow.
        if not self._struck or self._task is None or self._task.uncancel() > self._cancelling:
            return
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def reschedule(self, until: float | None) -> None:
        """From now on it ends then; no effect once it has struck."""
        if self._task is None or self._ended:
            raise RuntimeError("the time limit is not running")
        self._leave()
        self._until = until
        if not self._struck:
            self._join()

    def strike(self) -> None:
        """The time is up."""
        self._struck = True
        if self._task is not None:
            self._task.cancel()

    def _join(self) -> None:
        if self._until is not None and self._task is not None:
            self._group = _group(self._task.get_loop(), self._until)
            self._group.add(self)

    def _leave(self) -> None:
        if self._group is not None:
            self._group.discard(self)
            self._group = None


#: By loop and step of time the limits that end then.
_groups: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, set[time_limit]]] = (
    WeakKeyDictionary()
)


def _group(loop: asyncio.AbstractEventLoop, until: float) -> set[time_limit]:
    groups = _groups.get(loop)
    if groups is None:
        groups = _groups[loop] = {}
    step = ceil(until / STEP_S)
    group = groups.get(step)
    if group is None:
        group = groups[step] = set()
        loop.call_at(step * STEP_S, _strike, groups, step)
    return group


def _strike(groups: dict[int, set[time_limit]], step: int) -> None:
    for limit in groups.pop(step):
        limit.strike()
