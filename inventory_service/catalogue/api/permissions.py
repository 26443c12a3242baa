import uuid

from rest_framework.request import Request

from chassis.identity.callers import caller
from chassis.identity.permissions import has_role

SellerOrAdmin = has_role("seller", "admin")


def managed_seller(request: Request) -> uuid.UUID | None:
    """Return whose things the caller manages: their own, or with None, for an admin, everybody's."""
    user = caller(request)
    return None if user.has_role("admin") else user.pk
