"""Statements that are asked all the time: written with the ORM, compiled once for each shape, then only executed.

Building and compiling a queryset costs several times what PostgreSQL needs to answer it. A hot read is a function that
builds a queryset of `.values()`; what is `given` in a call reaches it as a `Parameter`, a placeholder of the statement:

    @hot_read()
    def products_of(*, seller: Any, newest_first: bool) -> Rows:
        return Product.objects.filter(seller=seller).order_by("-id" if newest_first else "id").values("id", "title")

    rows = products_of(seller=given(seller_id, Product._meta.get_field("seller")), newest_first=True)

Every other argument decides the statement's shape, under which it is kept, and must be one of a few values.

`update` does the same for a conditional UPDATE of one row.

What is asked for the third time is prepared on its connection, because planning a statement costs PostgreSQL as much as
executing it. A read whose best plan depends on what is given, as a search's does, says `prepared=False`.
"""

import re
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, Func, JSONField, Model, QuerySet, UUIDField
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from psycopg2.extensions import new_type, register_type  # type: ignore[import-untyped]

Rows = QuerySet[Any, Any]
"""Of `.values()`: what a hot read builds."""

USES_BEFORE_PREPARED = 3
MOST_SHAPES = 1000
"""Of one read: more would mean that something is not `given` that changes from call to call."""


PLACEHOLDER = re.compile("%[%s]")

_numbers = count()

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


def field_of(model: type[Model], name: str) -> Any:
    """Return the model's field of that name; `pk` is one."""
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


