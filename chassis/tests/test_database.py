"""The database's own bounds on time, and what probes say when it is not there."""

import os
import select
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from chassis import health
from chassis.testing import ClientFactory
from tests.parcels.models import Parcel

pytestmark = pytest.mark.django_db(transaction=True)


def _connect(options: str = "") -> "psycopg2.extensions.connection":
    """A new session of the service's role, as a process that starts now has it."""
    own = connection.settings_dict
    return psycopg2.connect(
        dbname=own["NAME"],
        user=own["USER"],
        password=own["PASSWORD"],
        host=own["HOST"],
        port=own["PORT"],
        options=options,
    )


def _end_session() -> None:
    """Have the server end the present connection, and wait until its farewell is here."""
    connection.ensure_connection()
    killer = _connect()
    with killer, killer.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
    killer.close()
    assert select.select([connection.connection.fileno()], [], [], 5)[0]


def _show(session: "psycopg2.extensions.connection", name: str) -> str:
    with session.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def test_every_session_is_bounded_and_migrations_may_lift_it() -> None:
    session = _connect()
    bounds = [_show(session, f"{name}_timeout") for name in ("lock", "statement", "idle_in_transaction_session")]
    session.close()
    assert bounds == ["4s", "10s", "5s"]
    lifted = _connect("-c statement_timeout=0 -c lock_timeout=30s")
    assert (_show(lifted, "statement_timeout"), _show(lifted, "lock_timeout")) == ("0", "30s")
    lifted.close()


