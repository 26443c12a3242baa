import uuid
from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.identity.models import User
from chassis.identity.permissions import IsNoService

RESERVE_SCOPE = "inventory.reserve"


class MayReadCart(IsNoService):
    """Services, too, with the scope to reserve: a checkout looks at the cart that it holds."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) or reads_any_cart(request)


def account_of(request: Request) -> uuid.UUID | None:
    """Return the account of a person who has signed in."""
    user: Any = request.user
    return user.pk if isinstance(user, User) and not user.has_role("service") else None


def reads_any_cart(request: Request) -> bool:
    user: Any = request.user
    return isinstance(user, User) and user.has_scope(RESERVE_SCOPE)
