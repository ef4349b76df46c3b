"""`python -m demo` is `tandem`."""

from demo.cli import app

app()
