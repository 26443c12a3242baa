"""Tokens and keys that are not right."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from rest_framework.test import APIClient

from accounts.models import Account
from chassis.testing import make_token
from keys.models import SigningKey
from tests.people import EMAIL, PASSWORD

KEY = "6b0c2b52-0f0b-4a51-9d2b-3f8f1f1d0c11"


def test_me_needs_a_token(anonymous: APIClient) -> None:
    answer = anonymous.get("/api/v1/accounts/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(
    "claims",
    [
        {"expires_in": timedelta(minutes=-5)},
        {"iss": "another"},
        {"aud": "another"},
        {"kid": None},
        {"kid": "unknown"},
        {"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)},
        {"key": "a-shared-secret-that-is-long-enough-for-hs256", "algorithm": "HS256"},
        {"key": "", "algorithm": "none"},
        {"token_type": "refresh"},
    ],
    ids=str,
)
@pytest.mark.parametrize("operation", ["GET accounts/me", "POST accounts", "POST auth/token", "GET sellers"])
def test_a_forged_or_expired_token_is_refused_everywhere(
    anonymous: APIClient, buyer: Account, signing_key: SigningKey, claims: dict[str, Any], operation: str
) -> None:
    if "key" in claims and "algorithm" not in claims:
        claims = {**claims, "kid": signing_key.kid}
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(account=buyer.pk, **claims)}")
    method, path = operation.split()
    body = json.dumps({"email": "new@example.com", "password": PASSWORD, "full_name": "Nils"})
    answer = anonymous.generic(method, f"/api/v1/{path}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")
    assert Account.objects.count() == 1


def test_a_key_with_another_registration_is_a_422_and_changes_nothing(anonymous: APIClient) -> None:
    body = {"email": EMAIL, "password": PASSWORD, "full_name": "Ada"}
    headers = {"Idempotency-Key": KEY}
    assert anonymous.post("/api/v1/accounts", body, headers=headers).status_code == 201
    other = {**body, "email": "other@example.com"}
    answer = anonymous.post("/api/v1/accounts", other, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert Account.objects.get().email == EMAIL


def test_unknown_methods_and_addresses_are_problems(anonymous: APIClient) -> None:
    for answer, status in (
        (anonymous.delete("/api/v1/accounts"), 405),
        (anonymous.get("/api/v1/accounts/"), 404),
        (anonymous.get("/api/v1/nothing"), 404),
        (anonymous.get("/.well-known/other.json"), 404),
        (anonymous.post("/api/v1/sellers/x"), 404),
    ):
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"


def test_a_token_for_a_person_without_an_account_is_refused(anonymous: APIClient) -> None:
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token()}")
    assert anonymous.get("/api/v1/accounts/me").status_code == 401
