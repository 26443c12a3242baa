"""What the admin pages of this service share."""

import uuid
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest


class IdSearchMixin:
    """Finds rows by the exact value of any of `id_search_fields`; other terms go to `search_fields`."""

    id_search_fields: tuple[str, ...] = ("id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            ident = uuid.UUID(search_term.strip())
        except ValueError:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(  # type: ignore[misc]
                request, queryset, search_term
            )
            return found
        return queryset.filter(Q(*((name, ident) for name in self.id_search_fields), _connector=Q.OR)), False


class ReadOnlyMixin:
    """An admin page that shows and never changes; nothing is added or deleted there either."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
