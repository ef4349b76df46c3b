"""Tiny logs for the evaluation: sessions written as the letters of their items."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from service.evaluation.options import Options
from service.evaluation.prequential import Prequential
from service.evaluation.questions import Question, questions_of, sessions_of, touch_of
from service.evaluation.readers import Log
from service.evaluation.replay import Place
from service.evaluation.trial import Trial
from service.model import NewEvent
from store.embedded import embedded_redis

PLAIN = Options(strategy_name="co_occurrence", valid_share=0.0)


def clicks(*sessions: Sequence[str], kind: str = "view") -> Log:
    """Sessions one after another, an event a second; each session is a user of its own."""
    touches = [(number, item) for number, items in enumerate(sessions) for item in items]
    events = [
        NewEvent(f"s{number}", item, kind, timestamp_ms=place * 1_000, session_id=str(number))
        for place, (number, item) in enumerate(touches)
    ]
    return Log(events)


def asked(*sessions: Sequence[str], keep_repeats: bool = True) -> list[Question]:
    touches = [
        [touch_of(e) for e in session] for session in sessions_of(clicks(*sessions).events, None)
    ]
    return questions_of(touches, keep_repeats=keep_repeats)


@contextmanager
def a_place() -> Iterator[Place]:
    """A Redis in this process, for one replay."""
    with embedded_redis() as url:
        yield Place(url, "evaluate-test:", rebuild_here=True)


async def figures_of(plan: Trial | Prequential, place: Place) -> dict[str, Any]:
    return await plan.run(place)
