"""Login forms: the marketplace's accounts, asked of the auth service; the break-glass superuser, never sent."""

import json
import logging
import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from pytest_django import Settings

from chassis.http import ServiceSession
from chassis.identity import backends
from chassis.identity.models import User
from chassis.testing import make_token
from tests.loopback import Exchange, Loopback, serving

pytestmark = pytest.mark.django_db
ACCOUNT = uuid.uuid4()
PASSWORD = "correct horse"
PEOPLE = {"admin@example.com": ["buyer", "admin"], "seller@example.com": ["buyer", "seller"]}


def _log_in(exchange: Exchange) -> None:
    """As the auth service answers `POST /api/v1/auth/token`."""
    asked = json.loads(exchange.request_body)
    if exchange.path != "/api/v1/auth/token" or exchange.command != "POST":
        exchange.reply(404)
    elif asked["password"] != PASSWORD or asked["email"] not in PEOPLE:
        exchange.reply(401, {"code": "invalid_credentials"})
    else:
        access = make_token(account=ACCOUNT, email=asked["email"], roles=PEOPLE[asked["email"]], language="fr")
        exchange.reply(200, {"access": access, "refresh": "r", "expires_in": 600, "token_type": "Bearer"})


@pytest.fixture(autouse=True)
def auth(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    monkeypatch.setattr(backends, "_session", ServiceSession("auth", timeout=(0.3, 0.5)))
    with serving(_log_in) as server:
        settings.AUTH_URL = server.url
        yield server


def _enter(page: str, username: str, password: str, client: Client | None = None) -> tuple[int, str]:
    answer = (client or Client()).post(page, {"username": username, "password": password})
    return answer.status_code, answer.content.decode()


def test_an_admin_enters_the_admin_and_finds_things(auth: Loopback) -> None:
    client = Client()
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 200
    status, _page = _enter("/admin/login/?next=/admin/", "admin@example.com", PASSWORD, client)
    assert status == 302
    user = User.objects.get()
    assert (user.pk, user.username, user.email) == (ACCOUNT, str(ACCOUNT), "admin@example.com")
    assert (user.roles, user.language, user.email_verified) == (["buyer", "admin"], "fr", True)
    assert not user.has_usable_password()
    for address in (
        "/admin/",
        "/admin/identity/user/?q=admin",
        f"/admin/identity/user/{user.pk}/change/",
        "/admin/jobs/job/",
    ):
        assert client.get(address).status_code == 200, address
    auth.answer = lambda exchange: exchange.reply(503)
    assert client.get("/admin/").status_code == 200, "sessions outlive the auth service"


def test_a_seller_enters_the_browsable_api_but_not_the_admin() -> None:
    client = Client()
    status, _page = _enter("/login/", "seller@example.com", PASSWORD, client)
    assert status == 302
    assert client.get("/api/v1/parcels", headers={"accept": "text/html"}).status_code == 200
    assert client.get("/admin/").status_code == 302
    status, page = _enter("/admin/login/", "seller@example.com", PASSWORD)
    assert status == 200
    assert "Only admins may enter here, and this account is none." in page


def test_roles_follow_the_account_at_the_next_login(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    _enter("/admin/login/", "admin@example.com", PASSWORD, client)
    monkeypatch.setitem(PEOPLE, "admin@example.com", ["buyer"])
    assert _enter("/admin/login/", "admin@example.com", PASSWORD)[0] == 200
    assert User.objects.get().roles == ["buyer"]
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
def test_a_wrong_password_is_a_form_error(page: str) -> None:
    client = Client()
    status, content = _enter(page, "admin@example.com", "wrong", client)
    assert status == 200
    assert "No account has this e-mail address and password." in content
    assert client.get("/admin/").status_code == 302
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["/login/", "/admin/login/"])
@pytest.mark.parametrize(
    "answer",
    [
        lambda exchange: exchange.reply(503),
        lambda exchange: exchange.reply(500),
        lambda exchange: exchange.reply(404),
        lambda exchange: exchange.reply(200, b"<html>"),
        lambda exchange: exchange.reply(200, {}),
        lambda exchange: exchange.reply(200, {"access": 7}),
        lambda exchange: exchange.reply(200, {"access": "not.a.token"}),
        lambda exchange: exchange.reply(200, {"access": make_token(iss="another")}),
        lambda exchange: exchange.reply(302, Location="/elsewhere"),
    ],
)
def test_an_auth_service_that_cannot_answer_is_a_clear_form_error(auth: Loopback, page: str, answer: object) -> None:
    auth.answer = answer  # type: ignore[assignment]
    status, content = _enter(page, "admin@example.com", PASSWORD)
    assert status == 200
    assert "The sign-in service cannot be reached right now." in content
    assert not User.objects.exists()


def test_an_absent_auth_service_is_a_clear_form_error(settings: Settings) -> None:
    settings.AUTH_URL = "http://127.0.0.1:9"
    assert "The sign-in service cannot be reached right now." in _enter("/login/", "a@example.com", PASSWORD)[1]


def test_too_many_attempts_are_told(auth: Loopback) -> None:
    auth.answer = lambda exchange: exchange.reply(429)
    assert "Too many attempts." in _enter("/login/", "a@example.com", PASSWORD)[1]


@pytest.mark.parametrize("status", [400, 401, 403, 422])
def test_a_refusal_is_a_wrong_password(auth: Loopback, status: int) -> None:
    auth.answer = lambda exchange: exchange.reply(status)
    assert "No account has this e-mail address and password." in _enter("/login/", "a@example.com", PASSWORD)[1]


@pytest.mark.parametrize("name", ["root", "root@example.com"])
def test_the_break_glass_superuser_is_never_sent_anywhere(auth: Loopback, name: str) -> None:
    User.objects.create_superuser(name, "secret")
    assert _enter("/admin/login/", name, "wrong")[0] == 200
    assert _enter("/admin/login/", name, "secret")[0] == 302
    assert auth.received == []


def test_a_disabled_superuser_stays_out_and_unsent(auth: Loopback) -> None:
    user = User.objects.create_superuser("root@example.com", "secret")
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert _enter("/admin/login/", "root@example.com", "secret")[0] == 200
    assert auth.received == []


@pytest.mark.parametrize("username", ["", "someone", "nul\x00@example.com"])
def test_what_is_no_address_is_not_asked_for(auth: Loopback, username: str) -> None:
    assert _enter("/login/", username, PASSWORD)[0] == 200
    assert auth.received == []


def test_nothing_of_a_login_is_logged(auth: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _enter("/login/", "admin@example.com", PASSWORD)
        _enter("/login/", "admin@example.com", "wrong-secret")
        auth.answer = lambda exchange: exchange.reply(200, b"<html>")
        _enter("/login/", "admin@example.com", PASSWORD)
    written = [str(vars(record)) for record in caplog.records if not record.name.startswith("django.db")]
    assert written
    assert not [line for line in written if PASSWORD in line or "wrong-secret" in line or "admin@example.com" in line]


def test_a_disabled_shadow_user_has_no_session() -> None:
    client = Client()
    _enter("/admin/login/", "admin@example.com", PASSWORD, client)
    User.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_no_shadow_user_can_log_in_with_a_password_of_its_own(auth: Loopback) -> None:
    assert authenticate(None, username="admin@example.com", password=PASSWORD) is not None
    auth.answer = lambda exchange: exchange.reply(401)
    for password in ("", PASSWORD):
        assert authenticate(None, username=str(ACCOUNT), password=password) is None
        assert authenticate(None, username="admin@example.com", password=password) is None
