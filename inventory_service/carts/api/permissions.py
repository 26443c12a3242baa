import uuid
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.identity.models import User

RESERVE_SCOPE = "inventory.reserve"


class CartAccess(BasePermission):
    """Lets everybody use carts, signed in or not; services may only read them, with the scope to reserve."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        if not isinstance(user, User) or not user.has_role("service"):
            return True
        return request.method == "GET" and user.has_scope(RESERVE_SCOPE)


def account_of(request: Request) -> uuid.UUID | None:
    """Return the account of a person who has signed in."""
    user: Any = request.user
    return user.pk if isinstance(user, User) and not user.has_role("service") else None


def reads_any_cart(request: Request) -> bool:
    user: Any = request.user
    return isinstance(user, User) and user.has_scope(RESERVE_SCOPE)
