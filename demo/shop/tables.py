"""Reads the shop's tables, which lie beside this file."""

import tomllib
from importlib.resources import files
from typing import Any


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of NAME.toml, which holds one array of tables of that name."""
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    table: list[dict[str, Any]] = tomllib.loads(text)[name]
    return table
