"""Requests made from the OpenAPI description, good and damaged, sent to a real worker by every kind of caller."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.fleet import WorkerProcess, running_worker
from tests.redis_server import running_redis_server

PROMISES = "P11"
WHAT = "requests generated from the OpenAPI description, good and damaged, by callers with each kind of key and without"
CASES = 20_000
CASES_A_ROUND = (
    25  # of one operation, one kind of damage and one caller; a short run has a few of each
)
FEW = 5
CALLERS = {
    "nobody": "",
    "write": "write-key-of-the-generator",
    "server": "server-key-of-the-generator",
    "admin": "admin-key-of-the-generator",
}
NO_ROUTE = "not_found"  # the code of a path that is no operation's, as one with a slash in an id
TIMEOUT_S = 30.0
Operation = schemathesis.schemas.APIOperation[Any, Any, Any, Any]
Request = schemathesis.Case[Any]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What was answered; `undocumented` by operation, status and code."""

    cases: int = 0
    server_errors: int = 0
    unanswered: int = 0
    not_problems: int = 0
    undocumented: set[tuple[str, int, str]] = field(default_factory=set)


def measure(scale: float) -> dict[str, float]:
    """Rounds over all operations, damages and callers, each with seeds of its own, until there are cases enough."""
    tally = Tally()
    with _worker() as worker, requests.Session() as session:
        description = session.get(f"{worker.url}/openapi.json", timeout=TIMEOUT_S).json()
        cases = max(FEW, round(CASES_A_ROUND * scale))
        generator = Generator(worker.url, session, tally, cases)
        seeds = count(1)
        while tally.cases < CASES * scale:
            for operation in _operations(description):
                for mode in GenerationMode:
                    for caller in CALLERS:
                        generator.run(operation, mode, caller, next(seeds))
        tracebacks = worker.log.read_text(errors="replace").count("Traceback")
    for each in sorted(tally.undocumented):
        log.error("undocumented: %s %d %s", *each)
    return {
        "cases": tally.cases,
        "server_errors": tally.server_errors,
        "tracebacks": tracebacks,
        "unanswered": tally.unanswered,
        "undocumented": len(tally.undocumented),
        "errors_of_another_shape": tally.not_problems,
    }


def problems(figures: dict[str, float]) -> list[str]:
    """No input is a fault of ours, and every answer is one that the description names."""
    wanted = (
        "server_errors",
        "tracebacks",
        "unanswered",
        "undocumented",
        "errors_of_another_shape",
    )
    return [f"{figures[name]:g} {name.replace('_', ' ')}" for name in wanted if figures[name]]


@dataclass(frozen=True, slots=True)
class Generator:
    """Sends cases to one worker, and counts what comes back."""

    url: str
    session: requests.Session
    tally: Tally
    cases_a_round: int

    def run(self, operation: Operation, mode: GenerationMode, caller: str, number: int) -> None:
        """Some cases of one operation, or none where nothing about it can be damaged."""
        key = CALLERS[caller]
        headers = {"X-Api-Key": key} if key else {}

        @seed(number)
        @settings(
            max_examples=self.cases_a_round,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
        )
        @given(_cases(operation, mode))
        def each(case: Request) -> None:
            self._send(case, headers)

        try:
            each()
        except (SkipTest, Unsatisfiable):
            log.debug("%s cannot be damaged", operation.label)

    def _send(self, case: Request, headers: Mapping[str, str]) -> None:
        try:
            answer = case.call(
                base_url=self.url, session=self.session, headers=dict(headers), timeout=TIMEOUT_S
            )
        except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return  # nothing that goes over the wire
        except requests.RequestException:
            log.exception("%s", case.operation.label)
            self.tally.unanswered += 1
            return
        self._count(case, answer.status_code, _code(answer))

    def _count(self, case: Request, status: int, code: str | None) -> None:
        self.tally.cases += 1
        if status >= 500:
            log.error("%s: %d %s", case.as_curl_command(), status, code)
            self.tally.server_errors += 1
        if status >= 400 and code is None:
            self.tally.not_problems += 1
        documented = case.operation.definition.raw["responses"]
        if str(status) not in documented and code != NO_ROUTE:
            self.tally.undocumented.add((case.operation.label, status, code or ""))


def _operations(description: dict[str, Any]) -> Iterator[Operation]:
    schema = schemathesis.openapi.from_dict(description)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def _cases(operation: Operation, mode: GenerationMode) -> SearchStrategy[Request]:
    cases: SearchStrategy[Request] = operation.as_strategy(generation_mode=mode)
    return cases


def _code(answer: Any) -> str | None:
    """The code of a problem; None for what is none."""
    if not answer.headers.get("content-type", [""])[0].startswith("application/problem+json"):
        return None
    code: str = answer.json()["code"]
    return code


@contextmanager
def _worker() -> Iterator[WorkerProcess]:
    keys = {f"{kind}_keys": key for kind, key in CALLERS.items() if key}
    with (
        TemporaryDirectory() as folder,
        running_redis_server(Path(folder), "--appendonly", "no") as redis,
        running_worker(Path(folder), "generated", redis_url=redis.url, **keys) as worker,
    ):
        yield worker
