"""The `tandem` command: one module for each thing that it does."""

import os

import typer

from service.setting_names import unknown_names, warning_of
from web.cli.benchmarking import bench
from web.cli.console import err
from web.cli.doctor import doctor
from web.cli.evaluate import evaluate
from web.cli.export import export
from web.cli.import_file import import_file
from web.cli.inspect import inspect
from web.cli.rebuild import rebuild
from web.cli.serve import SERVICE, Program, serve
from web.cli.token import token
from web.cli.tune import tune


def commands(program: Program) -> typer.Typer:
    """All commands; `serve` serves that program."""
    app = typer.Typer(
        name="tandem",
        help="Real-time recommendations on Redis. Settings: TANDEM_... (docs/settings.md).",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"obj": program},
    )
    app.callback()(warn_of_unknown_settings)
    app.command()(serve)
    app.command("import")(import_file)
    app.command()(export)
    app.command()(rebuild)
    app.add_typer(inspect)
    app.command()(doctor)
    app.command()(token)
    app.command()(evaluate)
    app.command()(tune)
    # A benchmark's options are its own, --help too.
    own = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command(context_settings=own)(bench)
    return app


def warn_of_unknown_settings() -> None:
    """Before any command."""
    for name in unknown_names(os.environ):
        err.print(f"Warning: {warning_of(name)}", markup=False, soft_wrap=True)


app = commands(SERVICE)
