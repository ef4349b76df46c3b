"""The catalogue: bulk upsert, one item, changes that hold at once."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from web.access import Access, open_to
from web.routes.documented import READ, WRITE, errors
from web.routing import StrictRoute
from web.wire.catalogue import ITEMS_MAX, CatalogueItem, ItemChanges, ItemInput, ItemsStored
from web.wire.fields import ID_PATTERN
from web.worker import WorkerOf

router = APIRouter(route_class=StrictRoute, tags=["catalogue"])
ItemId = Annotated[str, Path(pattern=ID_PATTERN)]


@router.put(
    "/items",
    operation_id="putItems",
    summary="Store items, all or none",
    response_model=ItemsStored,
    responses=errors(*WRITE),
)
@open_to(Access.ADMIN)
async def put_items(
    items: Annotated[list[ItemInput], Body(max_length=ITEMS_MAX)], worker: WorkerOf
) -> ItemsStored:
    """New ones are added, known ones replaced. A new item is offered within a second."""
    stored = await worker.recommender.put_items([item.to_service() for item in items])
    return ItemsStored(stored=stored)


@router.get(
    "/items/{item_id}",
    operation_id="getItem",
    summary="One item",
    response_model=CatalogueItem,
    responses=errors(*READ, 404),
)
@open_to(Access.SERVER)
async def get_item(item_id: ItemId, worker: WorkerOf) -> CatalogueItem:
    """As it is known now."""
    return CatalogueItem.of(await worker.recommender.item(item_id))


@router.patch(
    "/items/{item_id}",
    operation_id="changeItem",
    summary="Change fields of an item",
    response_model=CatalogueItem,
    responses=errors(*WRITE, 404),
)
@open_to(Access.ADMIN)
async def patch_item(item_id: ItemId, changes: ItemChanges, worker: WorkerOf) -> CatalogueItem:
    """A hidden item leaves all lists at once; a sold-out one leaves those that ask for `in_stock=true`."""
    return CatalogueItem.of(await worker.recommender.patch_item(item_id, changes.to_service()))


@router.delete(
    "/items/{item_id}",
    operation_id="deleteItem",
    summary="Remove an item",
    status_code=204,
    responses=errors(*READ, 404),
)
@open_to(Access.ADMIN)
async def delete_item(item_id: ItemId, worker: WorkerOf) -> Response:
    """From the catalogue; what people did with it stays counted until it expires."""
    await worker.recommender.delete_item(item_id)
    return Response(status_code=204)
