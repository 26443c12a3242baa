"""Statements of the ORM that are executed all the time: compiled once for each shape, then only executed.

Building and compiling a queryset costs several times what PostgreSQL needs to answer it. Reads that are shown have
`chassis.hot_reads`; here are those of a write, as models, and the writes themselves:

    cart = row(Cart, lock=True, pk=cart_id)
    update(Cart, where={"pk": cart.pk, "state": "open"}, changes={"version": F("version") + 1})
    insert(CartLine(cart=cart, variant_id=variant_id, quantity=1))

Whatever changes from call to call is a parameter; None, True, False and expressions belong to the shape. No signals are
sent; many-to-many fields and parents of models are left alone.

What is asked for the third time is prepared on its connection, because planning a statement costs PostgreSQL as much as
executing it.
"""

import re
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import BooleanField, Expression, F, Field, Func, Model, Q, Value
from django.db.models.constants import OnConflict
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Now
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

M = TypeVar("M", bound=Model)
Converter = Callable[[Any], Any]

USES_BEFORE_PREPARED = 3
MOST_SHAPES = 1000
"""Of one kind: more would mean that something is part of the shape that changes from call to call."""

NOW = Now()
"""The database's clock. Expressions are best built once: making one's digest is most of finding its statement."""

PLACEHOLDER = re.compile("%[%s]")

_numbers = count()


def field_of(model: type[Model], name: str) -> Any:
    """Return the model's field of that name; `pk` is one."""
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


class Parameter(Expression):
    """Stands in a queryset for a value that is given only when the statement is executed."""

    def __init__(self, name: Hashable, output_field: "Field[Any, Any]") -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


@dataclass(slots=True)
class Statement:
    """A compiled shape, or a text of our own: the names of what its placeholders stand for, and how its columns become
    values.
    """

    sql: str
    parameters: tuple[Hashable, ...]
    may_be_prepared: bool = True
    columns: tuple[str, ...] = ()
    converters: tuple[tuple[int, Converter], ...] = ()
    name: str = field(default_factory=lambda: f"hot_{next(_numbers)}")
    uses: int = 0

    @classmethod
    def of(cls, sql: str, values: Iterable[Any], **more: Any) -> "Statement":
        """Take a text of the ORM's; what is the same in every call becomes part of it."""
        values = tuple(values)
        with connection.cursor() as cursor:
            written = iter(
                "%s" if isinstance(one, Parameter) else cursor.cursor.mogrify("%s", [one]).decode().replace("%", "%%")
                for one in values
            )
            text = PLACEHOLDER.sub(lambda found: next(written) if found[0] == "%s" else found[0], sql)
        return cls(text, tuple(one.name for one in values if isinstance(one, Parameter)), **more)

    def execute(self, cursor: Any, given: Mapping[Any, Any]) -> None:
        values = [given[name] for name in self.parameters]
        self.uses += 1
        if self.uses < USES_BEFORE_PREPARED or not self.may_be_prepared or not settings.PREPARED_STATEMENTS:
            if values:
                cursor.execute(self.sql, values)
            else:
                cursor.execute(self.sql % ())
            return
        database = cursor.db
        if self.name not in database.prepared:
            numbered = self.sql % tuple(f"${number}" for number in range(1, len(values) + 1))
            with database.wrap_database_errors:
                cursor.cursor.execute(f"PREPARE {self.name} AS {numbered}")
            database.prepared.add(self.name)
        if values:
            cursor.execute(f"EXECUTE {self.name} ({', '.join(['%s'] * len(values))})", values)
        else:
            cursor.execute(f"EXECUTE {self.name}")

    def converted(self, found: tuple[Any, ...]) -> Sequence[Any]:
        """Return the values of a row."""
        if not self.converters:
            return found
        values = list(found)
        for place, convert in self.converters:
            values[place] = convert(values[place])
        return values


class Shapes:
    """The statements of one kind, each compiled when it is asked for first."""

    def __init__(self) -> None:
        self._statements: dict[Hashable, Any] = {}
        self._lock = threading.Lock()

    def get(self, shape: Hashable, compiled: Callable[[], Any]) -> Any:
        try:
            return self._statements[shape]
        except KeyError:
            with self._lock:
                if shape not in self._statements:
                    if len(self._statements) >= MOST_SHAPES:
                        self._statements.clear()
                    self._statements[shape] = compiled()
                return self._statements[shape]


_selects, _updates, _inserts = Shapes(), Shapes(), Shapes()


# Reading


