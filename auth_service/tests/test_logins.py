"""Login, refresh and log-out."""

import time
import uuid
from datetime import timedelta
from typing import Any

import argon2
import jwt
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import activate, deactivate
from chassis.identity.tokens import AccessToken
from chassis.testing import ClientFactory
from keys.models import SigningKey
from logins.models import RefreshFamily, RefreshToken
from logins.tasks import forget_ended_logins
from tests.conftest import make_account
from tests.people import EMAIL, PASSWORD

URL = "/api/v1/auth/token"


def log_in(client: APIClient, **change: Any) -> Any:
    return client.post(URL, {"email": EMAIL, "password": PASSWORD} | change)


def refresh(client: APIClient, token: str, key: str | None = None) -> Any:
    return client.post(f"{URL}/refresh", {"refresh": token}, headers={"Idempotency-Key": key} if key else {})


def refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")


def test_a_login_gives_a_pair_whose_access_token_says_who_it_is(
    anonymous: APIClient, buyer: Account, signing_key: SigningKey
) -> None:
    before = int(time.time())
    answer = log_in(anonymous)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert set(body) == {"access", "refresh", "expires_in", "token_type"}
    assert (body["expires_in"], body["token_type"]) == (600, "Bearer")
    assert jwt.get_unverified_header(body["access"]) == {"alg": "RS256", "typ": "JWT", "kid": signing_key.kid}
    payload = jwt.decode(body["access"], options={"verify_signature": False})
    assert before <= payload["iat"] <= time.time()
    assert payload["exp"] - payload["iat"] == 600
    assert len(payload["jti"]) == 32
    assert {name: payload[name] for name in sorted(set(payload) - {"iat", "exp", "jti"})} == {
        "aud": "mylittleshopping",
        "email": EMAIL,
        "email_verified": True,
        "iss": "mylittleshopping",
        "language": "en",
        "roles": ["buyer"],
        "scopes": [],
        "sub": str(buyer.pk),
        "token_type": "access",
    }
    assert AccessToken(body["access"]).claims.account_id == buyer.pk
    assert not RefreshToken.objects.filter(digest=body["refresh"]).exists()


@pytest.mark.parametrize("email", ["ADA@example.com", " ada@EXAMPLE.com"])
def test_the_case_of_an_address_does_not_count(anonymous: APIClient, buyer: Account, email: str) -> None:
    assert log_in(anonymous, email=email).status_code == 200


def test_an_unverified_account_may_log_in_and_its_token_says_so(anonymous: APIClient) -> None:
    make_account(EMAIL, verified=False)
    assert AccessToken(log_in(anonymous).json()["access"]).claims.email_verified is False


def test_all_refused_logins_look_the_same(anonymous: APIClient, buyer: Account) -> None:
    wrong = log_in(anonymous, password="not the password")
    unknown = log_in(anonymous, email="nobody@example.com")
    no_address = log_in(anonymous, email="nobody")
    deactivate(account_id=buyer.pk)
    inactive = log_in(anonymous)
    answers = [wrong, unknown, no_address, inactive]
    assert [answer.status_code for answer in answers] == [401] * 4
    bodies = [{name: value for name, value in a.json().items() if name != "request_id"} for a in answers]
    assert bodies[0]["code"] == "invalid_credentials"
    assert bodies[1:] == bodies[:1] * 3
    assert RefreshFamily.objects.count() == 0


def test_every_refused_login_costs_one_password_hash(
    anonymous: APIClient, buyer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def counted(name: str, original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            hashed.append(name)
            return original(*args, **kwargs)

        return call

    for module, name in ((argon2.low_level, "hash_secret"), (argon2._password_hasher, "verify_secret")):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    log_in(anonymous, password="not the password")
    assert hashed == ["verify_secret"]
    log_in(anonymous, email="nobody@example.com")
    assert hashed == ["verify_secret", "hash_secret"]
    deactivate(account_id=buyer.pk)
    log_in(anonymous)
    assert hashed == ["verify_secret", "hash_secret", "verify_secret"]


def test_a_hash_of_other_parameters_is_made_anew_at_login(anonymous: APIClient, buyer: Account) -> None:
    hasher = Argon2PasswordHasher()
    hasher.time_cost, hasher.memory_cost = 1, 8192
    Account.objects.update(password=hasher.encode(PASSWORD, "s0meSaltOfItsOwn"))
    assert log_in(anonymous).status_code == 200
    assert "$m=19456,t=2,p=1$" in Account.objects.get().password
    assert log_in(anonymous).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": None}, 400),
        ({"password": ""}, 400),
        ({"password": "x" * 129}, 400),
        ({"email": "x" * 255}, 400),
        ({"email": {"a": 1}}, 400),
        ({"email": ["a"]}, 400),
        ({"password": [PASSWORD]}, 400),
        ({"email": "\x00"}, 400),
        ({"email": "' OR 1=1 --"}, 401),
    ],
    ids=str,
)
def test_a_malformed_login_is_refused(
    anonymous: APIClient, buyer: Account, change: dict[str, object], status: int
) -> None:
    assert log_in(anonymous, **change).status_code == status
    assert RefreshFamily.objects.count() == 0


