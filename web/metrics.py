"""What Prometheus is told. Labels are route templates, types and strategies, never an id."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.lessons import Predictions

HTTP_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
PUSH_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
NO_ROUTE = "none"


class Metrics:
    """One worker's metrics in a registry of their own. Lives as long as the app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.http_seconds = Histogram(
            "tandem_http_seconds",
            "Time to answer, by route template.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=HTTP_BUCKETS_S,
        )
        self.events = Counter(
            "tandem_events",
            "Events by type and result.",
            ("type", "result"),
            registry=self.registry,
        )
        self.recommend_seconds = Histogram(
            "tandem_recommend_seconds",
            "Time to make a list.",
            ("strategy", "cached"),
            registry=self.registry,
            buckets=HTTP_BUCKETS_S,
        )
        self.push_seconds = Histogram(
            "tandem_push_seconds",
            "From recording an event to emitting the list it changed.",
            registry=self.registry,
            buckets=PUSH_BUCKETS_S,
        )
        self.dead_letters = Counter(
            "tandem_dead_letters",
            "Records that can never be recorded, sent as events (request) or rows of files (file).",
            ("source",),
            registry=self.registry,
        )
        self.sockets = Gauge("tandem_sockets", "Sockets open now.", registry=self.registry)
        # By their labels. Looked up once each: that takes as long as adding to one.
        self.http_seconds_of = cache(self.http_seconds.labels)
        self.events_of = cache(self.events.labels)
        self.recommend_seconds_of = cache(self.recommend_seconds.labels)

    def watch(self, statistics: Callable[[], Mapping[str, float]]) -> None:
        """Adds the service's own figures, read at each scrape."""
        self.registry.register(_Statistics(statistics))

    def watch_predictions(self, predictions: Callable[[], Mapping[str, Predictions]]) -> None:
        """Adds how well strategies predict what users do next, read at each scrape."""
        self.registry.register(_Predictions(predictions))

    def page(self) -> bytes:
        return generate_latest(self.registry)


class _Predictions(Collector):
    """By strategy: hits / predictions is HR@20, reciprocal ranks / predictions MRR@20."""

    def __init__(self, predictions: Callable[[], Mapping[str, Predictions]]) -> None:
        self._predictions = predictions

    def collect(self) -> Iterator[Metric]:
        seen, hits, ranks = (
            CounterMetricFamily(f"tandem_{name}", text, labels=("strategy",))
            for name, text in (
                ("predictions", "Acts of users that were predicted before they happened."),
                ("prediction_hits", "Predictions with the right item among the first 20."),
                ("prediction_reciprocal_ranks", "Sum of 1 / the right item's place in these."),
            )
        )
        for strategy, found in self._predictions().items():
            seen.add_metric((strategy,), found.seen)
            hits.add_metric((strategy,), found.hits)
            ranks.add_metric((strategy,), found.ranks)
        yield from (seen, hits, ranks)


class _Statistics(Collector):
    """What has been counted since the start only grows; anything else may fall."""

    def __init__(self, statistics: Callable[[], Mapping[str, float]]) -> None:
        self._statistics = statistics

    def collect(self) -> Iterator[Metric]:
        for name, value in self._statistics().items():
            grows = name.endswith(("_hits", "_misses", "_links", "_written_again"))
            kind = CounterMetricFamily if grows else GaugeMetricFamily
            title = name.replace("_", " ").capitalize()
            yield kind(f"tandem_{name}", f"{title}.", value=value)