def rows(model: type[M], *, lock: bool = False, order_by: tuple[str, ...] = (), **where: Any) -> list[M]:
    """Return the rows that `where` names, by exact values or `__in` and a collection of them.

    `lock` keeps writers off until the transaction ends, but not those who only refer to a row.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if lock and not database.in_atomic_block:
        raise TransactionManagementError("Outside a transaction a lock would end with the statement that takes it.")
    values: dict[Hashable, Any] = {}
    conditions = _conditions(model, where, values, database)
    if conditions is None:
        return []
    statement: Statement = _selects.get(
        (model, lock, order_by, conditions), lambda: _select(model, lock, order_by, conditions)
    )
    with database.cursor() as cursor:
        statement.execute(cursor, values)
        found = cursor.fetchall()
    return [model.from_db(DEFAULT_DB_ALIAS, statement.columns, statement.converted(each)) for each in found]


def row(model: type[M], *, lock: bool = False, **where: Any) -> M | None:
    """Return the only row that `where` names, or None."""
    found = rows(model, lock=lock, **where)
    return found[0] if found else None


def _select(model: type[Model], lock: bool, order_by: tuple[str, ...], conditions: "Conditions") -> Statement:
    queryset = model._default_manager.filter(*_filters(model, conditions)).order_by(*order_by)
    if lock:
        queryset = queryset.select_for_update(no_key=True)
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    sql, values = compiler.as_sql()
    fields = model._meta.concrete_fields
    return Statement.of(sql, values, **_returned(model, fields))


# Changing


def update(model: type[Model], *, where: dict[str, Any], changes: dict[str, Any]) -> bool:
    """Change the row that `where` names, if it is as `where` says; return whether it was.

    `where` is as in `rows`; `changes` may hold expressions.
    """
    with connection.cursor() as cursor:
        return _update(cursor, model, where, changes, returning=False) is not None and bool(cursor.rowcount)


def updated(model: type[M], *, where: dict[str, Any], changes: dict[str, Any]) -> M | None:
    """Like `update`, but return the row as it is afterwards, or None where it was not as `where` says."""
    with connection.cursor() as cursor:
        statement = _update(cursor, model, where, changes, returning=True)
        found = None if statement is None else cursor.fetchone()
    if statement is None or found is None:
        return None
    return model.from_db(DEFAULT_DB_ALIAS, statement.columns, statement.converted(found))


def _update(
    cursor: Any, model: type[Model], where: dict[str, Any], changes: dict[str, Any], *, returning: bool
) -> Statement | None:
    values: dict[Hashable, Any] = {}
    database = cursor.db
    conditions = _conditions(model, where, values, database)
    if conditions is None:
        return None
    set_to = tuple((name, value if hasattr(value, "resolve_expression") else None) for name, value in changes.items())
    statement: Statement = _updates.get(
        (model, conditions, set_to, returning), lambda: _update_statement(model, conditions, set_to, returning)
    )
    for name, expression in set_to:
        if expression is None:
            values["set", name] = field_of(model, name).get_db_prep_save(changes[name], database)
    statement.execute(cursor, values)
    return statement


def _update_statement(
    model: type[Model],
    conditions: "Conditions",
    set_to: tuple[tuple[str, Any], ...],
    returning: bool,
) -> Statement:
    query: Any = model._default_manager.filter(*_filters(model, conditions)).query.chain(UpdateQuery)
    query.add_update_values(
        {
            name: Parameter(("set", name), field_of(model, name)) if expression is None else expression
            for name, expression in set_to
        }
    )
    sql, values = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    if not returning:
        return Statement.of(sql, values)
    fields = model._meta.concrete_fields
    written: Any = connection.ops
    ending, _parameters = written.return_insert_columns(fields)
    return Statement.of(f"{sql} {ending}", values, **_returned(model, fields))


# Adding


def insert(*instances: Model, unless_known: bool = False) -> bool:
    """Insert the instances, all of one model; what the database fills in is set on them.

    With `unless_known`, an instance that breaks a unique constraint is left out; returns whether all were inserted.
    """
    model = type(instances[0])
    fields = _inserted_fields(model)
    values: dict[Hashable, Any] = {}
    database = connections[DEFAULT_DB_ALIAS]
    kinds = tuple(
        tuple(_kind(place, each, instance, values, database) for each in fields)
        for place, instance in enumerate(instances)
    )
    statement: Statement = _inserts.get(
        (model, kinds, unless_known), lambda: _insert_statement(model, fields, kinds, unless_known)
    )
    with database.cursor() as cursor:
        statement.execute(cursor, values)
        count = cursor.rowcount
        filled = cursor.fetchall() if statement.columns and count == len(instances) else []
    for instance, found in zip(instances, filled, strict=bool(filled)):
        for name, value in zip(statement.columns, statement.converted(found), strict=True):
            setattr(instance, name, value)
    if count < len(instances):
        return False  # which of them were left out is not known
    for instance in instances:
        instance._state.adding, instance._state.db = False, DEFAULT_DB_ALIAS
    return True


VALUE, DEFAULT = "value", "default"


@cache
def _inserted_fields(model: type[Model]) -> tuple[Any, ...]:
    return tuple(each for each in model._meta.local_concrete_fields if not each.generated)


def _kind(place: int, each: Any, instance: Model, values: dict[Hashable, Any], database: Any) -> Any:
    """Return what of a field's value belongs to the shape: all of an expression, of others that there is one."""
    value = each.pre_save(instance, add=True)
    if isinstance(value, DatabaseDefault) or (value is None and each.primary_key):
        return DEFAULT
    if hasattr(value, "resolve_expression"):
        return value
    values[place, each.attname] = each.get_db_prep_save(value, database)
    return VALUE


