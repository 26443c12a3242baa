"""Tokens for services."""

import io
from typing import Any

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from chassis.identity.tokens import AccessToken
from service_accounts.models import ServiceAccount
from service_accounts.services import save_service_account, update_service_account

URL = "/api/v1/auth/service-token"
SECRET = "a-secret-of-more-than-thirty-two-characters"


@pytest.fixture
def aggregator() -> ServiceAccount:
    return save_service_account(client_id="aggregator", scopes=["orders.checkout", "inventory.reserve"], secret=SECRET)


def ask(client: APIClient, **change: Any) -> Any:
    return client.post(URL, {"client_id": "aggregator", "client_secret": SECRET} | change)


def test_a_service_gets_a_token_with_its_scopes_for_twelve_hours(
    anonymous: APIClient, aggregator: ServiceAccount
) -> None:
    answer = ask(anonymous)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert set(body) == {"access", "expires_in", "scope"}
    assert (body["expires_in"], body["scope"]) == (43200, "inventory.reserve orders.checkout")
    payload = jwt.decode(body["access"], options={"verify_signature": False})
    assert payload["exp"] - payload["iat"] == 43200
    claims = AccessToken(body["access"]).claims
    assert (claims.account_id, claims.roles) == (aggregator.pk, ("service",))
    assert claims.scopes == ("inventory.reserve", "orders.checkout")
    assert (claims.email, claims.email_verified) == ("", False)


def test_a_service_is_no_person(anonymous: APIClient, aggregator: ServiceAccount) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {ask(anonymous).json()['access']}")
    assert anonymous.get("/api/v1/accounts/me").status_code == 403


def test_the_secret_is_kept_as_a_salted_digest(aggregator: ServiceAccount) -> None:
    other = save_service_account(client_id="other", scopes=["a.b"], secret=SECRET)
    assert SECRET not in (aggregator.secret_digest, aggregator.secret_salt)
    assert aggregator.secret_digest != other.secret_digest


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_id": "Aggregator"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid"),
        ({"client_id": None}, 400, "invalid"),
        ({"client_id": ["aggregator"]}, 400, "invalid"),
        ({"client_secret": "x" * 201}, 400, "invalid"),
        ({"client_secret": "\x00"}, 400, "invalid"),
    ],
    ids=str,
)
def test_a_wrong_client_gets_nothing(
    anonymous: APIClient, aggregator: ServiceAccount, change: dict[str, object], status: int, code: str
) -> None:
    answer = ask(anonymous, **change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "access" not in answer.json()


def test_a_service_that_is_shut_out_gets_nothing(anonymous: APIClient, aggregator: ServiceAccount) -> None:
    update_service_account(account_id=aggregator.pk, scopes=aggregator.scopes, is_active=False)
    assert ask(anonymous).status_code == 401


def test_the_command_adds_and_updates_one_account(anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_CLIENT_SECRET", SECRET)
    for scopes in (["inventory.reserve,payments.charge"], ["inventory.reserve", "payments.charge", "orders.checkout"]):
        out = io.StringIO()
        call_command("create_service_account", "--client-id", "aggregator", "--scopes", *scopes, stdout=out)
        assert SECRET not in out.getvalue()
    assert ServiceAccount.objects.get().scopes == ["inventory.reserve", "orders.checkout", "payments.charge"]
    assert ask(anonymous).status_code == 200


def test_without_a_secret_the_command_draws_and_prints_one(
    anonymous: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SERVICE_CLIENT_SECRET", raising=False)
    out = io.StringIO()
    call_command("create_service_account", "--client-id", "aggregator", "--scopes", "a.b", stdout=out)
    assert ask(anonymous, client_secret=out.getvalue().split("secret: ")[1].strip()).status_code == 200


@pytest.mark.parametrize(("secret", "scopes"), [("too-short", "a.b"), (SECRET, "Admin"), (SECRET, "a.b;c")])
def test_a_weak_secret_or_a_malformed_scope_is_refused(
    monkeypatch: pytest.MonkeyPatch, secret: str, scopes: str
) -> None:
    monkeypatch.setenv("SERVICE_CLIENT_SECRET", secret)
    with pytest.raises(CommandError):
        call_command("create_service_account", "--client-id", "aggregator", "--scopes", scopes)
    assert ServiceAccount.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"client_id": "aggregator"}, "service_account_client_id_once"),
        ({"client_id": "Not Plain"}, "service_account_client_id_plain"),
        ({"secret_digest": ""}, "service_account_has_a_secret"),
    ],
    ids=str,
)
def test_the_database_refuses_what_makes_no_sense(
    aggregator: ServiceAccount, change: dict[str, str], constraint: str
) -> None:
    other = save_service_account(client_id="other", scopes=["a.b"], secret=SECRET)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ServiceAccount.objects.filter(pk=other.pk).update(**change)
