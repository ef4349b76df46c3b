"""Protocols basket and holdout: which item is missing from a basket, and which ones from a user's?

`basket`: of each basket after the split up to three items are held out, one at a time, to be predicted from the others.
A basket is an order, and is recorded as the purchases of a customer of its own. Later baskets of more than 200 items
are not asked for: they are not what somebody picks from a page.
`holdout`: a fifth of all (user, item) pairs is held out at random. What is left of a user is one basket, recorded as
it was bought, and all that was held out of it is wanted.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.errors import InvalidInput
from service.evaluation.figures import any_item_row
from service.evaluation.options import Options
from service.evaluation.questions import Question, Touch, touch_of
from service.evaluation.readers import Log
from service.evaluation.trial import Trial
from service.model import NewEvent
from store.keys import DAY_MS

HELD_OUT = 3
LEARNED_FROM = 30
LARGEST = 200
RARE = 10
TEST_SHARE = 0.2
#: A whole basket is looked at, not only what was put into it last.
WHOLE = {"recent_items": 1_000, "history_limit": 1_000}


def basket(log: Log, split_ms: int, options: Options) -> Trial:
    """The trial of one log of purchases. `rare` are the questions for items of fewer than ten recorded baskets.

    InvalidInput for a log without any.
    """
    _check(log)
    baskets = baskets_of(log.events)
    recorded = [one for one in baskets if (one[0].timestamp_ms or 0) < split_ms]
    later = [one for one in baskets if (one[0].timestamp_ms or 0) >= split_ms]
    known = Counter(event.item_id for one in recorded for event in one)
    events = sorted((e for one in recorded for e in one), key=lambda e: e.timestamp_ms or 0)
    return Trial(
        replace(log, events=events, gap_s=None),
        missing_items(later, options.seed),
        options,
        changes=WHOLE,
        groups={"rare": lambda question: known[question.wanted[0]] < RARE},
        lessons=lessons_of_baskets,
    )


def baskets_of(events: Iterable[NewEvent]) -> list[list[NewEvent]]:
    """The purchases of each order (without orders: of a user's day), every item once, as those of its own customer."""
    baskets: dict[str, dict[str, NewEvent]] = {}
    for event in events:
        if event.type == "purchase":
            day = (event.timestamp_ms or 0) // DAY_MS
            name = event.order_id or f"{event.user_id}~{day}"
            alone = replace(event, user_id=f"b{name}", session_id=name, order_id=name)
            baskets.setdefault(name, {}).setdefault(event.item_id, alone)
    return [list(items.values()) for items in baskets.values()]


def lessons_of_baskets(events: Sequence[NewEvent], options: Options) -> list[Question]:
    """What the baskets of these events teach: up to thirty questions each."""
    return missing_items(baskets_of(events), options.seed, LEARNED_FROM)


def missing_items(
    baskets: Sequence[Sequence[NewEvent]], seed: int, most: int = HELD_OUT
) -> list[Question]:
    """Up to three questions (or `most`) a basket of at least two items, drawn by the seed."""
    drawn, questions = random.Random(seed), []
    for cluster, one in enumerate(baskets):
        if 2 <= len(one) <= LARGEST:
            for place in sorted(drawn.sample(range(len(one)), min(most, len(one)))):
                others = tuple(touch_of(event) for event in (*one[:place], *one[place + 1 :]))
                questions.append(Question(others, (one[place].item_id,), cluster))
    return questions


def holdout(log: Log, options: Options) -> Trial:
    """The trial of one log of users' items. Whoever has nothing left, or nothing held out, is not asked.

    What a user has twice counts once, or else it could be left and wanted. InvalidInput for a log without purchases.
    """
    _check(log)
    pairs: dict[tuple[str, str], NewEvent] = {}
    for event in log.events:
        pairs.setdefault((event.user_id, event.item_id), event)
    drawn = random.Random(options.seed)
    gone = set(drawn.sample(range(len(pairs)), round(TEST_SHARE * len(pairs))))
    left, wanted = defaultdict[str, list[Touch]](list), defaultdict[str, list[str]](list)
    events = []
    for place, event in enumerate(pairs.values()):
        if place in gone:
            wanted[event.user_id].append(event.item_id)
        else:
            left[event.user_id].append(touch_of(event))
            events.append(replace(event, order_id=f"o{event.user_id}"))
    questions = [
        Question(tuple(left[user]), tuple(items), cluster)
        for cluster, (user, items) in enumerate(sorted(wanted.items()))
        if left[user]
    ]
    trained = replace(log, events=events)
    return Trial(trained, questions, options, any_item_row, WHOLE, lessons=lessons_of_baskets)


def _check(log: Log) -> None:
    if all(event.type != "purchase" for event in log.events):
        raise InvalidInput(
            "no_purchases", "The log holds no purchases: this protocol is about baskets."
        )
