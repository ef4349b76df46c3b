"""The composition root: everything is opened, put together and closed here, and nowhere else."""

import logging
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from scoring.kernels import COMPILED
from scoring.session_knn import VstanSettings
from service.catalogue import Catalogue
from service.dead_letters import DeadLetters
from service.event_checks import EventChecks
from service.first_sight import FirstSight
from service.freshness import Freshness
from service.importing.progress import ImportProgress
from service.inspection import Inspection, redis_cli
from service.item_cache import ItemCache
from service.jobs import RebuildJobs
from service.key_undo import KeyUndo
from service.known_items import KnownItems
from service.learning import Learner, Sampling
from service.lessons import Lessons
from service.list_making import ListMaker, Sources
from service.model_building import build_here
from service.model_process import build_apart
from service.near_cache import NearCache
from service.neighbourhoods import NeighbourhoodBuilder
from service.numbering import ItemNumbers
from service.parts import Parts
from service.people import People
from service.pushing import PushHub
from service.ranking import Ranking
from service.rebuilding import Build, Rebuilding
from service.recommendation_id import RecommendationIds
from service.recommender import RealtimeRecommender
from service.recording import EventRecorder
from service.request_rates import RequestRates
from service.rotation import Rotation
from service.rulebook import Rulebook, RuleControl
from service.session_neighbours import SessionNeighbours
from service.settings import Settings
from service.standby import Standby
from service.strategies import Strategies
from service.strategy_files import strategies_at
from service.supports import Supports
from service.trending_list import TrendingList
from service.user_data import UserData
from service.weight_control import WeightControl
from service.weights import Weights
from service.worker import worker_name
from store.connection import Clients, open_clients
from store.events import DEFAULT_EVENT_TYPES, type_table
from store.keys import Keys
from store.opening import Store, open_store
from store.recording import Limits
from store.replication import Replication
from store.senders import SenderLimits

Clock = Callable[[], int]
_TYPES = type_table(DEFAULT_EVENT_TYPES)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tandem:
    """The service, ready to use. Lives as long as `open_recommender` is entered."""

    settings: Settings
    recommender: RealtimeRecommender
    recorder: EventRecorder
    users: UserData
    learner: Learner
    weights: Weights
    weight_control: WeightControl
    rules: RuleControl
    strategies: Strategies
    hub: PushHub
    jobs: RebuildJobs
    imports: ImportProgress
    dead_letters: DeadLetters
    inspection: Inspection
    key_undo: KeyUndo
    rates: RequestRates


def system_clock() -> int:
    """Epoch time in ms."""
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def open_recommender(
    settings: Settings,
    clock: Clock = system_clock,
    clients: Clients | None = None,
    rng: random.Random | None = None,
) -> AsyncIterator[Tandem]:
    """Opens Redis, loads the scripts, builds the use cases, and closes all at the end.

    `clients` replaces the Redis of the settings by clients that are open already (they are closed all the same).
    Raises StoreUnavailable, StoreMismatch, UnusableStrategy.
    """
    if not COMPILED:
        log.warning(
            "Lists take longer: scoring.kernels_compiled could not be loaded. "
            "Where there are gcc and python3-dev, scripts/install makes it."
        )
    rng, strategies = rng or random.Random(), strategies_at(settings.strategies)
    keys = Keys(settings.key_prefix, settings.partitions)
    apart = clients is None  # who brings clients has them to himself: nobody else waits
    clients = clients or open_clients(settings.redis_url)
    async with open_store(clients, keys, limits_of(settings), _TYPES, rng, clock()) as store:
        build = partial(build_apart, settings) if apart else partial(build_here, store.models)
        tandem = _build(settings, strategies, store, build, clock, rng)
        try:
            yield tandem
        finally:
            await tandem.jobs.aclose()
            await tandem.recommender.aclose()
            await store.feed.aclose()


def limits_of(settings: Settings) -> Limits:
    """The store's limits as the settings ask for them."""
    return Limits(
        event_ttl_ms=settings.event_ttl_s * 1000,
        session_gap_ms=settings.session_gap_s * 1000,
        purchase_window_ms=settings.purchase_window_s * 1000,
        history_limit=settings.history_limit,
        session_limit=settings.session_limit,
        sessions_per_item=settings.sessions_per_item,
        events_per_user_per_day=settings.max_events_per_user_per_day,
        trending_hours=settings.trending_hours,
        senders=SenderLimits(
            **{name: getattr(settings, name) for name in SenderLimits.__slots__},
        ),
        replication=Replication(settings.wait_replicas, settings.wait_timeout_ms),
        kept_events=settings.kept_events,
    )


