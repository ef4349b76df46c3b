"""What the recommender is made of."""

from dataclasses import dataclass

from service.catalogue import Catalogue
from service.item_cache import ItemCache
from service.learning import Learner
from service.list_making import ListMaker
from service.near_cache import NearCache
from service.people import People
from service.recommendation_id import RecommendationIds
from service.recording import EventRecorder
from service.rotation import Rotation
from service.rulebook import Rulebook
from service.standby import Standby
from service.strategies import Strategies
from service.weights import Weights
from store.dead_letters import DeadLetterStore
from store.recording import EventStore
from store.users import UserStore


@dataclass(frozen=True, slots=True)
class Parts:
    """The composition root puts it together. Lives as long as the worker."""

    recorder: EventRecorder
    events: EventStore
    users: UserStore
    dead_letters: DeadLetterStore
    people: People
    strategies: Strategies
    learner: Learner
    weights: Weights
    lists: ListMaker
    rules: Rulebook
    rotation: Rotation
    catalogue: Catalogue
    items: ItemCache
    near_cache: NearCache
    ids: RecommendationIds
    standby: Standby
