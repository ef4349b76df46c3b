"""The `tandem` command: one module for each thing that it does."""

import typer

from web.cli.doctor import doctor
from web.cli.evaluate import evaluate
from web.cli.import_file import import_file
from web.cli.inspect import inspect
from web.cli.serve import serve

app = typer.Typer(
    name="tandem",
    help="Real-time recommendations on Redis. Settings: TANDEM_... (docs/settings.md).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command("import")(import_file)
app.add_typer(inspect)
app.command()(doctor)
app.command()(evaluate)
