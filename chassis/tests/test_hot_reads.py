"""Reads that are compiled once for each shape."""

import uuid
from typing import Any

import orjson
import pytest
from django.db import connection
from django.db.models import Func, JSONField, Value
from django.db.models.functions import JSONObject
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chassis.hot_reads import HotRead, Rows, given, hot_read
from chassis.keyset import page_of
from tests.parcels.models import Parcel

pytestmark = pytest.mark.django_db
OWNER = uuid.UUID(int=7)
NAME = Parcel._meta.get_field("name")
WEIGHT = Parcel._meta.get_field("weight")


def of_weight(built: list[None]) -> HotRead:
    @hot_read()
    def read(*, at_least: Any = None, heaviest_first: bool = False) -> Rows:
        built.append(None)
        parcels = Parcel.objects.order_by("-weight" if heaviest_first else "weight")
        if at_least is not None:
            parcels = parcels.filter(weight__gte=at_least)
        return parcels.values("name", "weight")

    return read


def pack(*parcels: tuple[str, int]) -> None:
    Parcel.objects.bulk_create(Parcel(owner=OWNER, name=name, weight=weight) for name, weight in parcels)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_a_shape_is_built_once_and_each_call_has_its_own_values() -> None:
    pack(("light", 1), ("middling", 5), ("heavy", 9))
    built: list[None] = []
    read = of_weight(built)
    assert names(read(at_least=given(5, WEIGHT))) == ["middling", "heavy"]
    assert names(read(at_least=given(9, WEIGHT))) == ["heavy"]
    assert len(built) == 1
    assert names(read(at_least=given(0, WEIGHT), limit=1)) == ["light"]
    assert len(built) == 2
    assert names(read(at_least=given(5, WEIGHT), heaviest_first=True)) == ["heavy", "middling"]
    assert names(read()) == ["light", "middling", "heavy"]
    assert len(built) == 4


def test_a_value_is_data_and_never_part_of_the_statement() -> None:
    pack(("100%", 1), ("'; DROP TABLE x; --", 2), ("%s", 3))

    @hot_read()
    def named(*, name: Any) -> Rows:
        return Parcel.objects.filter(name=name).values("name")

    for name in ("100%", "'; DROP TABLE x; --", "%s", "x' OR '1'='1"):
        assert names(named(name=given(name, NAME))) == [parcel.name for parcel in Parcel.objects.filter(name=name)]


def test_what_a_prefix_may_mean_to_like_is_plain_text() -> None:
    pack(("100% wool", 1), ("100 wool", 2), ("a_b", 3), ("acb", 4))

    @hot_read()
    def beginning(*, start: Any) -> Rows:
        return Parcel.objects.filter(name__startswith=start).order_by("name").values("name")

    assert names(beginning(start=given("100%", NAME))) == ["100% wool"]
    assert names(beginning(start=given("a_", NAME))) == ["a_b"]


def test_ids_and_json_come_as_they_are_shown() -> None:
    pack(("mug", 3))

    @hot_read()
    def shown() -> Rows:
        thing = Func(JSONObject(name="name", weight="weight"), function="to_jsonb", output_field=JSONField())
        nothing = Value(None, output_field=JSONField())
        return Parcel.objects.values("id", "owner", "created_at", thing=thing, nothing=nothing)

    row = shown()[0]
    parcel = Parcel.objects.get()
    assert row["id"] == str(parcel.pk)
    assert row["owner"] == str(OWNER)
    assert row["created_at"] == parcel.created_at
    assert row["nothing"] == "null"
    assert orjson.loads(row["thing"]) == {"name": "mug", "weight": 3}


def test_other_cursors_still_give_ids_as_ids() -> None:
    pack(("mug", 3))
    of_weight([])()
    assert isinstance(Parcel.objects.values_list("owner", flat=True)[0], uuid.UUID)


def test_a_shape_without_rows_asks_nothing() -> None:
    @hot_read()
    def nothing() -> Rows:
        return Parcel.objects.none().values("name")

    with CaptureQueriesContext(connection) as asked:
        assert nothing() == []
        assert nothing() == []
    assert len(asked) == 0


def test_pages_of_a_position_are_one_shape() -> None:
    pack(("a", 1), ("b", 1), ("c", 2), ("d", 3))
    built: list[None] = []

    @hot_read()
    def page(*, ordering: Any, position: Any) -> Rows:
        built.append(None)
        return page_of(Parcel.objects.values("name", "weight"), ordering=ordering, position=position)

    ordering = ("weight", "name")
    assert names(page(ordering=ordering, position=None, limit=2)) == ["a", "b"]
    for position, expected in [((1, "a"), ["b", "c"]), ((1, "b"), ["c", "d"]), ((3, "d"), [])]:
        edge = tuple(given(value, field) for value, field in zip(position, (WEIGHT, NAME), strict=True))
        assert names(page(ordering=ordering, position=edge, limit=2)) == expected
    assert len(built) == 2


def test_what_is_asked_often_is_prepared_once_on_each_connection() -> None:
    pack(("100% wool", 1), ("heavy", 9))

    @hot_read()
    def named(*, start: Any) -> Rows:
        return Parcel.objects.filter(name__startswith=start, weight__gte=1).values("name", percent=Value("100%"))

    def prepared() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'hot%'")
            return int(cursor.fetchone()[0])

    before = prepared()
    for _ in range(5):
        assert named(start=given("100%", NAME)) == [{"name": "100% wool", "percent": "100%"}]
        assert names(named(start=given("h", NAME))) == ["heavy"]
        assert named(start=given("'; --", NAME)) == []
    assert prepared() == before + 1


def test_what_was_prepared_is_prepared_again_on_a_new_connection(transactional_db: None) -> None:
    read = of_weight([])
    for _ in range(4):
        assert read() == []
    connection.close()
    pack(("light", 1))
    assert names(read()) == ["light"]


def test_a_connection_made_beside_the_present_one_changes_nothing_of_it() -> None:
    read = of_weight([])
    for _ in range(4):
        assert read() == []
    connection.get_new_connection(connection.get_connection_params()).close()
    assert read() == []


def test_a_plan_that_depends_on_what_is_given_is_made_anew() -> None:
    @hot_read(prepared=False)
    def named(*, name: Any) -> Rows:
        return Parcel.objects.filter(name=name).values("name")

    for _ in range(6):
        assert named(name=given("x", NAME)) == []
    ready: set[str] = connection.prepared  # type: ignore[attr-defined]
    assert ready.isdisjoint(statement.name for statement in named._shapes._statements.values() if statement)


def test_behind_a_pooler_of_transactions_nothing_is_prepared(settings: Settings) -> None:
    settings.PREPARED_STATEMENTS = False
    read = of_weight([])
    for _ in range(6):
        assert read() == []
    ready: set[str] = connection.prepared  # type: ignore[attr-defined]
    assert ready.isdisjoint(statement.name for statement in read._shapes._statements.values() if statement)