def test_migrate_takes_other_bounds_from_pgoptions() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "with connection.cursor() as cursor:\n"
        "    cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])\n"
    )
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    shown = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env={**environment, "PGOPTIONS": "-c statement_timeout=15min"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "15min\n"


def test_a_stopped_transaction_is_ended_and_lets_the_others_go_on(client_for: ClientFactory) -> None:
    parcel = Parcel.objects.create(owner=uuid.uuid4(), name="a")
    stopped = _connect("-c idle_in_transaction_session_timeout=700ms")
    with stopped.cursor() as cursor:
        cursor.execute("UPDATE parcels_parcel SET weight = 1 WHERE id = %s", [str(parcel.pk)])
    started = time.monotonic()
    Parcel.objects.filter(pk=parcel.pk).update(weight=2)  # waits for the stopped one
    assert 0.3 < time.monotonic() - started < 3
    with pytest.raises(psycopg2.Error), stopped.cursor() as cursor:
        cursor.execute("SELECT 1")
    stopped.close()
    parcel.refresh_from_db()
    assert parcel.weight == 2


def test_a_service_whose_transaction_was_ended_answers_503_and_goes_on(
    client_for: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.parcels.views import ParcelViewSet

    def dawdle(*_args: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '200ms'")
        time.sleep(0.6)
        Parcel.objects.create(owner=uuid.uuid4(), name="too late")

    client = client_for(account=uuid.uuid4())
    with monkeypatch.context() as slow:
        slow.setattr(ParcelViewSet, "perform_create", dawdle)
        answer = client.post("/api/v1/parcels", {"name": "a"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert client.post("/api/v1/parcels", {"name": "a"}, headers={"Idempotency-Key": "k"}).status_code == 201
    assert list(Parcel.objects.values_list("name", flat=True)) == ["a"]


def test_a_wait_for_a_lock_ends_and_is_a_503(client_for: ClientFactory) -> None:
    parcel = Parcel.objects.create(owner=uuid.uuid4(), name="a")
    holder = _connect()
    with holder.cursor() as cursor:
        cursor.execute("SELECT 1 FROM parcels_parcel WHERE id = %s FOR UPDATE", [str(parcel.pk)])
    # So that the role's bound counts, as it does for a process that starts after the migration.
    connection.close()
    started = time.monotonic()
    answer = client_for(scopes=["parcels.send"]).post(f"/api/v1/parcels/{parcel.pk}/send")
    took = time.monotonic() - started
    holder.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert 3.5 < took < 6


def test_a_deadlock_is_a_503(client_for: ClientFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.parcels.views import ParcelViewSet

    one, two = (Parcel.objects.create(owner=uuid.uuid4(), name=name) for name in "ab")
    met = threading.Barrier(2)

    def lock(first: Parcel, second: Parcel) -> None:
        with transaction.atomic():
            Parcel.objects.select_for_update().get(pk=first.pk)
            met.wait(5)
            Parcel.objects.select_for_update().get(pk=second.pk)

    statuses: list[int] = []
    monkeypatch.setattr(ParcelViewSet, "perform_create", lambda *_args: lock(one, two))
    client = client_for()

    def send() -> None:
        statuses.append(client.post("/api/v1/parcels", {"name": "c"}).status_code)
        connection.close()

    request = threading.Thread(target=send)
    request.start()
    other_failed = False
    try:
        lock(two, one)
    except OperationalError:
        other_failed = True
    request.join()
    # PostgreSQL ends one of the two; that the other's answer cannot be made of nothing is this test's own doing.
    assert other_failed or statuses == [503]


def test_probes_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import django, time; django.setup()\n"
        "from django.test import Client\n"
        "started = time.monotonic()\n"
        "client = Client(raise_request_exception=False)\n"
        "for path in ('/livez', '/readyz', '/api/v1/parcels/counted'):\n"
        "    answer = client.get(path)\n"
        "    print(path, answer.status_code, answer.headers.get('Retry-After'), answer.json().get('code'))\n"
        "print(time.monotonic() - started < 5)\n"
    )
    shown = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env={
            **os.environ,
            "DATABASE_URL": "postgres://nobody:none@127.0.0.1:9/nowhere",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "LOG_LEVEL": "ERROR",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.splitlines() == [
        "/livez 200 None None",
        "/readyz 503 2 None",
        "/api/v1/parcels/counted 503 2 temporarily_unavailable",
        "True",
    ]


def test_a_service_is_not_ready_before_its_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'parcels' RETURNING name, applied")
        (name, applied) = cursor.fetchone()
        try:
            answer = APIClient().get("/readyz")
        finally:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('parcels', %s, %s)", [name, applied]
            )
    assert (answer.status_code, answer.json()["reason"]) == (503, "migrations are not applied: run `manage.py migrate`")
    assert APIClient().get("/readyz").status_code == 200


@pytest.mark.parametrize(("ready_without", "status"), [(True, 200), (False, 503)])
def test_a_service_that_can_do_without_its_database_stays_ready_and_says_so(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, ready_without: bool, status: int
) -> None:
    def gone() -> None:
        raise OperationalError("gone")

    settings.READY_WITHOUT_DATABASE = ready_without
    assert APIClient().get("/readyz").json() == {"status": "ok"}
    monkeypatch.setattr(connection, "cursor", gone)
    answer = APIClient().get("/readyz")
    monkeypatch.undo()
    assert answer.status_code == status
    assert answer.json()["reason"] == "the database does not answer"


@pytest.mark.parametrize("met_an_error", [False, True])
def test_a_connection_that_died_is_replaced_before_the_next_request(
    client_for: ClientFactory, met_an_error: bool
) -> None:
    client = client_for()
    assert client.get("/api/v1/parcels").status_code == 200
    if met_an_error:
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("SELECT nothing_of_that_name")
    # What Django does at the end of every request; the test client leaves it out.
    connection.close_if_unusable_or_obsolete()
    _end_session()
    assert client.get("/api/v1/parcels").status_code == 200


def test_a_kept_connection_is_asked_nothing_before_it_is_used() -> None:
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as asked:
        assert connection.is_usable()
    assert len(asked) == 0


def test_a_connection_that_the_server_ended_is_not_used_again() -> None:
    _end_session()
    assert not connection.is_usable()
    connection.close()
    assert Parcel.objects.count() == 0
