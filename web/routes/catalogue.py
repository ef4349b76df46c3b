"""The catalogue: bulk upsert, one item, changes that hold at once."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from web.access import Access, open_to
from web.routes.documented import errors
from web.routes.problem_examples import BODY, STORE_AWAY, UNKNOWN_ITEM, no_id, refused, wrong
from web.routing import StrictRoute
from web.wire.catalogue import ITEMS_MAX, CatalogueItem, ItemChanges, ItemInput, ItemsStored
from web.wire.fields import ID_PATTERN
from web.worker import WorkerOf

router = APIRouter(route_class=StrictRoute, tags=["catalogue"])
ItemId = Annotated[str, Path(pattern=ID_PATTERN, description="The item.")]
WRONG_PRICE = wrong("0.price", "out_of_range", "The least number taken is 0.")
WRONG_CHANGE = refused(ItemChanges, {"in_stock": None})


@router.put(
    "/items",
    operation_id="putItems",
    summary="Store items, all or none",
    response_model=ItemsStored,
    responses=errors(*BODY, WRONG_PRICE, STORE_AWAY),
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
    responses=errors(no_id("item_id"), UNKNOWN_ITEM, STORE_AWAY),
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
    responses=errors(*BODY, WRONG_CHANGE, UNKNOWN_ITEM, STORE_AWAY),
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
    responses=errors(no_id("item_id"), UNKNOWN_ITEM, STORE_AWAY),
)
@open_to(Access.ADMIN)
async def delete_item(item_id: ItemId, worker: WorkerOf) -> Response:
    """From the catalogue; what people did with it stays counted until it expires."""
    await worker.recommender.delete_item(item_id)
    return Response(status_code=204)
