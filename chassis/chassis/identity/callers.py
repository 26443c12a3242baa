"""Who calls, in views whose permissions let only signed-in callers in."""

from typing import cast

from rest_framework.request import Request

from chassis.identity.models import User


def caller(request: Request) -> User:
    """Return `request.user` as what it is behind such a permission: never anonymous."""
    return cast(User, request.user)
