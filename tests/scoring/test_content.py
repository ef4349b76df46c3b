"""Content: tokens in any script, and cosines equal to a brute-force TF-IDF."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.content import ContentIndex, shrinkage, tokens

Catalogue = dict[int, list[str]]


def index_of(catalogue: Catalogue, common: int = 5_000) -> ContentIndex:
    index = ContentIndex(common=common)
    for item, held in catalogue.items():
        index.add(item, held)
    return index


def reference_vector(held: list[str], catalogue: Catalogue) -> dict[str, float]:
    def idf(token: str) -> float:
        return math.log(1 + len(catalogue) / sum(token in other for other in catalogue.values()))

    return {token: (1 + math.log(tf)) * idf(token) for token, tf in Counter(held).items()}


def reference_neighbours(item: int, catalogue: Catalogue) -> dict[int, float]:
    vectors = {other: reference_vector(held, catalogue) for other, held in catalogue.items()}
    norms = {other: math.sqrt(sum(w * w for w in v.values())) for other, v in vectors.items()}
    dots = {
        other: sum(w * vectors[other].get(token, 0.0) for token, w in vectors[item].items())
        for other in catalogue
        if other != item
    }
    return {other: dot / (norms[item] * norms[other]) for other, dot in dots.items() if dot}


catalogues = st.dictionaries(
    st.integers(0, 30), st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6), min_size=1
)


@given(catalogues)
def test_neighbours_are_those_of_a_brute_force_tf_idf(catalogue: Catalogue) -> None:
    index = index_of(catalogue)
    for item in catalogue:
        found, cosines = index.neighbours(item)
        assert dict(zip(found.tolist(), cosines.tolist(), strict=True)) == pytest.approx(
            reference_neighbours(item, catalogue)
        )
        assert (np.diff(cosines) <= 0).all()


@given(catalogues, catalogues, st.sets(st.integers(0, 30)))
def test_an_index_that_was_changed_equals_one_built_afresh(
    before: Catalogue, after: Catalogue, removed: set[int]
) -> None:
    changed = index_of({**before})
    for item, held in after.items():
        changed.add(item, held)
    for item in removed:
        changed.remove(item)
    final = {k: v for k, v in {**before, **after}.items() if k not in removed}
    fresh = index_of(final)
    assert len(changed) == len(final)
    for item in final:
        found, cosines = changed.neighbours(item)
        expected, expected_cosines = fresh.neighbours(item)
        assert found.tolist() == expected.tolist()
        np.testing.assert_allclose(cosines, expected_cosines)


def test_a_twin_is_as_alike_as_can_be() -> None:
    index = index_of({1: ["red", "tent"], 2: ["red", "tent"], 3: ["red", "shoe"], 4: ["mug"]})
    found, cosines = index.neighbours(1)
    assert found.tolist() == [2, 3]
    assert cosines[0] == pytest.approx(1.0)


def test_a_common_token_finds_nobody_but_counts_once_they_are_found() -> None:
    catalogue = {1: ["all", "x"], 2: ["all", "x"], 3: ["all", "y"], 4: ["all"]}
    found, cosines = index_of(catalogue, common=3).neighbours(1)
    assert found.tolist() == [2]
    assert cosines[0] == pytest.approx(1.0)
    assert index_of(catalogue, common=3).neighbours(4)[0].tolist() == []


def test_only_the_best_are_listed_and_ties_go_to_the_smaller_id() -> None:
    index = index_of({item: ["tent"] for item in (9, 4, 7, 2)})
    assert index.neighbours(9, limit=2)[0].tolist() == [2, 4]


def test_an_unknown_or_empty_item_has_no_neighbours() -> None:
    index = index_of({1: ["tent"], 2: []})
    for item in (2, 99):
        assert [len(part) for part in index.neighbours(item)] == [0, 0]
    assert len(index) == 2


def test_a_thousand_passing_tokens_leave_nothing_behind() -> None:
    index = index_of({1: ["tent"], 2: ["tent"]})
    for number in range(3000):
        index.add(3, [f"once-{number}", "tent"])
    index.remove(3)
    assert index.neighbours(1)[0].tolist() == [2]


def test_more_tokens_than_at_first_expected_are_no_trouble() -> None:
    index = index_of({item: [f"own-{item}", f"pair-{item // 2}"] for item in range(2000)})
    assert index.neighbours(1998)[0].tolist() == [1999]


def test_an_entry_becomes_words_category_levels_brand_and_tags() -> None:
    found = tokens("Tent, 2 Persons", ["Camping", "Tents"], "Nordisk", ["Light Weight"])
    assert found == [
        "tent", "2", "persons", "cat:camping", "cat:camping/tents",
        "brand:nordisk", "tag:light weight",
    ]  # fmt: skip


def test_what_is_not_known_leaves_no_token() -> None:
    assert tokens("Mug") == ["mug"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Müsli-Riegel ×12", ["müsli", "riegel", "12"]),
        ("MU\u0308SLI", ["müsli"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("Палатка, двухместная", ["палатка", "двухместная"]),
        ("हिन्दी किताब", ["हिन्दी", "किताब"]),
        ("ＡＢＣ テント", ["abc", "テン", "ント"]),
        ("防水帐篷2人", ["防水", "水帐", "帐篷", "2人"]),
        ("!!!", []),
    ],
)
def test_titles_are_read_in_any_script(title: str, expected: list[str]) -> None:
    assert tokens(title) == expected


def test_content_leads_for_new_items_and_fades() -> None:
    np.testing.assert_allclose(shrinkage(np.array([0, 10, 90])), [1.0, 0.5, 0.1])
