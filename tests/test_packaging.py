"""What is built and installed: five packages, whole, with pins that agree with pyproject.toml."""

import importlib
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ["service", "store", "scoring", "web", "demo"]
PINNED_FILES = ["requirements/run.txt", "requirements/dev.txt"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_files(wheel: Path) -> set[str]:
    return _files(wheel)


def test_the_wheel_holds_the_five_packages_and_nothing_else(wheel_files: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_files}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_holds_each_file_of_a_package(package: str, wheel_files: set[str]) -> None:
    assert _source_files(package) <= wheel_files


def test_the_wheel_holds_the_lua(wheel_files: set[str]) -> None:
    assert any(name.startswith("store/scripts/") and name.endswith(".lua") for name in wheel_files)


def test_the_wheel_holds_the_licence_and_the_command(wheel_files: set[str]) -> None:
    ends = {name.partition(".dist-info/")[2] for name in wheel_files}
    assert {"licenses/LICENSE", "entry_points.txt"} <= ends


@pytest.mark.compiled
def test_a_wheel_holds_what_is_compiled_and_fits_this_platform(wheel: Path) -> None:
    assert f"scoring/kernels_compiled{EXTENSION_SUFFIXES[0]}" in _files(wheel)
    assert not wheel.name.endswith("-none-any.whl")


def test_without_a_compiler_a_wheel_fits_all_platforms(tmp_path: Path) -> None:
    copied = shutil.copytree(ROOT, tmp_path / "copied", ignore=_all_but_sources)
    wheel = _built("wheel", copied, tmp_path, CC="false")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert not {name for name in _files(wheel) if name.endswith(".so")}


def test_a_source_distribution_holds_the_source_alone(tmp_path: Path) -> None:
    with tarfile.open(_built("sdist", ROOT, tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "scoring/kernels_compiled.pyx"} <= names
    assert not {name for name in names if name.endswith(".so")}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_imported_from_this_tree(package: str) -> None:
    imported = importlib.import_module(package)
    assert imported.__file__ == str(ROOT / package / "__init__.py")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_its_promise_in_one_sentence_and_is_typed(package: str) -> None:
    promise = importlib.import_module(package).__doc__
    assert promise is not None
    assert "\n" not in promise
    assert promise.endswith(".")
    assert (ROOT / package / "py.typed").exists()


@pytest.mark.parametrize("file", PINNED_FILES)
def test_each_pin_is_exact_and_has_hashes(file: str) -> None:
    for entry in _entries(file):
        assert entry.count(" --hash=sha256:") >= 1, entry
        assert "==" in entry.split(" --hash", 1)[0]


def test_running_and_development_have_the_same_versions() -> None:
    assert _pins("requirements/run.txt").items() <= _pins("requirements/dev.txt").items()


@pytest.mark.parametrize("file", PINNED_FILES)
def test_the_pins_are_what_the_project_asks_for(file: str) -> None:
    pins = _pins(file)
    for wanted in map(Requirement, PROJECT["project"]["dependencies"]):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted


def test_the_pins_of_development_are_what_its_tools_ask_for() -> None:
    pins = _pins("requirements/dev.txt")
    groups = PROJECT["dependency-groups"]
    asked = [
        *(entry for group in groups.values() for entry in group if isinstance(entry, str)),
        *PROJECT["project"]["optional-dependencies"]["ml"],
    ]
    for wanted in map(Requirement, asked):
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted


def _built(target: str, folder: Path, into: Path, **environment: str) -> Path:
    """A distribution of what stands in the folder."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into)]
    subprocess.run(
        build, cwd=folder, check=True, capture_output=True, env={**os.environ, **environment}
    )
    (built,) = into.glob("tandem*.*")
    return built


def _files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _all_but_sources(folder: str, names: list[str]) -> set[str]:
    """Of the root all but what a wheel is made of; what was compiled before stays."""
    wanted = {*PACKAGES, "hatch_build.py", "pyproject.toml", "README.md", "LICENSE"}
    return set(names) - wanted if Path(folder) == ROOT else {"__pycache__"} & set(names)


def _source_files(package: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".so" and "__pycache__" not in path.parts
    }


def _entries(file: str) -> list[str]:
    """One line for each pin, its hashes behind it."""
    return (ROOT / file).read_text().replace(" \\\n   ", "").splitlines()


def _pins(file: str) -> dict[str, str]:
    """Name and version, markers aside."""
    pinned = [entry.split(" ", 1)[0].split("==") for entry in _entries(file)]
    return {canonicalize_name(name): version for name, version in pinned}
