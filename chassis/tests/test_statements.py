"""Statements of writes that are compiled once for each shape."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from chassis.jobs.models import Job
from chassis.statements import insert, row, rows, update, updated
from tests.parcels.models import Parcel, ParcelState

pytestmark = pytest.mark.django_db
OWNER = uuid.UUID(int=7)


def pack(*parcels: tuple[str, int]) -> None:
    insert(*(Parcel(owner=OWNER, name=name, weight=weight) for name, weight in parcels))


def names(parcels: list[Parcel]) -> list[str]:
    return [parcel.name for parcel in parcels]


# Reading


def test_rows_are_models_as_the_orm_would_give_them() -> None:
    pack(("light", 1), ("heavy", 9))
    for _ in range(4):
        found = rows(Parcel, order_by=("-weight",), owner=OWNER)
        assert found == list(Parcel.objects.order_by("-weight"))
        assert found[0].__dict__.keys() == Parcel.objects.first().__dict__.keys()
        assert [(one.pk, one.created_at, one._state.adding) for one in found] == [
            (one.pk, one.created_at, False) for one in Parcel.objects.order_by("-weight")
        ]


def test_a_row_is_named_by_values_of_each_call() -> None:
    pack(("100%", 1), ("'; DROP TABLE x; --", 2), ("%s", 3))
    for name in ("100%", "'; DROP TABLE x; --", "%s"):
        found = row(Parcel, name=name)
        assert found is not None
        assert found.name == name
    assert row(Parcel, name="x' OR '1'='1") is None
    assert row(Parcel, name=None) is None


def test_rows_of_many_ids_are_one_statement() -> None:
    pack(("a", 1), ("b", 2), ("c", 3))
    ids = [parcel.pk for parcel in Parcel.objects.order_by("weight")]
    for chosen in (ids, ids[:2], ids[1:]):
        with CaptureQueriesContext(connection) as asked:
            assert [each.pk for each in rows(Parcel, pk__in=chosen, order_by=("weight",))] == chosen
        assert len(asked) == 1
    with CaptureQueriesContext(connection) as asked:
        assert rows(Parcel, pk__in=[]) == []
    assert len(asked) == 0


def test_json_and_times_come_back_as_they_were_written() -> None:
    moment = datetime(2026, 11, 26, 14, 5, 0, 123456, tzinfo=UTC)
    insert(Job(task="t", arguments={"text": "é %s", "nothing": None, "list": [1, 2.5]}, run_at=moment))
    for _ in range(4):
        job = row(Job, task="t")
        assert job is not None
        assert (job.arguments, job.run_at) == ({"text": "é %s", "nothing": None, "list": [1, 2.5]}, moment)


@pytest.mark.django_db(transaction=True)
def test_a_lock_keeps_other_writers_off() -> None:
    pack(("light", 1))
    waited = threading.Event()

    def other() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            update(Parcel, where={"name": "light"}, changes={"weight": 2})
        except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at below
            if "lock timeout" in str(error):
                waited.set()
        finally:
            connection.close()

    with transaction.atomic():
        assert row(Parcel, lock=True, name="light") is not None
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert waited.is_set()


@pytest.mark.django_db(transaction=True)
def test_a_lock_outside_a_transaction_is_refused() -> None:
    with transaction.atomic():
        row(Parcel, lock=True, name="x")
    with pytest.raises(TransactionManagementError):
        row(Parcel, lock=True, name="x")


# Changing


def test_an_update_changes_the_row_only_if_it_is_as_expected() -> None:
    pack(("light", 1), ("heavy", 9))
    parcel, other = Parcel.objects.order_by("weight")
    packed, lost = (ParcelState.PACKED,), (ParcelState.LOST,)
    changes = {"name": "100%s '", "weight": F("weight") + 1}
    assert update(Parcel, where={"pk": parcel.pk, "state__in": packed}, changes=changes)
    assert not update(Parcel, where={"pk": parcel.pk, "state__in": lost}, changes={"weight": 5})
    assert not update(Parcel, where={"pk": parcel.pk, "state__in": ()}, changes={"weight": 5})
    assert not update(Parcel, where={"pk": parcel.pk, "name": None}, changes={"weight": 5})
    assert not update(Parcel, where={"pk": uuid.uuid4()}, changes={"weight": 5})
    assert update(Parcel, where={"pk": other.pk, "weight": 9}, changes={"weight": 10})
    assert not update(Parcel, where={"pk": other.pk, "weight": 9}, changes={"weight": 11})
    rows = Parcel.objects.order_by("weight").values_list("name", "weight", "state")
    assert list(rows) == [("100%s '", 2, "packed"), ("heavy", 10, "packed")]


def test_an_update_is_compiled_once_for_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    pack(("light", 1))
    parcel = Parcel.objects.get()
    update(Parcel, where={"pk": parcel.pk}, changes={"weight": 2, "created_at": Now()})
    monkeypatch.setattr("chassis.statements._update_statement", None)
    assert update(Parcel, where={"pk": parcel.pk}, changes={"weight": 3, "created_at": Now()})
    with pytest.raises(TypeError):
        update(Parcel, where={"pk": parcel.pk}, changes={"weight": 3, "created_at": Now() + timedelta(seconds=1)})


def test_a_changed_row_can_be_had_as_it_is_afterwards() -> None:
    pack(("light", 1))
    for weight in range(1, 5):
        parcel = updated(Parcel, where={"name": "light", "weight": weight}, changes={"weight": F("weight") + 1})
        assert parcel is not None
        assert (parcel.weight, parcel.owner) == (weight + 1, OWNER)
    assert updated(Parcel, where={"name": "light", "weight": 1}, changes={"weight": 7}) is None
    assert updated(Parcel, where={"pk__in": []}, changes={"weight": 7}) is None


# Adding


def test_what_is_inserted_is_what_the_orm_would_have_saved() -> None:
    parcel = Parcel(owner=OWNER, name="100% wool %s", weight=3)
    for _ in range(3):
        insert(parcel)
        assert not parcel._state.adding
        found = Parcel.objects.get()
        assert {**found.__dict__, "_state": None} == {**parcel.__dict__, "_state": None}
        found.delete()


def test_what_the_database_fills_in_is_set() -> None:
    for place in range(4):
        job, group = Job(task=f"t{place}"), Group(name=f"g{place}")
        insert(job)
        insert(group)
        assert job.created_at == Job.objects.get(pk=job.pk).created_at
        assert group == Group.objects.get(name=f"g{place}")


def test_an_expression_is_part_of_the_statement() -> None:
    for place, minutes in enumerate((5, 5, 9)):
        insert(Job(task=f"t{place}", run_at=Now() + timedelta(minutes=minutes)))
        job = Job.objects.get(task=f"t{place}")
        assert timedelta(minutes=minutes - 1) < job.run_at - job.created_at < timedelta(minutes=minutes + 1)


def test_many_are_one_statement_and_all_or_none() -> None:
    for times in (2, 3, 3, 3, 3):
        with CaptureQueriesContext(connection) as asked:
            pack(*((f"n{place}", place) for place in range(times)))
        assert len([one for one in asked if "PREPARE" not in one["sql"]]) == 1
        assert names(rows(Parcel, order_by=("weight",))) == [f"n{place}" for place in range(times)]
        Parcel.objects.all().delete()
    double = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(*(Parcel(id=ident, owner=OWNER, name="x") for ident in (uuid.uuid4(), double, double)))
    assert not Parcel.objects.exists()


def test_what_is_known_is_left_as_it_is_where_that_is_asked() -> None:
    first = Parcel(owner=OWNER, name="first")
    assert insert(first, unless_known=True)
    for _ in range(4):
        left_out = Parcel(id=first.pk, owner=OWNER, name="second")
        assert not insert(left_out, unless_known=True)
        assert left_out._state.adding
    assert names(rows(Parcel)) == ["first"]


def test_inserts_are_compiled_once_for_each_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    insert(Parcel(owner=OWNER, name="a"))
    monkeypatch.setattr("chassis.statements._insert_statement", None)
    insert(Parcel(owner=OWNER, name="b"))
    with pytest.raises(TypeError):
        pack(*[("c", 1)] * 9)
