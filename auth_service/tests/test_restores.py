"""After a restore of the accounts' database people and services still sign in: reconcile does, for one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from chassis.restores import guard
from chassis.restores.services import record
from tests.people import EMAIL, PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    guard.forget()
    record(recovery_point=datetime(2026, 1, 2, tzinfo=UTC), backup="")
    yield
    guard.forget()


@pytest.mark.usefixtures("signing_key")
def test_who_has_an_account_signs_in_stays_in_and_leaves(anonymous: APIClient, buyer: Account) -> None:
    tokens = anonymous.post("/api/v1/auth/token", {"email": EMAIL, "password": PASSWORD})
    assert tokens.status_code == 200
    renewed = anonymous.post("/api/v1/auth/token/refresh", {"refresh": tokens.json()["refresh"]})
    assert renewed.status_code == 200
    left = anonymous.post("/api/v1/auth/token/revoke", {"refresh": renewed.json()["refresh"]})
    assert left.status_code == 204


def test_a_services_secret_is_looked_at(anonymous: APIClient) -> None:
    answer = anonymous.post("/api/v1/auth/service-token", {"client_id": "reconciler", "client_secret": "wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_client")


def test_nobody_opens_an_account_that_would_be_built_on_what_is_missing(anonymous: APIClient) -> None:
    body = {"email": "new@example.com", "password": "four words of nonsense", "full_name": "New"}
    answer = anonymous.post("/api/v1/accounts", body)
    assert (answer.status_code, answer.json()["code"]) == (503, "restored_awaiting_reconcile")
    assert not Account.objects.exists()
