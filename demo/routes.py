"""The demo page and what it asks for beyond the service's own routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp

from demo.packed_files import WORTH_PACKING_BYTES, PackedFiles
from demo.shop.catalogue import Picture, new_items, pictures
from demo.shop.personas import personas
from demo.shop.traffic import Shoppers
from service.errors import NotFound
from service.inspection import Table
from service.model import Item
from web.access import Access, open_to
from web.json_output import json_answer
from web.routing import LeanRoute, StrictRoute
from web.wire.fields import ID_PATTERN
from web.worker import Worker, WorkerOf, worker_of

SHOP = "Harbour & Pine"
OTHER_SHOP = "Your store"
ITEMS_SHOWN = 200
# Nothing but this server's own files, and no page around this one.
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

router = APIRouter(route_class=StrictRoute, include_in_schema=False)
packed = APIRouter(route_class=LeanRoute, include_in_schema=False)

ItemId = Annotated[str, Query(pattern=ID_PATTERN)]


@dataclass(frozen=True, slots=True)
class Demo:
    """What the routes need to know. Lives as long as the app."""

    shoppers: Shoppers
    files: PackedFiles
    demo_open: bool
    toy_store: bool


@router.get("/")
@open_to(Access.PUBLIC)
async def get_start() -> Response:
    """Whoever comes by the bare address wants to see something."""
    return RedirectResponse("/demo/realtime")


@packed.get("/demo/realtime")
@open_to(Access.PUBLIC)
async def get_page(request: Request) -> ASGIApp:
    """The page."""
    response = await _demo(request).files.get_response("index.html", request.scope)
    response.headers["content-security-policy"] = POLICY
    return response


@packed.get("/demo/static/{path:path}")
@open_to(Access.PUBLIC)
async def get_file(request: Request) -> ASGIApp:
    """A script, style or picture of the page."""
    return await _demo(request).files.get_response(request.path_params["path"], request.scope)


@packed.get("/demo/shop")
@open_to(Access.SERVER)
async def get_shop(request: Request) -> ASGIApp:
    """What the page shows before anybody acts: the newest items, whichever catalogue is loaded.

    The name, the personas and the traffic are the sample shop's: who has loaded another catalogue gets none of them.
    """
    demo, worker = _demo(request), worker_of(request)
    items = await worker.recommender.newest_items(ITEMS_SHOWN)
    drawn, new = pictures(), new_items()
    sample = any(item.item_id in drawn for item in items)
    answer = json_answer(
        {
            "name": SHOP if sample else OTHER_SHOP,
            "sample": sample,
            "demo_open": demo.demo_open,
            "toy_store": demo.toy_store,
            "worker": worker.name,
            "categories": sorted({item.category[0] for item in items if item.category}),
            "items": [_item(item, drawn.get(item.item_id), item.item_id in new) for item in items],
            "personas": [
                {"user_id": p.user_id, "name": p.name, "tastes": p.tastes, "story": p.story}
                for p in (personas() if sample else ())
            ],
        }
    )
    return GZipMiddleware(answer, minimum_size=WORTH_PACKING_BYTES)


@router.get("/demo/evidence")
@open_to(Access.SERVER)
async def get_evidence(
    worker: WorkerOf,
    user_id: ItemId,
    item_id: ItemId,
    code: Annotated[str, Query(max_length=64)],
    because: Annotated[str, Query(pattern=f"{ID_PATTERN}|^$")] = "",
) -> Response:
    """The redis-cli lines that show what stands behind a reason, and what they answer now."""
    tables = await worker.service.inspection.evidence(code, item_id, because, user_id)
    return json_answer({"lines": [_line(table) for table in tables]})


@router.post("/demo/traffic")
@open_to(Access.WRITE)
async def post_traffic(request: Request, worker: WorkerOf) -> Response:
    """Lets simulated shoppers act a little. Whoever wants a busy shop calls it once a second."""
    events = _demo(request).shoppers.act()
    if events:
        await _check_loaded(worker, events[0].item_id)
    answers = await worker.record(events)
    done = [e for e, answer in zip(events, answers, strict=True) if answer.problem is None]
    return json_answer(
        {"events": [{"user_id": e.user_id, "type": e.type, "item_id": e.item_id} for e in done]}
    )


async def _check_loaded(worker: Worker, item_id: str) -> None:
    try:
        await worker.recommender.item(item_id)
    except NotFound:
        text = "The sample shop is not loaded: tandem demo --setup."
        raise NotFound("no_sample_shop", text) from None


def _demo(request: Request) -> Demo:
    demo: Demo = request.app.state.demo
    return demo


def _item(item: Item, picture: Picture | None, new: bool) -> dict[str, object]:
    return {
        "item_id": item.item_id,
        "title": item.title or item.item_id,
        "category": item.category[0] if item.category else None,
        "brand": item.brand,
        "price": item.price,
        "currency": item.currency,
        "in_stock": item.in_stock,
        "tags": item.tags,
        "picture": picture and {"motif": picture.motif, "colours": picture.colours},
        "new": new,
    }


def _line(table: Table) -> dict[str, str]:
    answer = " ".join(row[0] for row in table.rows)
    return {"command": table.line, "answer": answer, "says": table.title}
