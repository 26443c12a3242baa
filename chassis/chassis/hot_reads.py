"""Reads that are asked all the time and shown as they are: written with the ORM, compiled once for each shape.

A hot read is a function that builds a queryset of `.values()`; what is `given` in a call reaches it as a `Parameter`, a
placeholder of the statement:

    @hot_read()
    def products_of(*, seller: Any, newest_first: bool) -> Rows:
        return Product.objects.filter(seller=seller).order_by("-id" if newest_first else "id").values("id", "title")

    rows = products_of(seller=given(seller_id, field_of(Product, "seller")), newest_first=True)

Every other argument decides the statement's shape, under which it is kept, and must be one of a few values.

A read whose best plan depends on what is given, as a search's does, says `prepared=False`: see `chassis.statements`.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Field, Func, JSONField, QuerySet, UUIDField
from psycopg2.extensions import new_type, register_type  # type: ignore[import-untyped]

from chassis.statements import Parameter, Shapes, Statement, converter_of

Rows = QuerySet[Any, Any]
"""Of `.values()`: what a hot read builds."""

IDS_AS_TEXT = new_type((2950,), "UUID", lambda value, _cursor: value)
"""The type of uuid columns (PostgreSQL's number for it is 2950), for cursors whose rows are only shown."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value of a call, and the field that the statement compares it with."""

    value: Any
    field: "Field[Any, Any]"


def given(value: Any, field: Any) -> Any:
    """Mark a value as one that changes from call to call; `field` is the model's field of its type."""
    return Given(value, field)


class HotRead:
    """A read whose calls share the statements that were compiled for them; made by `hot_read`."""

    def __init__(self, build: Callable[..., Rows], *, prepared: bool) -> None:
        self._build = build
        self._prepared = prepared
        self._shapes = Shapes()
        self.__doc__ = build.__doc__

    def __call__(self, *, limit: int | None = None, **arguments: Any) -> list[dict[str, Any]]:
        """Return the rows, at most `limit`, as they go into an answer: ids and JSON are text.

        JSON that is passed on needs no parsing: `orjson.Fragment(text)` stands for it.
        """
        values: dict[Hashable, Any] = {}
        shape = (limit, *((name, _shape_of(name, argument, values)) for name, argument in arguments.items()))
        statement: Statement | None = self._shapes.get(shape, lambda: self._compiled(limit, arguments))
        if statement is None:
            return []
        with connection.cursor() as cursor:
            register_type(IDS_AS_TEXT, cursor.cursor)
            statement.execute(cursor, values)
            found = cursor.fetchall()
        return [dict(zip(statement.columns, statement.converted(each), strict=True)) for each in found]

    def _compiled(self, limit: int | None, arguments: dict[str, Any]) -> Statement | None:
        rows = self._build(**{name: _bound(name, argument) for name, argument in arguments.items()})
        return _statement(rows if limit is None else rows[:limit], prepared=self._prepared)


def hot_read(*, prepared: bool = True) -> Callable[[Callable[..., Rows]], HotRead]:
    """Turn a function that builds a queryset of `.values()` into a read that compiles it once for each shape."""
    return lambda build: HotRead(build, prepared=prepared)


def _shape_of(name: str, argument: Any, values: dict[Hashable, Any]) -> Hashable:
    """Return what of an argument belongs to the shape, and note the values that do not."""
    if isinstance(argument, Given):
        values[name] = argument.value
        return Given
    if isinstance(argument, tuple) and argument and isinstance(argument[0], Given):
        values.update({f"{name} {place}": one.value for place, one in enumerate(argument)})
        return (Given, len(argument))
    return argument  # type: ignore[no-any-return]


def _bound(name: str, argument: Any) -> Any:
    if isinstance(argument, Given):
        return Parameter(name, argument.field)
    if isinstance(argument, tuple) and argument and isinstance(argument[0], Given):
        return tuple(Parameter(f"{name} {place}", one.field) for place, one in enumerate(argument))
    return argument


def _statement(rows: Rows, *, prepared: bool) -> Statement | None:
    """Compile a queryset; None for one that has no rows whatever is given."""
    query = rows.query
    compiler = query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, values = compiler.as_sql()
    except EmptyResultSet:
        return None
    selected = [expression for expression, _sql, _alias in compiler.select]
    converters = (
        None if isinstance(each.output_field, JSONField | UUIDField) else converter_of(compiler, each)
        for each in selected
    )
    return Statement.of(
        sql,
        values,
        may_be_prepared=prepared,
        columns=(*query.extra_select, *query.values_select, *query.annotation_select),
        converters=tuple((place, one) for place, one in enumerate(converters) if one is not None),
    )


def json_array(rows: QuerySet[Any, Any]) -> Func:
    """Gather a subquery's only column, JSON objects, in its order."""
    return Func(ArraySubquery(rows), function="to_jsonb", output_field=JSONField())
