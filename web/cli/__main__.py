"""`python -m web.cli` is `tandem`."""

from web.cli import app

app()
