"""What an item is about: tokens of its catalogue entry, and the items with the most alike tokens.

    "Tent, 2 persons", [Camping, Tents], Nordisk
        -> tent 2 persons  cat:camping cat:camping/tents  brand:nordisk

An item is the vector of (1 + ln tf) · ln(1 + N / df) over its tokens; two items are as alike as the
cosine of their vectors. Exact for the moment of asking: nothing derived from N or df is stored.
"""

import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from scoring.ranker import top
from scoring.scratch import Scratch
from scoring.types import CountArray, FloatArray, IntArray

#: Scripts written without spaces (Thai to Khmer, kana, Han): cut into pairs of characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]{2,}")


def tokens(
    title: str,
    category: Sequence[str] = (),
    brand: str | None = None,
    tags: Iterable[str] = (),
) -> list[str]:
    """The tokens of a catalogue entry; `category` is the path from the root.

    Words are folded for comparison (case, width, composition) in any script.
    """
    found = _words(title)
    levels = [_folded(level) for level in category]
    found += [f"cat:{'/'.join(levels[: depth + 1])}" for depth in range(len(levels))]
    found += [f"brand:{_folded(brand)}"] if brand else []
    found += [f"tag:{_folded(tag)}" for tag in tags]
    return found


def shrinkage(n: CountArray, kappa: float = 10.0) -> FloatArray:
    """The weight of content for items with n sessions: kappa / (kappa + n), 1 for a new one."""
    return np.asarray(kappa / (kappa + n), dtype=np.float64)


@dataclass(slots=True)
class _Posting:
    """The items that hold a token, each with 1 + ln tf, in no order."""

    token: str
    items: "array[int]" = field(default_factory=lambda: array("i"))
    weights: "array[float]" = field(default_factory=lambda: array("d"))

    def remove(self, item: int) -> None:
        place = int(np.argmax(np.frombuffer(self.items, dtype=np.int32) == item))
        last_item, last_weight = self.items.pop(), self.weights.pop()
        if place < len(self.items):
            self.items[place], self.weights[place] = last_item, last_weight


class ContentIndex:
    """An inverted index of tokens: cheap to change, quick to ask, not thread-safe.

    A token held by more than `common` items finds no candidates (it says too little and costs too
    much) but counts in every dot product and norm. Of the candidates only the `examined` with the
    largest partial dot product are compared in full, which bounds the cost of a question.
    """

    def __init__(self, common: int = 5_000, examined: int = 1_000) -> None:
        """Start empty."""
        self._common = common
        self._examined = examined
        self._numbers: dict[str, int] = {}
        self._postings: list[_Posting] = []
        self._free: list[int] = []
        self._held_by: IntArray = np.zeros(1024, dtype=np.int32)
        self._documents: dict[int, tuple[IntArray, FloatArray]] = {}
        self._scratch = Scratch()

    def __len__(self) -> int:
        """How many items are in the index: N."""
        return len(self._documents)

    def add(self, item: int, tokens: Iterable[str]) -> None:
        """Put an item (id >= 0) in, or replace what was known of it."""
        self.remove(item)
        counted = Counter(tokens)
        numbers = np.array([self._number(token) for token in counted], dtype=np.int32)
        weights = 1.0 + np.log(np.array(list(counted.values()), dtype=np.float64))
        for number, weight in zip(numbers.tolist(), weights.tolist(), strict=True):
            self._postings[number].items.append(item)
            self._postings[number].weights.append(weight)
        self._held_by[numbers] += 1
        self._documents[item] = (numbers, weights)

    def remove(self, item: int) -> None:
        """Take an item out; nothing happens if it is not in."""
        numbers, _ = self._documents.pop(item, (np.empty(0, dtype=np.int32), None))
        self._held_by[numbers] -= 1
        for number in numbers.tolist():
            self._postings[number].remove(item)
            if not self._postings[number].items:
                del self._numbers[self._postings[number].token]
                self._free.append(number)

    def neighbours(self, item: int, limit: int = 50) -> tuple[IntArray, FloatArray]:
        """The most alike items and their cosines, best first, ties to the smaller id."""
        if item not in self._documents:
            return np.empty(0, dtype=np.int32), np.empty(0)
        candidates = self._candidates(item)
        cosines = self._cosines(item, candidates)
        order = top(cosines, candidates, limit)
        return candidates[order], cosines[order]

    def _number(self, token: str) -> int:
        known = self._numbers.get(token)
        if known is not None:
            return known
        if self._free:
            number = self._free.pop()
            self._postings[number] = _Posting(token)
        else:
            number = len(self._postings)
            self._postings.append(_Posting(token))
        if number >= len(self._held_by):
            self._held_by = np.concatenate([self._held_by, np.zeros_like(self._held_by)])
        self._numbers[token] = number
        return number

    def _idf(self, numbers: IntArray) -> FloatArray:
        return np.asarray(np.log1p(len(self) / self._held_by[numbers]))

    def _candidates(self, item: int) -> IntArray:
        """Items that share a telling token, those with the largest partial dot products."""
        numbers, weights = self._documents[item]
        telling = np.flatnonzero(self._held_by[numbers] <= self._common)
        if not len(telling):
            return np.empty(0, dtype=np.int32)
        gains = weights[telling] * self._idf(numbers[telling]) ** 2
        found = [self._postings[number] for number in numbers[telling].tolist()]
        items: IntArray = np.concatenate([np.array(p.items, dtype=np.int32) for p in found])
        parts = [np.frombuffer(p.weights) * gain for p, gain in zip(found, gains, strict=True)]
        distinct, places = self._scratch.renumber(items)
        partial = np.asarray(np.bincount(places, np.concatenate(parts)), dtype=np.float64)
        best: IntArray = distinct[top(partial, distinct, self._examined + 1)]
        others: IntArray = best[best != item]
        return others[: self._examined]

    def _cosines(self, item: int, candidates: IntArray) -> FloatArray:
        """Cosines over all tokens, common ones too."""
        documents = [self._documents[other] for other in candidates.tolist()]
        numbers, weights = self._documents[item]
        vector = weights * self._idf(numbers)
        if not documents:
            return np.empty(0)
        flat: IntArray = np.concatenate([tokens for tokens, _ in documents])
        values = np.concatenate([tfs for _, tfs in documents]) * self._idf(flat)
        owner = np.repeat(np.arange(len(documents)), [len(tokens) for tokens, _ in documents])
        shared = self._scratch.find(flat, numbers)
        common = np.where(shared >= 0, vector[shared], 0.0)
        norms = np.sqrt(np.bincount(owner, values**2) * (vector @ vector))
        return np.asarray(np.bincount(owner, values * common) / norms)


def _words(text: str) -> list[str]:
    """Runs of letters, marks and digits; marks, so that Indic vowels do not split a word."""
    folded = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in _folded(text))
    spaced = _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", folded)
    return spaced.split()


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
