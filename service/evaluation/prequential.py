"""Protocol prequential: a log in the order of time; each touch is predicted, then recorded and learned from.

With `frozen_ms` nothing is recorded from then on, the clock stands, and lists are made from what their users did so
far by the counts, models and weights of that moment: what a service would show that takes in new events only by night.
"""

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from service.errors import InvalidInput
from service.evaluation.asking import Asking, Lists
from service.evaluation.figures import Figures, Scores, next_item_row
from service.evaluation.options import Options
from service.evaluation.questions import Question, Touch, sessions_of, touch_of
from service.evaluation.readers import Log
from service.evaluation.replay import Place, Progress, Replay, open_replay
from service.evaluation.report import Report, about
from service.evaluation.trial import prepare, sampled
from service.model import NewEvent
from store.keys import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True)
class Prequential:
    """A replay whose questions begin at `split_ms`; nothing is recorded any more from `frozen_ms` on."""

    log: Log
    options: Options
    split_ms: int
    frozen_ms: int | None = None

    async def run(self, place: Place, progress: Progress = lambda *_: None) -> Figures:
        """The figures after the split, as a whole and by hour and day."""
        warm_up, stream = _parted(self.log.events, self.split_ms)
        asked = self.asked(stream)
        if not warm_up or not asked:
            text = "There is nothing before the split, or nothing to predict after it."
            raise InvalidInput("nothing_to_evaluate", text)
        async with open_replay(self.log, self.options, place, progress, {}) as replay:
            await prepare(replay, replace(self.log, events=warm_up), self.options)
            run = _Run(replay, self, asked, Report(next_item_row, warm_up, {}))
            live, frozen = _parted(stream, self.frozen_ms)
            await run.live(live)
            await run.frozen([*warm_up, *live], frozen)
            return {
                **run.report.figures(self.options.seed),
                "by_hour": by_period(run.report.scores, run.times_ms, HOUR_MS),
                "by_day": by_period(run.report.scores, run.times_ms, DAY_MS),
                **about(replay, self.options, self.log),
            }

    def asked(self, stream: Sequence[NewEvent]) -> Mapping[int, int]:
        """The events of the stream that are predicted, by identity: all that follow another one in their session.

        With the number of the session.
        """
        clusters = {
            id(event): cluster
            for cluster, session in enumerate(sessions_of(self.log.events, self.log.gap_s))
            for before, event in pairwise(session)
            if self.options.rules.keep_repeats or event.item_id != before.item_id
        }
        known = [id(event) for event in stream if id(event) in clusters]
        chosen = sampled(known, self.options.sample, self.options.seed)
        return {one: clusters[one] for one in chosen}


@dataclass(slots=True)
class _Run:
    """One pass over what follows the warm-up. `asked`: clusters of the events that are predicted, by identity."""

    replay: Replay
    plan: Prequential
    asked: Mapping[int, int]
    report: Report
    times_ms: list[int] = field(default_factory=list)

    async def live(self, events: Sequence[NewEvent]) -> None:
        """Predicts, scores, records, learns."""
        asking, next_rebuild_ms = self._asking(), self.plan.split_ms + self._rebuild_every_ms
        for event in events:
            if _time(event) >= next_rebuild_ms:
                await self.replay.rebuild()
                next_rebuild_ms = _time(event) + self._rebuild_every_ms
            if id(event) not in self.asked:
                with self.replay.timed("record"):
                    await self.replay.past(event)
                continue
            await self.replay.flush()
            self.replay.now(event)
            await self._ask(event, asking.of_user(event.user_id))
            with self.replay.timed("learn"):
                await self.replay.live(event)
        await self.replay.flush()

    async def frozen(self, past: Sequence[NewEvent], events: Sequence[NewEvent]) -> None:
        """Predicts and scores; what users do is known to themselves only."""
        if not events:
            return
        asking, done = self._asking(), defaultdict[str, list[Touch]](list)
        for event in past:
            done[event.user_id].append(touch_of(event))
        for event in events:
            if id(event) in self.asked:
                await self._ask(event, asking.of_somebody(done[event.user_id]))
            done[event.user_id].append(touch_of(event))

    @property
    def _rebuild_every_ms(self) -> float:
        return self.plan.options.rebuild_hours * HOUR_MS or float("inf")

    def _asking(self) -> Asking:
        return Asking(self.replay.tandem, self.replay.strategy, self.plan.options.by_source)

    async def _ask(self, event: NewEvent, answer: Awaitable[Lists]) -> None:
        with self.replay.timed("predict"):
            began = time.perf_counter()
            lists = await answer
            spent_s = time.perf_counter() - began
        self.report.add(lists, Question((), (event.item_id,), self.asked[id(event)]), spent_s)
        self.times_ms.append(_time(event))
        self.replay.progress("predict", len(self.times_ms), len(self.asked))


def by_period(scores: Scores, times_ms: Sequence[int], period_ms: int) -> list[Figures]:
    """The means of each period in which something was predicted, oldest first, with its beginning (UTC)."""
    places = defaultdict[int, list[int]](list)
    for place, at_ms in enumerate(times_ms):
        places[at_ms // period_ms].append(place)
    return [
        {"from": _iso(period * period_ms), **scores.means(places[period])}
        for period in sorted(places)
    ]


def _parted(
    events: Sequence[NewEvent], at_ms: int | None
) -> tuple[Sequence[NewEvent], Sequence[NewEvent]]:
    """The events before that moment, and those from it on."""
    place = len(events) if at_ms is None else bisect_left(events, at_ms, key=_time)
    return events[:place], events[place:]


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="minutes")


def _time(event: NewEvent) -> int:
    return event.timestamp_ms or 0
