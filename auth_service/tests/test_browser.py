"""Login forms and the browsable API, as people use them in a browser."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import deactivate, update_account
from chassis.identity.models import User
from tests.conftest import make_account
from tests.people import EMAIL, PASSWORD

HTML = {"Accept": "text/html"}


def sign_in(url: str, username: str = EMAIL, password: str = PASSWORD) -> tuple[Client, Any]:
    """Fill in the form as a browser does, CSRF token included."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(url)
    assert page.status_code == 200
    values = {"username": username, "password": password, "csrfmiddlewaretoken": page.context["csrf_token"]}
    return client, client.post(url, values)


def test_an_admin_of_the_marketplace_enters_the_admin() -> None:
    admin = make_account(EMAIL, roles=["admin"])
    client, answer = sign_in("/admin/login/?next=/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.get("/admin/accounts/account/").status_code == 200
    shadow = User.objects.get()
    assert (shadow.pk, shadow.email, shadow.roles, shadow.is_superuser) == (admin.pk, EMAIL, ["admin"], False)


def test_a_buyer_does_not_enter_the_admin(buyer: Account) -> None:
    _client, answer = sign_in("/admin/login/?next=/admin/")
    assert answer.status_code == 200


def test_a_role_that_was_taken_away_is_gone_at_once() -> None:
    admin = make_account(EMAIL, roles=["admin"])
    client, _answer = sign_in("/admin/login/?next=/admin/")
    update_account(account_id=admin.pk, full_name="Ada", language="en", roles=["buyer"])
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("accept", ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_buyer_signs_in_and_sees_the_account_in_the_browsable_api(buyer: Account, accept: str) -> None:
    client, answer = sign_in("/login/?next=/api/v1/accounts/me")
    assert (answer.status_code, answer["Location"]) == (302, "/api/v1/accounts/me")
    page = client.get("/api/v1/accounts/me", headers={"Accept": accept})
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert EMAIL in page.content.decode()


@pytest.mark.parametrize(
    ("username", "password"),
    [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("nobody", PASSWORD), (EMAIL, " "), ("\x00@example.com", "x")],
)
def test_a_wrong_login_stays_on_the_form(buyer: Account, username: str, password: str) -> None:
    client, answer = sign_in("/login/", username, password)
    assert answer.status_code == 200
    assert "sessionid" not in client.cookies
    assert "auth_session" not in client.cookies
    assert User.objects.count() == 0


def test_an_account_that_is_shut_out_cannot_use_the_form(buyer: Account) -> None:
    deactivate(account_id=buyer.pk)
    _client, answer = sign_in("/login/")
    assert answer.status_code == 200


def test_the_form_counts_tries_for_an_account_too(buyer: Account, settings: Settings) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "login_account": "1/hour"}
    sign_in("/login/", password="wrong")
    _client, answer = sign_in("/login/")
    assert answer.status_code == 200
    assert "Too many attempts" in answer.content.decode()


def test_the_break_glass_superuser_needs_no_account() -> None:
    User.objects.create_superuser("operator", PASSWORD)
    client, answer = sign_in("/admin/login/?next=/admin/", "operator")
    assert answer.status_code == 302
    assert client.get("/admin/keys/signingkey/").status_code == 200
    assert client.get("/api/v1/accounts/me").status_code == 401


@pytest.mark.parametrize("path", ["accounts/me", "sellers"])
def test_pages_render_for_a_session(admin_client: APIClient, path: str) -> None:
    page = admin_client.get(f"/api/v1/{path}", headers=HTML)
    assert page.status_code == 200
    assert "<html" in page.content.decode()


@pytest.mark.parametrize(
    "path", ["accounts", "accounts/verify", "auth/token", "auth/token/refresh", "auth/service-token"]
)
def test_what_is_only_posted_offers_its_form(admin_client: APIClient, path: str) -> None:
    page = admin_client.get(f"/api/v1/{path}", headers=HTML)
    assert page.status_code == 405
    assert "<form" in page.content.decode()


def test_the_registration_form_works(admin_client: APIClient) -> None:
    answer = admin_client.post(
        "/api/v1/accounts",
        {"email": "new@example.com", "password": PASSWORD, "full_name": "Nils", "language": "fr"},
        format="multipart",
        headers=HTML,
    )
    assert answer.status_code == 201
    assert Account.objects.get(email="new@example.com").language == "fr"
