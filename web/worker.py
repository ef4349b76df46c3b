"""What every route and socket of this worker works with: the service, measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.bootstrap import Tandem
from service.dead_letters import Rejection
from service.errors import ServiceError, Unavailable
from service.model import EventAnswer, NewEvent, Query, Recommendations
from service.recommender import RealtimeRecommender
from service.senders import Sender
from web.access import Guard
from web.limits import Counted, RequestLimits
from web.metrics import Metrics
from web.problems import RateLimited

UNKNOWN_TYPE = "unknown"


@dataclass(slots=True)
class Worker:
    """One process of the service. Lives as long as the app; `tandem` is there between start and stop."""

    name: str
    guard: Guard
    limits: RequestLimits
    metrics: Metrics
    clock: Callable[[], int]
    tandem: Tandem | None = None
    draining: bool = False

    @property
    def service(self) -> Tandem:
        """The opened service. Unavailable before the start and after the stop."""
        if self.tandem is None:
            raise Unavailable("not_running", "The worker is not running.", retry_after_s=1)
        return self.tandem

    @property
    def recommender(self) -> RealtimeRecommender:
        return self.service.recommender

    async def record(
        self,
        events: Sequence[NewEvent],
        *,
        as_of_event: bool = False,
        sender: Sender | None = None,
        until: float | None = None,
    ) -> list[EventAnswer]:
        """As RealtimeRecommender.record, counted."""
        answers = await self.recommender.record(
            events, as_of_event=as_of_event, sender=sender, until=until
        )
        for event, answer in zip(events, answers, strict=True):
            self._count(event.type, answer)
        return answers

    async def recommend(self, query: Query, until: float | None = None) -> Recommendations:
        """As RealtimeRecommender.recommend, timed."""
        started = perf_counter()
        made = await self.recommender.recommend(query, until=until)
        cached = "true" if made.cached else "false"
        self.metrics.recommend_seconds_of(made.strategy, cached).observe(perf_counter() - started)
        return made

    async def note_dead(self, rejections: Sequence[Rejection]) -> None:
        """Keeps what of a request's events can never be recorded, as far as the store can."""
        self.metrics.dead_letters.labels("request").inc(len(rejections))
        await self.service.dead_letters.note(rejections)

    async def add_dead(self, digest: str, rejections: Sequence[Rejection]) -> None:
        """Keeps what of a file can never be recorded. Raises Unavailable."""
        await self.service.dead_letters.add(digest, rejections)
        self.metrics.dead_letters.labels("file").inc(len(rejections))

    async def count(self, counted: Sequence[Counted]) -> None:
        """Counts a request; RateLimited where it is one too many."""
        for kind, who, per_minute in counted:
            wait_s = await self.service.rates.hit(kind, who, per_minute)
            if wait_s is not None:
                raise RateLimited(per_minute, wait_s)

    def count_refused(self, problem: ServiceError) -> None:
        """An event of a batch that did not get as far as the service."""
        self.metrics.events_of(UNKNOWN_TYPE, problem.code).inc()

    def _count(self, event_type: str, answer: EventAnswer) -> None:
        known = event_type if event_type in self.recommender.event_types else UNKNOWN_TYPE
        if answer.problem is not None:
            result = answer.problem.code
        else:
            result = "duplicate" if answer.duplicate else "new"
        self.metrics.events_of(known, result).inc()


def worker_of(connection: HTTPConnection) -> Worker:
    """The worker that answers this request."""
    worker: Worker = connection.app.state.worker
    return worker


WorkerOf = Annotated[Worker, Depends(worker_of)]