class Parameter(Expression):
    """Stands in a queryset for a value that is given only when the statement is executed."""

    def __init__(self, name: str, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


@dataclass(slots=True)
class Statement:
    """A compiled shape: its text, what its placeholders stand for, and how its columns become values."""

    sql: str
    parameters: tuple[Parameter, ...]
    may_be_prepared: bool
    columns: tuple[str, ...] = ()
    converters: tuple[tuple[str, Callable[[Any], Any]], ...] = ()
    name: str = field(default_factory=lambda: f"hot_{next(_numbers)}")
    uses: int = 0

    @classmethod
    def of(cls, sql: str, values: Sequence[Any], *, prepared: bool, **more: Any) -> "Statement":
        """Take a text of the ORM's; what is the same in every call becomes part of it."""
        with connection.cursor() as cursor:
            written = iter(
                "%s" if isinstance(one, Parameter) else cursor.cursor.mogrify("%s", [one]).decode().replace("%", "%%")
                for one in values
            )
            text = PLACEHOLDER.sub(lambda found: next(written) if found[0] == "%s" else found[0], sql)
        return cls(text, tuple(one for one in values if isinstance(one, Parameter)), prepared, **more)

    def execute(self, cursor: Any, given_values: Mapping[str, Any]) -> None:
        values = [given_values[one.name] for one in self.parameters]
        self.uses += 1
        if self.uses < USES_BEFORE_PREPARED or not self.may_be_prepared or not settings.PREPARED_STATEMENTS:
            if values:
                cursor.execute(self.sql, values)
            else:
                cursor.execute(self.sql % ())
            return
        if self.name not in connection.prepared:  # type: ignore[attr-defined]
            numbered = self.sql % tuple(f"${number}" for number in range(1, len(values) + 1))
            with connection.wrap_database_errors:
                cursor.cursor.execute(f"PREPARE {self.name} AS {numbered}")
            connection.prepared.add(self.name)  # type: ignore[attr-defined]
        if values:
            cursor.execute(f"EXECUTE {self.name} ({', '.join(['%s'] * len(values))})", values)
        else:
            cursor.execute(f"EXECUTE {self.name}")


class HotRead:
    """A read whose calls share the statements that were compiled for them; made by `hot_read`."""

    def __init__(self, build: Callable[..., Rows], *, prepared: bool) -> None:
        self._build = build
        self._prepared = prepared
        self._statements: dict[Hashable, Statement | None] = {}
        self._lock = threading.Lock()
        self.__doc__ = build.__doc__

    def __call__(self, *, limit: int | None = None, **arguments: Any) -> list[dict[str, Any]]:
        """Return the rows, at most `limit`, as they go into an answer: ids and JSON are text.

        JSON that is passed on needs no parsing: `orjson.Fragment(text)` stands for it.
        """
        values: dict[str, Any] = {}
        shape = (limit, *((name, _shape_of(name, argument, values)) for name, argument in arguments.items()))
        try:
            statement = self._statements[shape]
        except KeyError:
            statement = self._compiled(shape, limit, arguments)
        if statement is None:
            return []
        with connection.cursor() as cursor:
            register_type(IDS_AS_TEXT, cursor.cursor)
            statement.execute(cursor, values)
            found = cursor.fetchall()
        columns = statement.columns
        rows = [dict(zip(columns, row, strict=True)) for row in found]
        for name, convert in statement.converters:
            for row in rows:
                row[name] = convert(row[name])
        return rows

    def _compiled(self, shape: Hashable, limit: int | None, arguments: dict[str, Any]) -> Statement | None:
        bound = {name: _bound(name, argument) for name, argument in arguments.items()}
        with self._lock:
            if len(self._statements) >= MOST_SHAPES:
                self._statements.clear()
            rows = self._build(**bound)
            statement = _statement(rows if limit is None else rows[:limit], prepared=self._prepared)
            self._statements[shape] = statement
        return statement


def hot_read(*, prepared: bool = True) -> Callable[[Callable[..., Rows]], HotRead]:
    """Turn a function that builds a queryset of `.values()` into a read that compiles it once for each shape."""
    return lambda build: HotRead(build, prepared=prepared)


_updates: dict[Hashable, Statement] = {}


def update(model: type[Model], *, where: dict[str, Any], changes: dict[str, Any]) -> bool:
    """Change the row that `where` names, if it is as `where` says; return whether it was.

    `where` has fields and their values, None for those that have none, or with `__in` a tuple of few values; `changes`
    may hold expressions.
    """
    if any(name.endswith("__in") and not values for name, values in where.items()):
        return False
    shape = (
        model,
        tuple((name, value if value is None or name.endswith("__in") else Given) for name, value in where.items()),
        tuple((name, value if hasattr(value, "resolve_expression") else None) for name, value in changes.items()),
    )
    statement = _updates.get(shape)
    if statement is None:
        if len(_updates) >= MOST_SHAPES:
            _updates.clear()
        statement = _updates[shape] = _update_statement(model, where, changes)
    values = {f"where {name}": value for name, value in where.items()}
    values |= {f"set {name}": value for name, value in changes.items()}
    for one in statement.parameters:
        values[one.name] = one.output_field.get_db_prep_save(values[one.name], connection)
    with connection.cursor() as cursor:
        statement.execute(cursor, values)
        return bool(cursor.rowcount)


def _update_statement(model: type[Model], where: dict[str, Any], changes: dict[str, Any]) -> Statement:
    conditions = {
        name: value if value is None or name.endswith("__in") else Parameter(f"where {name}", field_of(model, name))
        for name, value in where.items()
    }
    query: Any = model._default_manager.filter(**conditions).query.chain(UpdateQuery)
    query.add_update_values(
        {
            name: value if hasattr(value, "resolve_expression") else Parameter(f"set {name}", field_of(model, name))
            for name, value in changes.items()
        }
    )
    sql, values = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    return Statement.of(sql, values, prepared=True)


def _shape_of(name: str, argument: Any, values: dict[str, Any]) -> Hashable:
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
    columns = (*query.extra_select, *query.values_select, *query.annotation_select)
    selected = [expression for expression, _sql, _alias in compiler.select]
    converters = tuple(
        (columns[place], convert)
        for place, expression in enumerate(selected)
        if (convert := _converter(compiler, expression)) is not None
    )
    return Statement.of(sql, values, prepared=prepared, columns=tuple(columns), converters=converters)


def _converter(compiler: SQLCompiler, expression: Any) -> Callable[[Any], Any] | None:
    if isinstance(expression.output_field, JSONField | UUIDField):
        return None
    found = compiler.get_converters([expression])
    if not found:
        return None
    steps, _expression = found[0]

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    return convert


def json_array(rows: QuerySet[Any, Any]) -> Func:
    """Gather a subquery's only column, JSON objects, in its order."""
    return Func(ArraySubquery(rows), function="to_jsonb", output_field=JSONField())
