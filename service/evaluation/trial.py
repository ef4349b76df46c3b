"""A trial: record a log, learn from its end, then ask what the log knows nothing of."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from service.errors import InvalidInput
from service.evaluation.asking import Asking
from service.evaluation.figures import Figures, Row, next_item_row
from service.evaluation.options import Options
from service.evaluation.questions import Question
from service.evaluation.readers import Log
from service.evaluation.replay import Place, Progress, Replay, open_replay
from service.evaluation.report import Groups, Report, about
from service.evaluation.splits import lessons_of
from service.model import NewEvent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """A log to record and questions to ask after it.

    `changes` are settings that differ from the product's; `groups` of questions have figures of their own. `lessons`
    makes questions of the log's last events, to learn from them instead of from the events.
    """

    log: Log
    questions: Sequence[Question]
    options: Options
    row: Callable[[Sequence[str], Question], Row] = next_item_row
    changes: Mapping[str, object] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)
    lessons: Callable[[Sequence[NewEvent], Options], Sequence[Question]] | None = None

    async def run(self, place: Place, progress: Progress = lambda *_: None) -> Figures:
        """Records nine tenths, rebuilds, records the rest and learns from it, rebuilds, asks: then the clock stands."""
        if not self.log.events or not self.questions:
            raise InvalidInput(
                "nothing_to_evaluate", "There is nothing to record, or nothing to ask."
            )
        asked = sampled(self.questions, self.options.sample, self.options.seed)
        async with open_replay(self.log, self.options, place, progress, self.changes) as replay:
            await prepare(replay, self.log, self.options, self.lessons)
            report = Report(self.row, self.log.events, self.groups)
            asking = Asking(replay.tandem, replay.strategy, self.options.by_source)
            with replay.timed("predict"):
                for done, question in enumerate(asked, 1):
                    began = time.perf_counter()
                    lists = await asking.of_somebody(question.before)
                    report.add(lists, question, time.perf_counter() - began)
                    progress("predict", done, len(asked))
            return {**report.figures(self.options.seed), **about(replay, self.options, self.log)}


async def prepare(
    replay: Replay,
    log: Log,
    options: Options,
    questions: Callable[[Sequence[NewEvent], Options], Sequence[Question]] | None = None,
) -> None:
    """Fills the store: counts from all events, weights from the last sessions, batch models from all."""
    before, lessons = lessons_of(log, options)
    await replay.put_items(log.items.values())
    await replay.record(before)
    if lessons.events:
        await replay.rebuild()
        if questions is None:
            await replay.learn(lessons.events, lessons.labels)
        else:
            found = questions(lessons.events, options)
            await replay.study(sampled(found, options.labels, options.seed))
            await replay.record(lessons.events)
    await replay.rebuild()


def sampled(questions: Sequence[T], count: int | None, seed: int) -> Sequence[T]:
    """A seeded sample in the order given; all of them when `count` is None."""
    if count is None or count >= len(questions):
        return questions
    chosen = sorted(random.Random(seed).sample(range(len(questions)), count))
    return [questions[place] for place in chosen]
