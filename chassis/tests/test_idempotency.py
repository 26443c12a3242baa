"""Idempotency keys when requests meet, and when they end badly."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response

from chassis.idempotency import replay
from chassis.idempotency.models import IdempotencyRecord
from chassis.testing import ClientFactory
from tests.parcels.models import Parcel
from tests.parcels.views import ParcelViewSet

URL = "/api/v1/parcels"


@pytest.mark.django_db(transaction=True)
def test_eight_requests_with_one_key_have_one_effect(client_for: ClientFactory) -> None:
    account, ready = uuid.uuid4(), threading.Barrier(8)

    def send(_number: int) -> tuple[int, bytes]:
        client = client_for(account=account)
        ready.wait()
        try:
            answer = client.post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"})
            return answer.status_code, answer.content
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))
    assert Parcel.objects.count() == 1
    bodies = {content for status, content in answers if status == 201}
    assert len(bodies) == 1
    assert {status for status, _content in answers} <= {201, 409}
    assert all(b"idempotency_key_in_flight" in content for status, content in answers if status == 409)
    again = client_for(account=account).post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"})
    assert (again.status_code, {again.content}) == (201, bodies)


@pytest.mark.django_db(transaction=True)
def test_while_the_first_runs_others_are_told_at_once(
    client_for: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, entered, leave = uuid.uuid4(), threading.Event(), threading.Event()
    create = ParcelViewSet.perform_create

    def slowly(self: ParcelViewSet, serializer: Any) -> None:
        create(self, serializer)
        entered.set()
        assert leave.wait(10)

    monkeypatch.setattr(ParcelViewSet, "perform_create", slowly)

    def send() -> int:
        try:
            client = client_for(account=account)
            return client.post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(send)
        assert entered.wait(10)
        answer = client_for(account=account).post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"})
        other = client_for(account=uuid.uuid4()).get(URL)
        leave.set()
        assert first.result() == 201
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_flight")
    assert other.status_code == 200
    assert Parcel.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_effect_and_commit_leaves_neither_effect_nor_key(
    client_for: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = uuid.uuid4()

    def cut_off(*_args: object, **_kwargs: object) -> None:
        """As if the process were killed: the session ends before the commit."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as crash:
        crash.setattr(IdempotencyRecord.objects, "create", cut_off)
        answer = client_for(account=account).post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert Parcel.objects.count() == 0
    answer = client_for(account=account).post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer
    assert Parcel.objects.count() == 1


@pytest.mark.django_db
def test_an_answer_that_refuses_leaves_no_key_and_no_change(
    client_for: ClientFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ParcelViewSet, request: Request) -> Response:
        Parcel.objects.create(owner=uuid.uuid4(), name="half done")
        return Response({"code": "no"}, status=409)

    monkeypatch.setattr(ParcelViewSet, "create", refuse)
    answer = client_for().post(URL, {"name": "a"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()) == (409, {"code": "no"})
    assert Parcel.objects.count() == 0
    assert IdempotencyRecord.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"path": URL, "data": {"name": "a"}}, {"path": f"{URL}?dry_run=1", "data": {"name": "a"}}),
        ({"path": URL, "data": {"name": "a", "weight": 1}}, {"path": URL, "data": {"name": "a", "weight": 2}}),
        (
            {"path": URL, "data": {"name": ["b", "a"]}, "format": "multipart"},
            {"path": URL, "data": {"name": ["c", "a"]}, "format": "multipart"},
        ),
    ],
)
def test_another_request_under_a_known_key_is_refused(
    client_for: ClientFactory, first: dict[str, Any], second: dict[str, Any]
) -> None:
    client = client_for(account=uuid.uuid4())
    assert client.post(**first, headers={"Idempotency-Key": "k"}).status_code == 201
    answer = client.post(**second, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Parcel.objects.count() == 1


@pytest.mark.django_db
def test_the_order_of_members_does_not_make_another_request(client_for: ClientFactory) -> None:
    client = client_for(account=uuid.uuid4())
    for body in (b'{"name": "a", "weight": 1}', b'{"weight": 1, "name": "a"}'):
        answer = client.generic("POST", URL, body.decode(), content_type="application/json", HTTP_IDEMPOTENCY_KEY="k")
        assert answer.status_code == 201
    assert Parcel.objects.count() == 1


@pytest.mark.django_db
def test_a_known_key_costs_no_effect_but_permission_is_still_asked(client_for: ClientFactory) -> None:
    account, headers = uuid.uuid4(), {"Idempotency-Key": "k"}
    parcel = Parcel.objects.create(owner=uuid.uuid4(), name="a")
    url = f"{URL}/{parcel.pk}/send"
    assert client_for(account=account, scopes=["parcels.send"]).post(url, headers=headers).status_code == 200
    assert client_for(account=account, scopes=["parcels.send"]).post(url, headers=headers).status_code == 200
    assert client_for(account=account).post(url, headers=headers).status_code == 403


def test_keys_are_kept_for_a_month() -> None:
    from chassis.idempotency.tasks import KEPT_FOR

    assert KEPT_FOR.days == 30
    assert replay.HEADER == "Idempotency-Key"
