import uuid
from typing import Any

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from chassis.identity.models import User
from chassis.identity.permissions import has_role

SellerOrAdmin = has_role("seller", "admin")


def manager_of(request: Request) -> User:
    """Return the person who manages products."""
    user: Any = request.user
    if not isinstance(user, User):
        raise NotAuthenticated()
    return user


def managed_seller(request: Request) -> uuid.UUID | None:
    """Return whose things the caller manages: their own, or with None, for an admin, everybody's."""
    user = manager_of(request)
    return None if user.has_role("admin") else user.pk
