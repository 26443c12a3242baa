"""Keyset pagination: a page deep in a list costs what the first does, and rows added meanwhile shift nothing.

A view names its order by `get_ordering()` or `ordering`: columns that are never NULL, the last one unique. The cursor
holds the ordering values of the row at the page's edge; it is opaque to callers and checked like any other input.
"""

import base64
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import orjson
from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.hot_reads import HotRead, given
from chassis.keyset import CURSOR, link_to, page_of


class KeysetPagination(BasePagination):
    """Answers `{"next": url | null, "previous": url | null, "results": [...]}`."""

    cursor_param = CURSOR
    size_param = "page_size"
    default_size = 20
    max_size = 100

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        def read(ordering: Sequence[str], position: Sequence[Any] | None, limit: int) -> list[Any]:
            return list(page_of(queryset, ordering=ordering, position=position)[:limit])

        return self._page(read, queryset, request, view)

    def paginate_hot_read(
        self, read: HotRead, fields: QuerySet[Any], request: Request, view: APIView, **arguments: Any
    ) -> list[Any]:
        """Page a hot read, whose function passes its `ordering` and `position` on to `page_of`.

        `fields` is any queryset of the model, which knows the types of the columns that it is ordered by.
        """

        def hot(ordering: Sequence[str], position: Sequence[Any] | None, limit: int) -> list[Any]:
            edge = position and tuple(
                given(value, _field_of(fields, name)) for name, value in zip(ordering, position, strict=True)
            )
            return read(limit=limit, ordering=tuple(ordering), position=edge, **arguments)

        return self._page(hot, fields, request, view)

    def _page(
        self,
        read: Callable[[Sequence[str], Sequence[Any] | None, int], list[Any]],
        queryset: QuerySet[Any],
        request: Request,
        view: APIView | None,
    ) -> list[Any]:
        self.url = request.build_absolute_uri()
        size = self.page_size(request)
        ordering = _ordering_of(view)
        backward, position = _decode(request.query_params.get(self.cursor_param), queryset, ordering)
        rows = read(_flip(ordering) if backward else ordering, position, size + 1)
        more = len(rows) > size
        rows = rows[:size]
        if backward:
            rows.reverse()

        has_next = bool(rows) if backward else more
        has_previous = more if backward else (position is not None and bool(rows))
        self.next = _encode(False, rows[-1], ordering) if has_next else None
        self.previous = _encode(True, rows[0], ordering) if has_previous else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._link(self.next), "previous": self._link(self.previous), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        # The example lets spectacular put examples of the rows into a page.
        link = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            {
                "name": self.cursor_param,
                "in": "query",
                "required": False,
                "description": "Where the page starts: taken from `next` or `previous` of an earlier answer.",
                "schema": {"type": "string"},
            },
            {
                "name": self.size_param,
                "in": "query",
                "required": False,
                "description": "Rows on the page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_size, "default": self.default_size},
            },
        ]

    def to_html(self) -> str:
        return ""

    def page_size(self, request: Request) -> int:
        """Return how many rows the caller wants, within bounds. Raises `ValidationError`."""
        raw = request.query_params.get(self.size_param)
        if raw is None:
            return self.default_size
        if not (raw.isascii() and raw.isdigit() and len(raw) <= 6 and int(raw) >= 1):
            message = _("A whole number from 1 to {maximum} is required.").format(maximum=self.max_size)
            raise ValidationError({self.size_param: [message]})
        return min(int(raw), self.max_size)

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return link_to(self.url, cursor)


def _ordering_of(view: Any) -> Sequence[str]:
    ordering: Sequence[str] = view.get_ordering() if hasattr(view, "get_ordering") else view.ordering
    return ordering


def _flip(ordering: Sequence[str]) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in ordering]


def _value(row: Any, name: str) -> Any:
    column = name.lstrip("-")
    if isinstance(row, dict):
        return row[column]
    for part in column.split("__"):
        row = getattr(row, part)
    return row


def _encode(backward: bool, row: Any, ordering: Sequence[str]) -> str:
    values = [str(_value(row, name)) for name in ordering]
    return base64.urlsafe_b64encode(orjson.dumps([int(backward), list(ordering), values])).decode().rstrip("=")


def _decode(cursor: str | None, queryset: QuerySet[Any], ordering: Sequence[str]) -> tuple[bool, list[Any] | None]:
    if cursor is None:
        return False, None
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        backward, names, values = raw
        if names != list(ordering) or len(values) != len(ordering) or not all(isinstance(v, str) for v in values):
            raise ValueError("a cursor of another list")
        position = [_to_python(queryset, name, value) for name, value in zip(ordering, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, ModelValidationError) as exc:
        raise ValidationError({"cursor": [_("This cursor is not valid for this list.")]}) from exc
    return bool(backward), position


def _field_of(queryset: QuerySet[Any], name: str) -> Any:
    column = name.lstrip("-")
    annotation = queryset.query.annotations.get(column)
    if annotation is not None:
        return annotation.output_field
    model: type[Model] = queryset.model
    return _model_field(model, column)


@cache
def _model_field(model: type[Model], column: str) -> Any:
    *path, last = column.split("__")
    holder: Any = model
    for part in path:
        holder = holder._meta.get_field(part).related_model
    return holder._meta.get_field(last)


def _to_python(queryset: QuerySet[Any], name: str, value: str) -> Any:
    if "\x00" in value:
        raise ValueError("NUL")
    value.encode()  # raises for half a surrogate pair, which PostgreSQL does not take either
    return _field_of(queryset, name).to_python(value)
