"""Who calls, in views that let only signed-in callers in."""

from typing import cast

from rest_framework.request import Request

from chassis.identity.models import User


def caller(request: Request) -> User:
    return cast(User, request.user)
