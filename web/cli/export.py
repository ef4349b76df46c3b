"""`tandem export`: everything that is known of a user, as a file for them."""

import json
import sys
from typing import Annotated

import typer

from web.cli.address import HELP, VARIABLE, service_url
from web.cli.console import fail, troubles_of
from web.cli.service_client import ServiceClient, ServiceFailed


def export(
    user_id: str,
    url: Annotated[str | None, typer.Option(help=HELP, envvar=VARIABLE)] = None,
    key: Annotated[
        str | None, typer.Option(help="Admin or server key.", envvar="TANDEM_ADMIN_KEY")
    ] = None,
) -> None:
    """Print everything that is known of a user, as JSON."""
    where = service_url(url)
    with troubles_of(ServiceFailed), ServiceClient(where, key) as client:
        document = client.export(user_id)
    if document is None:
        fail(f"Nothing is known of user {user_id}.")
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
