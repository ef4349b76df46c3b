"""What the product imports is what it declares: nothing comes along by luck of another package."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ["service", "store", "scoring", "web", "demo"]
OPTIONAL = PROJECT["project"]["optional-dependencies"]
DISTRIBUTIONS = packages_distributions()
# uvicorn loads three of them by name; python-socketio stands on the fourth; the last is an extra.
NEEDED_WITHOUT_AN_IMPORT = {"uvloop", "httptools", "websockets", "python-engineio", "scipy"}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_import_of_a_package_is_a_declared_dependency(package: str) -> None:
    undeclared = {
        f"{path.relative_to(ROOT)}: {module}"
        for path in (ROOT / package).rglob("*.py")
        for module in _foreign_modules(path.read_text())
        if not _distributions_of(module) & _declared()
    }
    assert undeclared == set()


def test_no_dependency_is_declared_that_nothing_needs() -> None:
    imported = {
        name
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for module in _foreign_modules(path.read_text())
        for name in _distributions_of(module)
    }
    assert _declared() - imported <= NEEDED_WITHOUT_AN_IMPORT


@pytest.mark.parametrize(
    "source", ["import yaml.nodes", "from yaml import load", "def f():\n    import yaml"]
)
def test_an_import_is_found_wherever_it_stands(source: str) -> None:
    assert set(_foreign_modules(source)) == {"yaml"}


def test_the_standard_library_and_our_own_packages_are_not_foreign() -> None:
    source = "import os, tomllib\nfrom store.keys import Keys\nfrom . import sibling"
    assert set(_foreign_modules(source)) == set()


def _foreign_modules(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        for name in _imported(node):
            module = name.partition(".")[0]
            if module not in sys.stdlib_module_names and module not in PACKAGES:
                yield module


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _distributions_of(module: str) -> set[str]:
    return {canonicalize_name(name) for name in DISTRIBUTIONS.get(module, [module])}


def _declared() -> set[str]:
    declared = [*PROJECT["project"]["dependencies"], *OPTIONAL["ml"]]
    return {canonicalize_name(Requirement(entry).name) for entry in declared}