@pytest.mark.parametrize("path", ["", "/refresh", "/revoke"])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"email": ', "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"refresh": "\\ud800", "email": "\\ud800", "password": "\\ud800"}', "application/json", 400),
        (b"email=a", "text/plain", 415),
    ],
)
def test_a_malformed_body_is_a_problem(
    anonymous: APIClient, path: str, body: bytes, content_type: str, status: int
) -> None:
    answer = anonymous.generic("POST", f"{URL}{path}", body.decode(), content_type=content_type)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_a_malformed_key_is_refused_before_anything_happens(anonymous: APIClient, buyer: Account) -> None:
    answer = anonymous.post(URL, {"email": EMAIL, "password": PASSWORD}, headers={"Idempotency-Key": "guess"})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")
    assert RefreshFamily.objects.count() == 0


def test_a_service_may_forward_a_login_and_a_forged_token_may_not(
    anonymous: APIClient, client_for: ClientFactory, buyer: Account, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "login_address": "1/hour"}
    gateway = client_for(roles=["service"], scopes=["auth.forward_address"])
    body = {"email": EMAIL, "password": PASSWORD}
    for address in ("192.0.2.1", "192.0.2.2"):
        assert gateway.post(URL, body, headers={"X-Client-Address": address}).status_code == 200
    answer = gateway.post(URL, body, headers={"X-Client-Address": "192.0.2.1"})
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    # Nobody else is believed.
    assert anonymous.post(URL, body, headers={"X-Client-Address": "192.0.2.8"}).status_code == 200
    assert anonymous.post(URL, body, headers={"X-Client-Address": "192.0.2.9"}).status_code == 429
    anonymous.credentials(HTTP_AUTHORIZATION="Bearer a.b.c")
    assert anonymous.post(URL, body).status_code == 401


def test_tries_for_one_account_are_counted_whether_or_not_it_exists(
    anonymous: APIClient, buyer: Account, settings: Settings
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "login_account": "2/hour"}
    for email in (EMAIL, "nobody@example.com"):
        tries = [log_in(anonymous, email=variant, password="wrong") for variant in (email, email.upper(), email)]
        assert [answer.status_code for answer in tries] == [401, 401, 429]
    # The right password does not get around it.
    assert log_in(anonymous).status_code == 429


def test_a_refresh_gives_a_new_pair_with_the_account_as_it_is_now(anonymous: APIClient, buyer: Account) -> None:
    first = log_in(anonymous).json()
    Account.objects.update(roles=["buyer", "seller"], language="fr")
    answer = refresh(anonymous, first["refresh"])
    assert answer.status_code == 200
    second = answer.json()
    assert second["refresh"] != first["refresh"]
    claims = AccessToken(second["access"]).claims
    assert (claims.roles, claims.language) == (("buyer", "seller"), "fr")
    assert refresh(anonymous, second["refresh"]).status_code == 200


def test_a_used_token_revokes_its_family_and_no_other(anonymous: APIClient, buyer: Account) -> None:
    stolen, other = log_in(anonymous).json()["refresh"], log_in(anonymous).json()["refresh"]
    mine = refresh(anonymous, stolen).json()["refresh"]
    mine = refresh(anonymous, mine).json()["refresh"]
    assert refused(refresh(anonymous, stolen))
    assert refused(refresh(anonymous, mine))
    assert refresh(anonymous, other).status_code == 200
    assert sorted(RefreshFamily.objects.values_list("revocation_reason", flat=True)) == ["", "reuse"]


def test_a_lost_answer_is_given_again_within_ten_seconds(anonymous: APIClient, buyer: Account) -> None:
    token = log_in(anonymous).json()["refresh"]
    first = refresh(anonymous, token).json()["refresh"]
    again = refresh(anonymous, token)
    assert (again.status_code, again.json()["refresh"]) == (200, first)
    RefreshToken.objects.filter(used_at__isnull=False).update(used_at=F("used_at") - timedelta(seconds=11))
    assert refused(refresh(anonymous, token))
    assert refused(refresh(anonymous, first))


