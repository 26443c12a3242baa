"""Reads of deliveries."""

import uuid

from django.db.models import QuerySet

from deliveries.errors import SaleNotFoundError
from deliveries.models import Delivery
from orders.selectors import sales_of_seller


def deliveries_of_sale(*, seller: uuid.UUID, sale_id: uuid.UUID) -> QuerySet[Delivery]:
    """The parcels of a seller's sale. Raises `SaleNotFoundError`."""
    if not sales_of_seller(seller).filter(pk=sale_id).exists():
        raise SaleNotFoundError()
    return Delivery.objects.filter(seller_order=sale_id)
