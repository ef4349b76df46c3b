"""Protocol next-item: after every prefix of a test session, which item is next?

Test sessions are not recorded and not learned from. Without a test file the last sessions of the training file are
the test: so one tunes without looking at a test file.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from service.evaluation.options import Options
from service.evaluation.pairs import read_pairs
from service.evaluation.questions import (
    Question,
    questions_of,
    sessions_of,
    touch_of,
    without_repeats,
)
from service.evaluation.readers import Reader, read_srgnn
from service.evaluation.splits import held_out
from service.evaluation.trial import Trial
from service.model import NewEvent


def next_item(reader: Reader, train: Path, test: Path | None, options: Options) -> Trial:
    """The trial of two files, or of one."""
    log = reader(train)
    if test is None:
        log, sessions = held_out(log, options.valid_share)
        return Trial(log, _asked(sessions, options), options)
    if reader is read_srgnn:
        return Trial(log, _without_repeats(read_pairs(test), options), options)
    tested = reader(test)
    sessions = sessions_of(tested.events, tested.gap_s)
    items = {**tested.items, **log.items}
    left_out = log.left_out + tested.left_out
    return Trial(replace(log, items=items, left_out=left_out), _asked(sessions, options), options)


def _asked(sessions: Sequence[Sequence[NewEvent]], options: Options) -> list[Question]:
    touches = [[touch_of(event) for event in session] for session in sessions]
    return questions_of(touches, keep_repeats=options.rules.keep_repeats)


def _without_repeats(questions: list[Question], options: Options) -> list[Question]:
    if options.rules.keep_repeats:
        return questions
    return [
        replace(question, before=tuple(without_repeats(question.before)))
        for question in questions
        if question.wanted[0] != question.before[-1].item
    ]
