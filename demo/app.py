"""The service with its demo page: open to whoever may call without a key, and not there where keys are asked for."""

import random
from collections.abc import Callable
from pathlib import Path

from demo import routes
from demo.packed_files import PackedFiles
from demo.shop.traffic import Shoppers
from service.bootstrap import open_recommender, system_clock
from service.settings import Settings
from web.app import ROUTERS, Application, OpenService
from web.app import create_app as create_service

STATIC = Path(__file__).parent / "static"


def create_app(
    settings: Settings,
    *,
    toy_store: bool = False,
    open_service: OpenService = open_recommender,
    clock: Callable[[], int] = system_clock,
) -> Application:
    """The app for these settings. `toy_store` is said on the page: nothing in it survives."""
    closed = settings.keyed and not settings.demo_open
    # The demo first: what stands at "/" is its to say.
    routers = ROUTERS if closed else (routes.router, routes.packed, *ROUTERS)
    app = create_service(settings, open_service=open_service, clock=clock, routers=routers)
    shoppers, files = Shoppers(random.Random(), clock), PackedFiles(STATIC)
    app.fastapi.state.demo = routes.Demo(shoppers, files, settings.demo_open, toy_store)
    return app
