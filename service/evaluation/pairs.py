"""The test files of the SR-GNN split: one `[prefix, label]` a line."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from service.evaluation.ids import ValidIds
from service.evaluation.questions import Question, Touch
from service.importing.files import open_bytes
from service.importing.rows import UnusableFile

Pair = tuple[tuple[str, ...], str]


def read_pairs(path: Path) -> list[Question]:
    """A question a line, in the order of the file. Raises UnusableFile where a line is no pair.

    The lines of one session stand together, its prefixes shrinking (or growing) from line to line.
    """
    ids = ValidIds()
    with open_bytes(path) as lines:
        return _questions(
            [_pair(path, n, line, ids) for n, line in enumerate(lines, 1) if line.strip()]
        )


def _pair(path: Path, number: int, line: bytes, ids: ValidIds) -> Pair:
    try:
        prefix, label = json.loads(line)
        if not isinstance(prefix, list) or not prefix:
            raise ValueError
        return tuple(ids[str(item)] for item in prefix), ids[str(label)]
    except (ValueError, TypeError):
        raise UnusableFile(f"{path.name}, line {number}: not [[item, ...], next item]") from None


def _questions(pairs: Sequence[Pair]) -> list[Question]:
    """Pairs of one session are a cluster, and from its longest prefix we know what came later."""
    questions = []
    for cluster, chain in enumerate(_chains(pairs)):
        prefix, label = max(chain, key=lambda pair: len(pair[0]))
        session = (*prefix, label)
        questions += [
            Question(tuple(map(Touch, before)), session[len(before) :], cluster)
            for before, _ in chain
        ]
    return questions


def _chains(pairs: Iterable[Pair]) -> list[list[Pair]]:
    chains: list[list[Pair]] = []
    for pair in pairs:
        if chains and _follows(chains[-1], pair):
            chains[-1].append(pair)
        else:
            chains.append([pair])
    return chains


def _follows(chain: Sequence[Pair], pair: Pair) -> bool:
    """Whether the pair is the next of the session: one item shorter than the last, or one longer, throughout."""
    last = chain[-1]
    shrinking, growing = last[0] == (*pair[0], pair[1]), pair[0] == (*last[0], last[1])
    if len(chain) > 1:
        return shrinking if len(chain[0][0]) > len(last[0]) else growing
    return shrinking or growing
