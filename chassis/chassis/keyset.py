"""Rows after a position in an ordering whose columns are never NULL and whose last one is unique; links to pages."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

from django.db.models import Q, QuerySet


def page_of(
    queryset: QuerySet[Any, Any], *, ordering: Sequence[str], position: Sequence[Any] | None
) -> QuerySet[Any, Any]:
    """Order a queryset, and leave out what does not come after `position`, the ordering's values of a row."""
    rows = queryset.order_by(*ordering)
    return rows if position is None else rows.filter(_beyond(ordering, position))


def _beyond(ordering: Sequence[str], position: Sequence[Any]) -> Q:
    """Rows after `position`: `a > x OR (a = x AND (b > y OR …))`, led by `a >= x` so that an index can seek."""
    condition = Q()
    for name, value in reversed(list(zip(ordering, position, strict=True))):
        column, operator = (name[1:], "lt") if name.startswith("-") else (name, "gt")
        further = Q(**{f"{column}__{operator}": value})
        condition = further | (Q(**{column: value}) & condition) if condition else further
    first = ordering[0]
    column, operator = (first[1:], "lte") if first.startswith("-") else (first, "gte")
    return Q(**{f"{column}__{operator}": position[0]}) & condition


CURSOR = "cursor"
_PAIR = f"{CURSOR}="


def link_to(url: str, cursor: str) -> str:
    """The address of the page of `url` that starts at `cursor`."""
    address, _mark, query = url.partition("?")
    kept = [pair for pair in query.split("&") if pair and not pair.startswith(_PAIR)]
    return f"{address}?{'&'.join([*kept, _PAIR + quote(cursor, safe='')])}"


def cursor_of(link: str) -> str:
    """The cursor in the address of a page. Raises `ValueError` where there is none."""
    for pair in link.partition("?")[2].split("&"):
        if pair.startswith(_PAIR):
            return unquote(pair.removeprefix(_PAIR))
    raise ValueError(f"There is no cursor in {link}.")
