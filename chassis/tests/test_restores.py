"""A service whose database was restored reads on, and writes only for reconcile until that is released."""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chassis.http import ServiceSession
from chassis.identity.models import User
from chassis.jobs.models import Job, JobState
from chassis.restores import guard
from chassis.restores.models import Restore
from chassis.restores.selectors import awaiting_reconcile
from chassis.restores.services import record, release
from chassis.testing import ClientFactory
from tests.loopback import serving
from tests.parcels.models import Parcel
from tests.parcels.tasks import pack
from tests.test_worker import StartWorker, _seen, _wait_for, log, start_worker

__all__ = ["log", "start_worker"]  # fixtures

pytestmark = pytest.mark.django_db
PARCELS = "/api/v1/parcels"
PARCEL = {"name": "lamp", "weight": 3}
RECOVERY_POINT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _looks_again() -> Iterator[None]:
    guard.forget()
    yield
    guard.forget()


def restored() -> Restore:
    """Restore this database, as far as the service can tell; its connections are new ones."""
    guard.forget()
    return record(recovery_point=RECOVERY_POINT, backup="20260102T000000")


def test_writes_are_refused_until_the_restore_is_released(client_for: ClientFactory) -> None:
    buyer = client_for()
    restore = restored()
    for refused in (
        buyer.post(PARCELS, PARCEL),
        buyer.put(f"{PARCELS}/{uuid.uuid4()}", PARCEL),
        buyer.patch(f"{PARCELS}/{uuid.uuid4()}", PARCEL),
        buyer.delete(f"{PARCELS}/{uuid.uuid4()}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (503, "restored_awaiting_reconcile")
        assert refused["Retry-After"] == "30"
        assert refused["Content-Type"] == "application/problem+json"
    assert not Parcel.objects.exists()
    assert buyer.get(PARCELS).json()["results"] == []

    release(restore_id=restore.pk, note="0 differences")
    assert buyer.post(PARCELS, PARCEL).status_code == 201


def test_all_restores_have_to_be_released(client_for: ClientFactory) -> None:
    first, second = restored(), restored()
    release(restore_id=second.pk, note="")
    assert client_for().post(PARCELS, PARCEL).status_code == 503
    assert list(awaiting_reconcile()) == [first]
    release(restore_id=first.pk, note="")
    assert client_for().post(PARCELS, PARCEL).status_code == 201


def test_reconcile_writes_and_nobody_elses_token_does(client_for: ClientFactory) -> None:
    restored()
    assert client_for(roles=["service"], scopes=["parcels.send"]).post(PARCELS, PARCEL).status_code == 503
    assert client_for(roles=["admin"]).post(PARCELS, PARCEL).status_code == 503
    forged = client_for(roles=["service"], scopes=["reconcile.write"], kid="of-our-own")
    assert forged.post(PARCELS, PARCEL).status_code == 503
    assert not Parcel.objects.exists()
    reconciler = client_for(roles=["service"], scopes=["reconcile.write"])
    assert reconciler.post(PARCELS, PARCEL).status_code == 201
    # The scope lifts the guard; it opens no operation.
    sent = reconciler.post(f"{PARCELS}/{Parcel.objects.get().pk}/send")
    assert (sent.status_code, sent.json()["code"]) == (403, "permission_denied")


def test_operators_get_in_to_the_admin_and_release_there() -> None:
    User.objects.create_superuser("root", "a password")
    restore = restored()
    operator = Client()
    assert operator.post("/login/", {"username": "root", "password": "a password"}).status_code == 302
    assert operator.post("/logout/").status_code == 200
    assert (
        operator.post("/admin/login/?next=/admin/", {"username": "root", "password": "a password"}).status_code == 302
    )
    assert operator.get("/admin/restores/restore/").status_code == 200
    done = operator.post("/admin/restores/restore/", {"action": "release", "_selected_action": str(restore.pk)})
    assert done.status_code == 302
    restore.refresh_from_db()
    assert restore.released_at is not None
    assert (restore.note, restore.released_by) == ("by hand", str(User.objects.get().pk))


def test_what_is_no_page_of_operators_is_refused_for_browsers_too() -> None:
    restored()
    page = Client().post(PARCELS, PARCEL, headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert page["Content-Type"].startswith("text/html")


def test_a_connection_known_to_be_clear_is_not_asked_again(
    client_for: ClientFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    buyer = client_for()
    asked: list[str] = []
    guard.forget()
    assert buyer.post(PARCELS, PARCEL).status_code == 201

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert buyer.post(PARCELS, PARCEL).status_code == 201
    assert guard._clear.connection is connection.connection
    assert not [sql for sql in asked if "restores_restore" in sql]


@pytest.mark.django_db(transaction=True)
def test_a_write_that_connects_anew_finds_out_in_the_middle(client_for: ClientFactory) -> None:
    """Its thread believed the old connection, to the database that was replaced."""
    buyer = client_for()
    assert buyer.post(PARCELS, PARCEL).status_code == 201
    record(recovery_point=RECOVERY_POINT, backup="")
    assert guard._clear.connection is connection.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    close_old_connections()  # as at the end of every request but a test client's
    _terminate(pid)
    refused = buyer.post(PARCELS, PARCEL)
    assert (refused.status_code, refused.json()["code"]) == (503, "restored_awaiting_reconcile")
    connection.close()  # and so it is for a thread without any connection
    assert buyer.post(PARCELS, PARCEL).json()["code"] == "restored_awaiting_reconcile"
    connection.close()
    assert buyer.get(PARCELS).status_code == 200
    assert client_for(roles=["service"], scopes=["reconcile.write"]).post(PARCELS, PARCEL).status_code == 201
    assert Parcel.objects.count() == 2


def _terminate(pid: int) -> None:
    """End that session, from another thread's connection."""

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = threading.Thread(target=end)
    thread.start()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_the_worker_holds_its_jobs_until_the_release(start_worker: StartWorker) -> None:
    restore = restored()
    pack.enqueue(name="a")
    worker = start_worker(LOG_LEVEL="WARNING")
    with pytest.raises(AssertionError, match="did not happen"):
        _wait_for(lambda: _seen("tick") or _seen("a begun"), seconds=4)
    assert worker.poll() is None
    assert Job.objects.get().attempts == 0
    release(restore_id=restore.pk, note="")
    _wait_for(lambda: _seen("a packed") and _seen("tick"))
    _wait_for(lambda: Job.objects.get().state == JobState.DONE)


# What reconcile asks


def test_restores_are_listed_for_the_auditor(client_for: ClientFactory) -> None:
    restore = restored()
    older = Restore.objects.create(
        restored_at=timezone.now() - timedelta(days=2),
        recovery_point=RECOVERY_POINT,
        released_at=timezone.now() - timedelta(days=1),
        released_by="x",
        note="done",
    )
    auditor = client_for(roles=["service"], scopes=["audit.read"])

    def ids(query: str = "") -> list[str]:
        answer = auditor.get(f"/api/v1/audit/restores{query}")
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert ids() == [str(restore.pk), str(older.pk)]
    assert ids("?awaiting=true") == [str(restore.pk)]
    assert ids("?awaiting=false") == [str(older.pk)]
    assert ids(f"?id={older.pk}") == [str(older.pk)]
    assert ids(f"?created_since={(timezone.now() - timedelta(hours=1)):%Y-%m-%dT%H:%M:%SZ}") == [str(restore.pk)]
    row = auditor.get("/api/v1/audit/restores?awaiting=true").json()["results"][0]
    assert row.pop("restored_at").endswith("Z")
    assert row == {
        "id": str(restore.pk),
        "recovery_point": "2026-01-02T03:04:05Z",
        "backup": "20260102T000000",
        "released_at": None,
        "released_by": "",
        "note": "",
    }
    assert client_for(roles=["service"], scopes=["reconcile.write"]).get("/api/v1/audit/restores").status_code == 403


def test_a_restore_is_released_once(client_for: ClientFactory) -> None:
    restore, account = restored(), uuid.uuid4()
    url = f"/api/v1/restores/{restore.pk}/release"
    reconciler = client_for(account=account, roles=["service"], scopes=["reconcile.write"])
    assert reconciler.post(url, {"note": "x" * 501}).status_code == 400
    assert reconciler.post(url, {}).status_code == 400
    assert client_for(roles=["service"], scopes=["audit.read"]).post(url, {"note": ""}).status_code == 503
    first = reconciler.post(url, {"note": "2 repaired, 0 left"})
    assert first.status_code == 200
    assert (first.json()["note"], first.json()["released_by"]) == ("2 repaired, 0 left", str(account))
    assert first.json()["released_at"] is not None
    assert reconciler.post(url, {"note": "again"}).json() == first.json()
    # Now that writes are let through again, who may not release is told so.
    assert client_for(roles=["service"], scopes=["audit.read"]).post(url, {"note": ""}).status_code == 403
    assert client_for(roles=["admin"]).post(url, {"note": ""}).status_code == 403
    assert reconciler.post(f"/api/v1/restores/{uuid.uuid4()}/release", {"note": ""}).status_code == 404


def test_a_restore_cannot_lead_to_the_future() -> None:
    with pytest.raises(IntegrityError, match="restore_recovers_the_past"), transaction.atomic():
        record(recovery_point=timezone.now() + timedelta(minutes=1), backup="")
    with pytest.raises(IntegrityError, match="restore_released_afterwards"), transaction.atomic():
        Restore.objects.create(
            restored_at=timezone.now(), recovery_point=RECOVERY_POINT, released_at=RECOVERY_POINT + timedelta(days=1)
        )


def test_a_restore_is_recorded_once_also_after_its_release(capsys: pytest.CaptureFixture[str]) -> None:
    first = record(recovery_point=RECOVERY_POINT, backup="20260102T000000")
    call_command("record_restore", "--recovery-point", RECOVERY_POINT.isoformat(), "--backup", "compose")
    assert list(Restore.objects.values_list("pk", "backup")) == [(first.pk, "20260102T000000")]
    release(restore_id=first.pk, note="")
    call_command("record_restore", "--recovery-point", RECOVERY_POINT.isoformat(), "--backup", "an upgrade")
    assert not awaiting_reconcile().exists()
    assert "writes are let through" in capsys.readouterr().out
    call_command("record_restore", "--recovery-point", "2026-01-02T03:04:06+00:00", "--backup", "another")
    assert awaiting_reconcile().get().backup == "another"


def test_a_restore_is_recorded_by_command(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("record_restore", "--recovery-point", "2026-01-02T03:04:05+00:00", "--backup", "b")
    assert awaiting_reconcile().get().recovery_point == RECOVERY_POINT
    assert "writes are refused" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is no time like"):
        call_command("record_restore", "--recovery-point", "yesterday")


def test_a_service_that_only_refuses_to_write_is_not_taken_for_ill() -> None:
    """Otherwise refused writes would open the breaker, and close the reads with it."""
    session = ServiceSession("parcels", failures=2)

    def behave(exchange: Any) -> None:
        if exchange.command == "GET":
            exchange.reply(200)
        else:
            exchange.reply(503, {"status": 503, "code": "restored_awaiting_reconcile"})

    with serving(behave) as server:
        for _ in range(5):
            assert session.put(server.url).json()["code"] == "restored_awaiting_reconcile"
        assert len(server.received) == 5  # none was repeated
        assert not session.is_open
        assert session.get(server.url).status_code == 200
