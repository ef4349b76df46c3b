"""The shop's pictures: one symbol for each motif, drawn so that the page may use and colour it."""

import gzip
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

DEMO = Path(__file__).parents[2] / "demo"
SPRITE = DEMO / "static" / "motifs.svg"
SVG = "{http://www.w3.org/2000/svg}"

SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
PAINT = re.compile(r"var\(--[abc],#[0-9a-f]{6}\)|#fff|#000|none|currentColor")
LARGEST_GZIPPED_BYTES = 30_000


@pytest.fixture(scope="module")
def sprite() -> Element:
    return ElementTree.fromstring(SPRITE.read_bytes())


def test_there_is_one_symbol_for_each_motif_of_the_catalogue(sprite: Element) -> None:
    products = tomllib.loads((DEMO / "shop" / "products.toml").read_text())["products"]
    ids = [symbol.attrib["id"] for symbol in sprite]
    assert len(ids) == len(set(ids)) == 64
    assert set(ids) == {product["motif"] for product in products if "motif" in product}


def test_a_symbol_holds_nothing_but_shapes(sprite: Element) -> None:
    assert {child.tag for child in sprite} == {f"{SVG}symbol"}
    inside = {part.tag.removeprefix(SVG) for _, part in _parts(sprite)}
    assert inside <= SHAPES | {"g"}


def test_every_motif_is_drawn_on_the_same_square(sprite: Element) -> None:
    assert {symbol.attrib["viewBox"] for symbol in sprite} == {"0 0 96 96"}


def test_shapes_take_only_the_colours_of_their_place_and_light_and_shadow(sprite: Element) -> None:
    paints = {
        (motif, paint)
        for motif, part in _parts(sprite)
        for name in ("fill", "stroke")
        if (paint := part.get(name)) is not None
    }
    assert {(motif, paint) for motif, paint in paints if not PAINT.fullmatch(paint)} == set()


def test_no_shape_falls_back_to_black(sprite: Element) -> None:
    """A shape without a fill of its own or of its group would be drawn black."""
    bare = [symbol.attrib["id"] for symbol in sprite for part in _unpainted(symbol)]
    assert bare == []


def test_all_three_colours_are_seen_in_every_motif(sprite: Element) -> None:
    for symbol in sprite:
        drawn = ElementTree.tostring(symbol, encoding="unicode")
        assert set(re.findall(r"var\(--(\w+),", drawn)) == set("abc"), symbol.attrib["id"]


def test_nothing_in_a_symbol_needs_an_id_a_style_or_another_file(sprite: Element) -> None:
    names = {name for _, part in _parts(sprite) for name in part.attrib}
    assert {
        name for name in names if re.search(r"^on|^id$|style|class|href|filter|clip|mask", name)
    } == set()


def test_the_pictures_are_small_enough_to_load_with_the_page() -> None:
    assert len(gzip.compress(SPRITE.read_bytes())) <= LARGEST_GZIPPED_BYTES


def _parts(sprite: Element) -> Iterator[tuple[str, Element]]:
    """Everything below the symbols, with the motif that it belongs to."""
    for symbol in sprite:
        for part in symbol.iter():
            if part is not symbol:
                yield symbol.attrib["id"], part


def _unpainted(group: Element) -> Iterator[Element]:
    for part in group:
        if "fill" in part.attrib:
            continue
        if part.tag == f"{SVG}g":
            yield from _unpainted(part)
        else:
            yield part
