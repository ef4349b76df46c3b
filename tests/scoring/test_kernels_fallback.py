"""What is not compiled is done by NumPy."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_without_what_is_compiled_numpy_does_it() -> None:
    code = (
        "import sys; sys.modules['scoring.kernels_compiled'] = None;"
        "from scoring import kernels, kernels_numpy;"
        "assert kernels.top is kernels_numpy.top and not kernels.COMPILED"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
