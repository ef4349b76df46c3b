"""Users' states as they were read lately, carried on by what is told of their acts.

A push follows an act that Redis tells of with all that it changes in the state behind a list. So who goes on acting is
not read again for each push.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from store.pushes import UserChanged
from store.users import Act, UserState, member_of

KEPT_MS = 5_000  # since the user was read: what nobody has told of is seen by then
MOST_ACTS = 100_000


@dataclass(slots=True)
class _Kept:
    state: UserState
    read_ms: int


class KeptStates:
    """The states of those who were read for pushes, bounded by their acts. Lives as long as the worker."""

    def __init__(self, history_limit: int, clock: Callable[[], int]) -> None:
        self._history_limit = history_limit
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()  # by the id that was asked for
        self._acts = 0
        self.forgets = 0  # how often: what was read before and comes after is not to be kept

    def get(self, asked: str, reached: int) -> UserState | None:
        """The state of a user whose revision is known to be so high by now, if that one is here."""
        kept = self._kept.get(asked)
        if kept is None or kept.state.revision < reached:
            return None
        return None if self._is_old(kept) else kept.state

    def keep(self, asked: str, state: UserState, forgets: int) -> None:
        """The state has just been read, by a read that began when there had been so many `forgets`."""
        self._drop(asked)
        if forgets != self.forgets:
            return
        self._kept[asked] = _Kept(state, self._clock())
        self._acts += 1 + len(state.acts)
        while self._kept:
            oldest = next(iter(self._kept))
            if self._acts <= MOST_ACTS and not self._is_old(self._kept[oldest]):
                break
            self._drop(oldest)

    def carry(self, told: UserChanged) -> None:
        """An act was recorded: the state before it becomes the state after it; any other is of no use any more."""
        kept = self._kept.get(told.user)
        if kept is None:
            return
        if kept.state.revision + 1 == told.revision:
            self._acts -= len(kept.state.acts)
            kept.state = _after(kept.state, told, self._history_limit)
            self._acts += len(kept.state.acts)
        elif kept.state.revision < told.revision:
            self._drop(told.user)

    def forget(self, users: Iterable[str]) -> None:
        """Of those who were erased or merged."""
        self.forgets += 1
        for user in users:
            self._drop(user)

    def forget_all(self) -> None:
        """Something may have been missed."""
        self.forgets += 1
        self._kept.clear()
        self._acts = 0

    def _is_old(self, kept: _Kept) -> bool:
        return self._clock() - kept.read_ms >= KEPT_MS

    def _drop(self, asked: str) -> None:
        kept = self._kept.pop(asked, None)
        if kept is not None:
            self._acts -= 1 + len(kept.state.acts)


def _after(state: UserState, told: UserChanged, history_limit: int) -> UserState:
    act = Act(told.event_id, told.type, told.item, told.at_ms)
    return replace(
        state,
        revision=told.revision,
        session=told.session,
        acts=_with(state.acts, act)[:history_limit],
        totals={**state.totals, told.type: state.totals.get(told.type, 0) + 1},
        last_ms=max(state.last_ms or 0, told.at_ms),
    )


def _with(acts: tuple[Act, ...], act: Act) -> tuple[Act, ...]:
    """Newest first, as Redis orders them: of one millisecond by what is stored of them."""
    order, place = (act.at_ms, member_of(act)), 0
    while place < len(acts) and (acts[place].at_ms, member_of(acts[place])) > order:
        place += 1
    return (*acts[:place], act, *acts[place:])
