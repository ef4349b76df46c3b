"""The `tandem` command of the whole product: the service's commands, and the demo."""

import asyncio
from functools import partial
from typing import Annotated

import typer

from demo.app import create_app
from demo.shop.setup import set_up
from service.availability import store_answers
from service.bootstrap import open_recommender, system_clock
from service.errors import ServiceError
from service.private_redis import RedisDidNotStart
from service.redis_ladder import RedisPlace, redis_place
from service.settings import Settings
from web.app import Application
from web.cli import commands
from web.cli.console import load_settings, out, troubles_of
from web.cli.serve import Program, run

PAGE = "/demo/realtime"
# A visitor of the demo waits to see what somebody else's act does.
OTHERS_ACTS_S = 1.0
LIST_AGE_S = 0.2  # of lists in which nothing has changed five times that


def _make_app(settings: Settings, place: RedisPlace) -> Application:
    return create_app(settings, toy_store=place.kind == "embedded")


app = commands(Program(_make_app, "demo"))


@app.command()
def demo(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    setup: Annotated[
        bool, typer.Option("--setup", help="Load the sample shop, and no more.")
    ] = False,
) -> None:
    """Start the service with a sample shop, and a page on which its recommendations move."""
    age = {"neighbours_max_age_s": LIST_AGE_S, "refresh_interval_s": OTHERS_ACTS_S}
    settings = load_settings(host=host, port=port, **age)
    if not setup:
        run(settings, Program(_make_app, "demo", PAGE), prepare=partial(_load, settings))
        return
    with troubles_of(RedisDidNotStart), redis_place(settings) as place:
        _load(settings, place)


def _load(settings: Settings, place: RedisPlace) -> None:
    """The sample shop, unless somebody acts here already."""
    with troubles_of(ServiceError):
        out.print(asyncio.run(_loaded(settings.model_copy(update={"redis_url": place.url}))))


async def _loaded(settings: Settings) -> str:
    with store_answers():
        async with open_recommender(settings) as tandem:
            loaded = await set_up(tandem, system_clock)
    if loaded is None:
        return "Shop     as it was: this store holds live events"
    return f"Shop     {loaded.items} products and {loaded.events:,} past events loaded"