def _build(
    settings: Settings,
    strategies: Strategies,
    store: Store,
    build: Build,
    clock: Clock,
    rng: random.Random,
) -> Tandem:
    parts = _parts(settings, strategies, store, clock, rng)
    recommender = RealtimeRecommender(parts, _TYPES, settings, clock)
    control = WeightControl(parts.strategies, store.weights, recommender.weights_changed)
    hub = PushHub(recommender, store.feed, store.users, settings)
    announce = partial(store.jobs.announce, "models")
    work = Rebuilding(
        store.users, parts.catalogue, recommender, build, announce, settings.min_support, clock
    )
    interval_ms = round(settings.rebuild_interval_s * 1000)
    jobs = RebuildJobs(store.jobs, work, worker_name(settings), interval_ms, clock)
    inspection = Inspection(
        store.inspection, settings.key_prefix, redis_cli(settings.redis_url), clock
    )
    return Tandem(
        settings=settings,
        recommender=recommender,
        recorder=parts.recorder,
        users=UserData(store.exports, store.events, store.dead_letters, clock),
        learner=parts.learner,
        weights=parts.weights,
        weight_control=control,
        rules=RuleControl(parts.rules, store.catalogue, recommender.rules_changed),
        strategies=strategies,
        hub=hub,
        jobs=jobs,
        imports=ImportProgress(store.imports),
        dead_letters=DeadLetters(store.dead_letters, clock),
        inspection=inspection,
        key_undo=KeyUndo(settings, store.senders, recommender.erase),
        rates=RequestRates(store.rates, clock),
    )


def _parts(
    settings: Settings, strategies: Strategies, store: Store, clock: Clock, rng: random.Random
) -> Parts:
    numbers = ItemNumbers()
    supports = Supports(store.items, numbers, clock)
    items = ItemCache(store.catalogue, numbers, settings.near_cache_items)
    freshness = Freshness(
        clock, round(settings.neighbours_max_age_s * 1000), settings.near_cache_items
    )
    first_sight = FirstSight(items, supports)
    sources = _sources(settings, store, freshness, numbers, supports, first_sight)
    weights = Weights(store.weights, freshness)
    rules = Rulebook(store.rules, freshness)
    lists = ListMaker(sources, Ranking(numbers, supports), weights, rules, items, numbers)
    people = People(store.users, _TYPES, settings, clock)
    checks = EventChecks(_TYPES, KnownItems(store.catalogue, clock), settings)
    lessons = Lessons(store.weights, secrets.token_hex(8), clock)
    sampling = Sampling(settings, strategies, clock, rng)
    ids = RecommendationIds(store.meta.secret)
    return Parts(
        recorder=EventRecorder(store.events, store.calls, clock, checks),
        events=store.events,
        users=store.users,
        dead_letters=store.dead_letters,
        people=people,
        strategies=strategies,
        weights=weights,
        learner=Learner(lists, people, weights, lessons, sampling, _TYPES),
        lists=lists,
        rules=rules,
        rotation=Rotation(store.served, settings, clock),
        catalogue=Catalogue(store.catalogue, items, numbers, clock),
        items=items,
        near_cache=sources.near_cache,
        ids=ids,
        standby=Standby(ids, clock),
    )


def _sources(
    settings: Settings,
    store: Store,
    freshness: Freshness,
    numbers: ItemNumbers,
    supports: Supports,
    first_sight: FirstSight,
) -> Sources:
    builder = NeighbourhoodBuilder(numbers, supports, settings.min_support)
    limits = limits_of(settings)
    return Sources(
        near_cache=NearCache(store.items, builder, supports, freshness, first_sight),
        sessions=SessionNeighbours(store.items, numbers, freshness, limits, VstanSettings()),
        supports=supports,
        trending=TrendingList(
            store.items,
            numbers,
            freshness,
            hours=settings.trending_hours,
            half_life_h=settings.trending_half_life_h,
        ),
        catalogue=store.catalogue,
    )