def _insert_statement(
    model: type[Model],
    fields: tuple[Any, ...],
    kinds: tuple[tuple[Any, ...], ...],
    unless_known: bool,
) -> Statement:
    query = InsertQuery(model, on_conflict=OnConflict.IGNORE if unless_known else None)
    standing_in: list[Any] = []
    for place, row_of_kinds in enumerate(kinds):
        row_of_values = {}
        for each, kind in zip(fields, row_of_kinds, strict=True):
            value = Parameter((place, each.attname), each) if kind == VALUE else kind
            row_of_values[each.attname] = DatabaseDefault(Value(None), each) if kind == DEFAULT else value
        standing_in.append(_StandIn(row_of_values))
    query.insert_values(fields, standing_in, raw=True)
    compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
    compiler.returning_fields = model._meta.db_returning_fields
    ((sql, values),) = compiler.as_sql()
    return Statement.of(sql, values, **_returned(model, compiler.returning_fields))


class _StandIn:
    """Has the values of an instance, under its attributes' names."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


# What they share

Conditions = tuple[tuple[str, Any], ...]
"""The shape of a `where`: each name with None, True or False where it is compared with that, else with `VALUE`."""


def _conditions(
    model: type[Model], where: Mapping[str, Any], values: dict[Hashable, Any], database: Any
) -> Conditions | None:
    """Return the shape of `where`, and note its values; None where it names nothing."""
    shape: list[tuple[str, Any]] = []
    for name, value in where.items():
        if name.endswith("__in"):
            prepared = field_of(model, name.removesuffix("__in")).get_db_prep_value
            values["where", name] = [prepared(one, database) for one in value]
            if not values["where", name]:
                return None
        elif value is None or isinstance(value, bool):
            shape.append((name, value))
            continue
        else:
            values["where", name] = field_of(model, name).get_db_prep_value(value, database)
        shape.append((name, VALUE))
    return tuple(shape)


def _filters(model: type[Model], conditions: Conditions) -> list[Any]:
    filters: list[Any] = []
    for name, kind in conditions:
        parameter = Parameter(("where", name), field_of(model, name.removesuffix("__in")))
        if name.endswith("__in"):
            filters.append(AnyOf(F(name.removesuffix("__in")), parameter))
        else:
            filters.append(Q((name, parameter if kind == VALUE else kind)))
    return filters


class AnyOf(Func):
    """Whether a value is one of an array: one parameter, however many there are."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def _returned(model: type[Model], fields: Iterable[Any]) -> dict[str, Any]:
    """Say which columns a statement returns, for `Statement`."""
    compiler = model._default_manager.all().query.get_compiler(DEFAULT_DB_ALIAS)
    fields = tuple(fields)
    converters = (converter_of(compiler, each.get_col(model._meta.db_table)) for each in fields)
    return {
        "columns": tuple(each.attname for each in fields),
        "converters": tuple((place, one) for place, one in enumerate(converters) if one is not None),
    }


def converter_of(compiler: SQLCompiler, expression: Any) -> Converter | None:
    """Return what makes a column of the driver's a value of the expression's field, if anything has to be done."""
    found = compiler.get_converters([expression])
    if not found:
        return None
    steps, _expression = found[0]

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    return convert
