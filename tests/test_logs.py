"""What nobody may read in a log. The whole run is read once more at its end: `running_shop` in conftest.py."""

import re
import uuid
from pathlib import Path

import pytest
import requests

from local import demo_accounts
from tests.faults import AFTER
from tests.secrets_in_logs import USED, known_to, leaks
from tests.shop import DECLINED, PASSWORD, Shop


def test_journeys_and_failures_leave_no_secret_in_any_log(shop: Shop) -> None:
    buyer = shop.registered()
    tokens = buyer.login.tokens
    renewed = shop.anonymous.expect("POST", "/auth/token/refresh", 200, json={"refresh": tokens["refresh"]})
    shop.anonymous.expect("POST", "/auth/token/revoke", {200, 204}, json={"refresh": renewed["refresh"]})
    shop.anonymous.refused("POST", "/auth/token/refresh", 401, json={"refresh": tokens["refresh"]})
    shop.anonymous.refused("POST", "/auth/token", 401, json={"email": buyer.email, "password": "of somebody else 9"})
    shop.anonymous.refused("POST", "/accounts/verify", 400, json={"token": "a-token-that-nobody-was-ever-mailed"})
    shop.registered()
    account = {"email": buyer.email, "password": PASSWORD, "full_name": "Ada Lovelace"}
    shop.anonymous.expect("POST", "/accounts", 201, json=account)  # taken: the answer does not tell
    item = shop.item()
    assert shop.basket(shop.buyer(), item).decided().status_code == 201
    assert shop.basket(shop.buyer(), item, method=DECLINED).decided().status_code == 402
    shop.anonymous.refused("GET", f"/carts/{uuid.uuid4()}", 404)
    shop.anonymous.call("GET", "/products", params={"search": "typed by somebody", "token": tokens["access"]})
    shop.anonymous.call("GET", f"/nothing/{tokens['access']}")
    _sign_in_to_the_admin(shop)
    _answers_that_cannot_be_read(shop)
    _what_is_no_request(shop)
    assert leaks(shop.log, USED.values | known_to(shop.platform)) == []


def _sign_in_to_the_admin(shop: Shop) -> None:
    admin = demo_accounts.admin()
    for service in shop.platform.services:
        page = f"{shop.platform.url(service.name)}/admin/login/"
        for password in ("not the password", admin.password):
            with requests.Session() as browser:
                browser.trust_env = False
                form = browser.get(page, timeout=30).text
                token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
                assert token is not None
                USED.remember(token[1])
                fields = {"username": admin.email, "password": password, "csrfmiddlewaretoken": token[1]}
                answer = browser.post(page, fields, timeout=30, allow_redirects=False)
                assert answer.status_code == (302 if password == admin.password else 200)
                for cookie in browser.cookies:
                    USED.remember(cookie.value)


def _answers_that_cannot_be_read(shop: Shop) -> None:
    """Tracebacks, of calls that carry tokens and passwords."""
    buyer = shop.buyer()
    shop.proxies["orders"].truncate("GET", "/addresses")
    buyer.api.call("GET", "/addresses")
    shop.proxies["auth"].answer("POST", "/auth/token$", 418, at=AFTER)
    shop.anonymous.call("POST", "/auth/token", json={"email": buyer.email, "password": PASSWORD})


def _what_is_no_request(shop: Shop) -> None:
    """Refused before Django hears of it, by the web process itself."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": "Bearer " + "hidden-in-a-header" * 600}
        answer = session.get(f"{shop.anonymous.base}/livez", headers=headers, timeout=10)
    USED.remember("hidden-in-a-header")
    assert (answer.status_code, answer.headers["Content-Type"]) == (431, "application/problem+json")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{cart}", "tells 8d1ad8…"),
        ('{{"path": "/carts/{cart}/lines"}}', "tells 8d1ad8…"),
        ("refused: four words of nonsense 7", "tells four w…"),
        ("Cookie: auth_session=abcdefghijklmnopqrstuvwxyz012345", "tells abcdef…"),
        ("Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "tells a signed token"),
        ("DETAIL: Key (email)=(a) already exists.", "tells a statement with its values"),
        ("no mail to somebody@example.com", "tells an e-mail address"),
        ("could not connect to postgres://auth:secret@127.0.0.1/auth", "tells a database's address"),
        ("argon2$argon2id$v=19", "tells a password's hash"),
    ],
)
def test_the_reader_of_the_logs_finds_what_is_there(tmp_path: Path, line: str, found: str) -> None:
    cart = "8d1ad8f2-7f35-4a5c-9d0d-0e5f6a7b8c9d"
    secrets = {cart, PASSWORD, "abcdefghijklmnopqrstuvwxyz012345"}
    (tmp_path / "innocent-web.log").write_text('{"path": "/api/v1/carts/[random id]", "status": 200}\n' * 1000)
    assert leaks(tmp_path, secrets) == []
    (tmp_path / "orders-web.log").write_text(f"first\n{line.format(cart=cart)}\nlast\n")
    (told,) = leaks(tmp_path, secrets)
    assert told.startswith(f"orders-web.log {found}")
