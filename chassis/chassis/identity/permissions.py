"""Permissions by role and by scope. Who owns what is decided by querysets, so that others' things do not exist."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.identity.models import User


class IsPerson(BasePermission):
    """Lets people in: anyone signed in who is not a service."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return isinstance(user, User) and not user.has_role("service")


class IsNoService(BasePermission):
    """Lets everybody in, signed in or not, who is not a service."""

    lets_anybody_in = True

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return not isinstance(user, User) or not user.has_role("service")


class HasRole(BasePermission):
    """Lets people of one of `roles` in; made by `has_role()`."""

    roles: tuple[str, ...] = ()

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return isinstance(user, User) and any(user.has_role(role) for role in self.roles)


class HasScope(BasePermission):
    """Lets services with `scope` in; made by `has_scope()`."""

    scope: str = ""

    def has_permission(self, request: Request, view: APIView) -> bool:
        user: Any = request.user
        return isinstance(user, User) and user.has_scope(self.scope)


def has_role(*roles: str) -> type[HasRole]:
    """Return a permission class for people of any of `roles`."""
    return type(f"Has{'Or'.join(role.title() for role in roles)}Role", (HasRole,), {"roles": roles})


def has_scope(scope: str) -> type[HasScope]:
    """Return a permission class for service tokens with `scope`."""
    return type("HasScope", (HasScope,), {"scope": scope, "__doc__": f"Services with the scope `{scope}`."})
