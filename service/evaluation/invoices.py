"""The columns of Online Retail (UCI), a shop's invoices."""

from service.importing.fields import BadValue, optional_number
from service.importing.presets import Picked, Preset


def _sale(picked: Picked) -> Picked:
    """Sales of products only: neither cancellations nor corrections of the stock, postage or fees."""
    if str(picked.get("order_id", "")).upper().startswith("C"):
        raise BadValue("no_sale", "order_id", "a cancellation")
    if (optional_number("quantity", picked.get("quantity")) or 0) <= 0:
        raise BadValue("no_sale", "quantity", "a correction")
    if not str(picked.get("item_id", ""))[:1].isdigit() or "title" not in picked:
        raise BadValue("no_sale", "item_id", "no product")
    return picked


INVOICES = Preset(
    "invoices",
    {
        "user_id": ("CustomerID", "InvoiceNo"),
        "item_id": ("StockCode",),
        "type": ("=purchase",),
        "timestamp": ("InvoiceDate",),
        "order_id": ("InvoiceNo",),
        "quantity": ("Quantity",),
        "title": ("Description",),
        "price": ("UnitPrice",),
    },
    required=("order_id", "item_id", "quantity", "timestamp", "title"),
    adapt=_sale,
)