def test_a_lost_answer_is_given_again_for_the_same_key_however_late(anonymous: APIClient, buyer: Account) -> None:
    token, key = log_in(anonymous).json()["refresh"], str(uuid.uuid4())
    first = refresh(anonymous, token, key).json()["refresh"]
    RefreshToken.objects.filter(used_at__isnull=False).update(used_at=F("used_at") - timedelta(hours=1))
    again = refresh(anonymous, token, key)
    assert (again.status_code, again.json()["refresh"]) == (200, first)
    assert RefreshToken.objects.count() == 2
    assert refused(refresh(anonymous, token, str(uuid.uuid4())))
    assert RefreshFamily.objects.get().revocation_reason == "reuse"


def test_a_repetition_after_its_answer_was_used_changes_nothing(anonymous: APIClient, buyer: Account) -> None:
    token, key = log_in(anonymous).json()["refresh"], str(uuid.uuid4())
    second = refresh(anonymous, token, key).json()["refresh"]
    third = refresh(anonymous, second).json()["refresh"]
    assert refused(refresh(anonymous, token, key))
    assert RefreshFamily.objects.get().revoked_at is None
    assert refresh(anonymous, third).status_code == 200


def test_a_family_ends_thirty_days_after_its_last_refresh(anonymous: APIClient, buyer: Account) -> None:
    token = log_in(anonymous).json()["refresh"]
    family = RefreshFamily.objects.get()
    assert family.expires_at - family.created_at == timedelta(days=30)
    RefreshFamily.objects.update(expires_at=F("created_at"))
    assert refused(refresh(anonymous, token))
    assert RefreshToken.objects.get().used_at is None


def test_logging_out_ends_the_family_and_is_repeatable(anonymous: APIClient, buyer: Account) -> None:
    first, other = log_in(anonymous).json()["refresh"], log_in(anonymous).json()["refresh"]
    second = refresh(anonymous, first).json()["refresh"]
    for _repeated in range(2):
        assert anonymous.post(f"{URL}/revoke", {"refresh": second}).status_code == 204
    assert refused(refresh(anonymous, second))
    assert refused(refresh(anonymous, first))
    assert refresh(anonymous, other).status_code == 200
    assert RefreshFamily.objects.filter(revocation_reason="logout").count() == 1


def test_logging_out_with_an_unknown_token_is_answered_alike(anonymous: APIClient) -> None:
    assert anonymous.post(f"{URL}/revoke", {"refresh": "unknown"}).status_code == 204


@pytest.mark.parametrize("token", [None, "", 5.5, ["a"], {"a": 1}, "x" * 201, "\x00", True])
def test_a_malformed_refresh_token_is_a_400(anonymous: APIClient, token: object) -> None:
    for path in ("refresh", "revoke"):
        answer = anonymous.post(f"{URL}/{path}", {"refresh": token})
        assert answer.status_code == (401 if token == 5.5 and path == "refresh" else 204 if token == 5.5 else 400)


def test_an_access_token_is_no_refresh_token(anonymous: APIClient, buyer: Account) -> None:
    assert refresh(anonymous, log_in(anonymous).json()["access"]).status_code == 400
    assert refused(refresh(anonymous, "unknown"))


def test_deactivation_ends_all_logins_and_activation_revives_none(anonymous: APIClient, buyer: Account) -> None:
    pair = log_in(anonymous).json()
    deactivate(account_id=buyer.pk)
    assert refused(refresh(anonymous, pair["refresh"]))
    assert RefreshFamily.objects.get().revocation_reason == "deactivation"
    anonymous.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    answer = anonymous.get("/api/v1/accounts/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "account_inactive")
    anonymous.credentials()
    activate(account_id=buyer.pk)
    assert refused(refresh(anonymous, pair["refresh"]))
    assert log_in(anonymous).status_code == 200


def test_ended_logins_are_forgotten_later(anonymous: APIClient, buyer: Account) -> None:
    for _login in range(3):
        log_in(anonymous)
    old, revoked, present = RefreshFamily.objects.order_by("pk")
    RefreshFamily.objects.filter(pk=old.pk).update(expires_at=F("created_at") - timedelta(days=31))
    RefreshFamily.objects.filter(pk=revoked.pk).update(
        revoked_at=F("created_at") - timedelta(days=31), revocation_reason="logout"
    )
    forget_ended_logins()
    assert list(RefreshFamily.objects.all()) == [present]


def test_the_password_is_kept_as_it_was_typed(anonymous: APIClient, buyer: Account) -> None:
    Account.objects.update(password=make_password("  spaced out words  "))
    assert log_in(anonymous, password="spaced out words").status_code == 401
    assert log_in(anonymous, password="  spaced out words  ").status_code == 200


def test_a_refresh_costs_a_known_number_of_statements(
    anonymous: APIClient, buyer: Account, django_assert_num_queries: Any
) -> None:
    token = log_in(anonymous).json()["refresh"]
    with django_assert_num_queries(2):
        assert refresh(anonymous, token).status_code == 200
