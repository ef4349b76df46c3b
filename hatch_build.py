"""Compiles the innermost arithmetic of a list, where there is a C compiler: without one, NumPy does it."""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.errors import BaseError, CCompilerError

MODULE = "scoring.kernels_compiled"
SOURCE = Path("scoring", "kernels_compiled.pyx")
#: Sums are to be the same on every processor.
FLAGS = ["-O3", "-ffp-contract=off"]


class CustomBuildHook(BuildHookInterface[Any]):
    """What hatchling calls before it packs a wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles beside the source. A wheel holds the result, and then fits one platform and Python."""
        root = Path(self.root)
        built = (root / SOURCE).with_name(SOURCE.stem + EXTENSION_SUFFIXES[0])
        try:
            compile_into(built, root)
        except (BaseError, CCompilerError, OSError) as error:
            built.unlink(missing_ok=True)
            self.app.display_warning(f"{SOURCE} was not compiled, so lists take longer: {error}")
            return
        build_data["infer_tag"] = True
        build_data["pure_python"] = False
        if version != "editable":
            build_data["force_include"][str(built)] = str(built.relative_to(root))


def compile_into(built: Path, root: Path) -> None:
    """Puts the compiled module in place of one that stood there; who has that loaded keeps it.

    BaseError, CCompilerError or OSError where that cannot be done.
    """
    (root / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=root / "build") as build:  # others may compile at the same time
        extension = Extension(
            MODULE,
            [str(root / SOURCE)],
            include_dirs=[np.get_include()],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")],
            extra_compile_args=FLAGS,
        )
        # Cython says nothing of its types.
        extensions = cythonize([extension], build_dir=build, force=True, quiet=True)  # type: ignore[no-untyped-call]
        command = Distribution({"ext_modules": extensions}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = build
        command.ensure_finalized()
        command.run()
        Path(command.get_outputs()[0]).replace(built)
