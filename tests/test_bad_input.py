"""Nonsense, mistakes and forgeries: the right refusal as a problem, never a 500, and nothing changed."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import requests
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.audit import Databases, audit
from tests.shop import ADDRESS, PASSWORD, Api, Person, Shop, eur, fresh_email, problem_of

AT_ONCE = 4
NOBODY = "0190f0c2-7b7e-7c9a-8b1e-0d9f3f1d2c11"
TABLES = {
    "auth": ("accounts_account", "accounts_emailverification", "logins_refreshfamily", "logins_refreshtoken"),
    "inventory": ("carts_cart", "carts_cartline", "stock_reservation", "stock_stockmovement", "catalogue_variant"),
    "orders": ("addresses_address", "orders_order", "orders_sellerorder", "deliveries_delivery"),
    "payment": ("payments_payment", "sandbox_sandboxintent"),
    "aggregator": ("sagas_saga",),
}

MALFORMED = {
    "cut off": b'{"email": "a@example.com"',
    "a list": b"[]",
    "a text": b'"text"',
    "a number": b"12",
    "null": b"null",
    "no JSON": b"email=a@example.com",
    "not UTF-8": b'{"email": "\xff\xfe"}',
    "NaN": b'{"quantity": NaN, "expected_total": {"amount": NaN, "currency": "EUR"}}',
    "infinite": b'{"quantity": 1e999, "expected_total": {"amount": 1e999, "currency": "EUR"}}',
    "too deep": b"[" * 100_000,
    "nested too deeply": b'{"email":' * 5_000 + b"1" + b"}" * 5_000,
    "an endless number": b'{"quantity": ' + b"9" * 10_000 + b"}",
}
NOTHING_LIKE_IT: Mapping[str, Any] = {
    "null": None,
    "a list": [],
    "a list of lists": [[]],
    "an object": {},
    "an object in it": {"a": {"b": 1}},
    "true": True,
    "negative": -1,
    "zero": 0,
    "huge": 10**30,
    "a fraction": 1.5,
    "empty": "",
    "blank": "   ",
    "too long": "x" * 20_000,
    "with NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
    "directions": "\u202egnp.exe\u202c",
    "a template": "{{7*7}}${7*7}<script>alert(1)</script>",
    "SQL": "'; DROP TABLE orders_order; --",
}
"""By kind. Where one of them is acceptable text for a field, it may be accepted."""

TEXTS = {"directions", "a template", "SQL", "negative", "zero", "a fraction", "huge"}
"""Kinds that a field of free text accepts, numbers as their digits."""

NUMBERS = {"true", "zero", "huge"}


@dataclass(frozen=True)
class Target:
    """An operation that takes a body, with a good one. Its fields of free text are named."""

    api: Api
    method: str
    path: str
    body: dict[str, Any]
    free: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def counts(shop: Shop) -> dict[str, int]:
    """How many rows each table has, to tell that nothing was added."""
    databases = Databases(shop)
    return {
        table: int(databases.read(service, f"SELECT count(*) AS n FROM {table}")[0]["n"])
        for service, tables in TABLES.items()
        for table in tables
    }


@contextmanager
def nothing_changes(shop: Shop) -> Iterator[None]:
    before = counts(shop)
    yield
    assert counts(shop) == before


@pytest.fixture
def targets(shop: Shop) -> list[Target]:
    """Every public operation with a body."""
    buyer, item = shop.buyer(), shop.item(stock=10)
    bought = shop.basket(buyer, item).check_out().json()["order"]
    basket = shop.basket(buyer, item)
    sale = bought["seller_orders"][0]["id"]
    address = {**ADDRESS, "company": "", "line2": "", "region": "", "phone": ""}
    free = frozenset(address) - {"country"}
    optional = frozenset({"company", "line2", "region", "phone"})
    account = {"email": fresh_email(), "password": PASSWORD, "full_name": "Ada Lovelace", "language": "en"}
    anonymous = shop.anonymous
    return [
        Target(anonymous, "POST", "/accounts", account, frozenset({"full_name", "password"}), frozenset({"language"})),
        Target(anonymous, "POST", "/accounts/verify", {"token": "x"}),
        Target(anonymous, "POST", "/auth/token", {"email": fresh_email(), "password": PASSWORD}),
        Target(anonymous, "POST", "/auth/token/refresh", {"refresh": "x"}),
        Target(anonymous, "POST", "/auth/token/revoke", {"refresh": "x"}, frozenset({"refresh"})),
        Target(anonymous, "PUT", f"/carts/{basket.cart}/lines/{item.variant}", {"quantity": 1}),
        Target(buyer.api, "POST", "/addresses", address, free, optional),
        Target(buyer.api, "PATCH", f"/addresses/{basket.address}", address, free, frozenset(address)),
        Target(buyer.api, "POST", "/checkouts", basket.body()),
        Target(
            item.seller.api,
            "POST",
            f"/seller/sales/{sale}/deliveries",
            {"carrier": "Colissimo", "tracking_number": "6A12345678901"},
            frozenset({"carrier", "tracking_number"}),
        ),
    ]


def refusal(answer: requests.Response, allowed: set[int]) -> str:
    """What is wrong with a refusal, or nothing."""
    if answer.status_code not in allowed:
        return f"answered {answer.status_code}: {answer.text[:300]}"
    problem = problem_of(answer)
    if problem["request_id"] != answer.headers["X-Request-ID"]:
        return f"speaks of another request: {problem}"
    return ""


def test_what_is_no_json_object_is_refused(shop: Shop, targets: list[Target]) -> None:
    def attempt(target: Target, kind: str) -> str:
        headers = {"Content-Type": "application/json"}
        answer = target.api.call(
            target.method, target.path, data=MALFORMED[kind], headers=headers, key=str(uuid.uuid4())
        )
        changes_nothing = target.method == "PATCH" and kind == "null"
        wrong = refusal(answer, {400}) if not changes_nothing or answer.status_code != 200 else ""
        return f"{target.name} with {kind} {wrong}" if wrong else ""

    with nothing_changes(shop):
        check_all(attempt, [(target, kind) for target in targets for kind in MALFORMED])


def test_no_field_takes_what_is_nothing_like_it(shop: Shop, targets: list[Target]) -> None:
    def attempt(target: Target, name: str, kind: str) -> str:
        raw = json.dumps({**target.body, name: NOTHING_LIKE_IT[kind]})
        answer = send(target, raw)
        if answer.status_code < 300 and name in target.free and (kind in TEXTS or name in target.optional):
            return ""
        allowed = {400}
        if target.path.startswith("/auth/"):
            allowed |= {401}
        elif name in {"cart", "shipping_address"} and kind in NUMBERS:
            allowed |= {404, 409}  # an id may be written as a number: there is none such
        elif name in target.free and kind in TEXTS:
            allowed |= {409}  # an earlier one was taken
        wrong = refusal(answer, allowed)
        return f"{target.name} with {name} {kind} {wrong}" if wrong else ""

    check_all(
        attempt,
        [
            (target, name, kind)
            for target in targets
            for name in target.body
            for kind in NOTHING_LIKE_IT
            if not (target.path == "/auth/token/revoke" and kind not in {"null", "a list", "an object", "true"})
        ],
    )
    audit(shop)


def test_refused_fields_are_named_and_nothing_is_changed(shop: Shop, targets: list[Target]) -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("/accounts", {"email": "no address"}, "email"),
        ("/accounts", {"email": "a" * 250 + "@example.com"}, "email"),
        ("/accounts", {"password": "short"}, "password"),
        ("/accounts", {"password": "p" * 200}, "password"),
        ("/accounts", {"full_name": "n" * 200}, "full_name"),
        ("/accounts", {"language": "xx"}, "language"),
        ("/lines/", {"quantity": 0}, "quantity"),
        ("/lines/", {"quantity": -1}, "quantity"),
        ("/lines/", {"quantity": 1000}, "quantity"),
        ("/lines/", {"quantity": 10**30}, "quantity"),
        ("/lines/", {"quantity": "two"}, "quantity"),
        ("/addresses", {"country": "ZZ"}, "country"),
        ("/addresses", {"country": "France"}, "country"),
        ("/addresses", {"city": ""}, "city"),
        ("/addresses", {"postal_code": "9" * 50}, "postal_code"),
        ("/checkouts", {"cart": "no id"}, "cart"),
        ("/checkouts", {"shipping_address": 7}, "shipping_address"),
        ("/checkouts", {"payment_method": "4242 4242 4242 4242"}, "payment_method"),
        ("/checkouts", {"payment_method": ""}, "payment_method"),
        ("/checkouts", {"expected_total": 4980}, "expected_total"),
        ("/checkouts", {"expected_total": eur(-1)}, "expected_total.amount"),
        ("/checkouts", {"expected_total": eur(10**13)}, "expected_total.amount"),
        ("/checkouts", {"expected_total": {"amount": 49.8, "currency": "EUR"}}, "expected_total.amount"),
        ("/checkouts", {"expected_total": {"amount": 4980, "currency": "USD"}}, "expected_total.currency"),
        ("/checkouts", {"expected_total": {"amount": 4980}}, "expected_total.currency"),
        ("/deliveries", {"tracking_number": "x" * 100}, "tracking_number"),
        ("/deliveries", {"carrier": ""}, "carrier"),
    ]
    with nothing_changes(shop):
        for part, change, field in cases:
            for target in targets:
                if target.path.endswith(part) or (part == "/lines/" and part in target.path):
                    answer = send(target, json.dumps({**target.body, **change}))
                    target.api.check(answer, 400)
                    named = [error["field"] for error in problem_of(answer, "invalid")["errors"]]
                    assert named == [field], (target.name, change)
        for target in targets:
            if target.method == "PATCH":
                continue
            for name in set(target.body) - target.optional:
                body = {key: value for key, value in target.body.items() if key != name}
                answer = send(target, json.dumps(body))
                target.api.check(answer, 400)
                (error,) = problem_of(answer, "invalid")["errors"]
                assert (error["field"], error["code"]) == (name, "required"), target.name


def test_other_content_types_and_bodies_too_large_are_refused(shop: Shop, targets: list[Target]) -> None:
    with nothing_changes(shop):
        for target in targets:
            for kind in ("text/plain", "application/xml", "application/octet-stream"):
                headers = {"Content-Type": kind}
                answer = target.api.call(
                    target.method, target.path, data=b"<a/>", headers=headers, key=str(uuid.uuid4())
                )
                assert refusal(answer, {415}) == "", (target.name, kind)
            large = send(target, json.dumps({**target.body, "more": "x" * 1_500_000}))
            assert refusal(large, {413, 400}) == "", target.name


def test_a_form_is_taken_as_the_same_as_json(shop: Shop, targets: list[Target]) -> None:
    """The browsable API sends its forms so."""
    address = next(target for target in targets if (target.method, target.path) == ("POST", "/addresses"))
    made = address.api.expect("POST", "/addresses", 201, data=address.body)
    assert {name: made[name] for name in address.body} == address.body
    line = next(target for target in targets if target.method == "PUT")
    cart = line.api.expect("PUT", line.path, 200, data={"quantity": "3"})
    assert [each["quantity"] for each in cart["lines"]] == [3]


@pytest.mark.parametrize(
    "path",
    [
        "/products/no-such-product",
        f"/products/{NOBODY}",
        "/products/" + "x" * 3_000,
        "/products/%F0%9F%92%A9",
        "/products/%ED%A0%80",
        "/products/..%2F..%2Fseller%2Fproducts",
        "/carts/no-id",
        f"/carts/{NOBODY}",
        f"/carts/{NOBODY}x",
        "/carts/00000000-0000-0000-0000-000000000000",
        f"/addresses/{NOBODY}",
        "/addresses/1",
        f"/orders/{NOBODY}",
        f"/checkouts/{NOBODY}",
        "/checkouts/-1",
        "/nothing",
        "/accounts/",
    ],
)
def test_what_does_not_exist_is_not_found(shop: Shop, path: str) -> None:
    assert refusal(shop.buyer().api.call("GET", path), {404}) == ""


@pytest.mark.parametrize("path", ["/products/%00", "/products/a%00b", f"/orders/{NOBODY}%00", "/products?search=a%00b"])
def test_addresses_with_nul_are_refused(shop: Shop, path: str) -> None:
    assert refusal(shop.buyer().api.call("GET", path), {400}) == ""


def test_unknown_things_cannot_be_changed(shop: Shop) -> None:
    buyer, item = shop.buyer(), shop.item()
    basket = shop.basket(buyer, item)
    with nothing_changes(shop):
        quantity = {"quantity": 1}
        buyer.api.refused("PUT", f"/carts/{basket.cart}/lines/{NOBODY}", 404, json=quantity)
        buyer.api.refused("PUT", f"/carts/{NOBODY}/lines/{item.variant}", 404, json=quantity)
        buyer.api.refused("DELETE", f"/carts/{NOBODY}/lines/{item.variant}", 404)
        buyer.api.refused("PATCH", f"/addresses/{NOBODY}", 404, json={"city": "Lyon"})
        buyer.api.refused("DELETE", f"/addresses/{NOBODY}", 404)
        buyer.api.refused("POST", f"/checkouts/{NOBODY}/cancel", 404)
        parcel = {"carrier": "Colissimo", "tracking_number": "6A1"}
        item.seller.api.refused("POST", f"/seller/sales/{NOBODY}/deliveries", 404, json=parcel)
        buyer.api.refused("POST", f"/seller/sales/{NOBODY}/deliveries", 403, json=parcel)
        buyer.api.refused("GET", "/seller/sales", 403)
        body = {**basket.body(), "cart": str(uuid.uuid4())}
        buyer.api.refused("POST", "/checkouts", 404, "cart_not_found", json=body, key=uuid.uuid4().hex)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/products?page_size=0", 400),
        ("/products?page_size=-1", 400),
        ("/products?page_size=many", 400),
        ("/products?page_size=1e3", 400),
        ("/products?page_size=99999999999999999999", 400),
        ("/products?cursor=nonsense", 400),
        ("/products?cursor=" + base64.urlsafe_b64encode(b'[0,["-created_at","-id"],["x","y"]]').decode(), 400),
        ("/products?cursor=" + base64.urlsafe_b64encode(b'[0,["price_from","id"],["1","\\u0000"]]').decode(), 400),
        ("/products?cursor=%00", 400),
        ("/products?cursor=" + "A" * 4_000, 400),
        ("/products?min_price=-1", 400),
        ("/products?min_price=cheap", 400),
        ("/products?max_price=" + "9" * 30, 400),
        ("/products?seller=nobody", 400),
        ("/products?in_stock=perhaps", 400),
        ("/products?ordering=random()", 400),
        ("/products?search=%00", 400),
        ("/products?search=" + "x" * 2_000, 400),
        ("/products?category=%27%3B--", 400),
        ("/products?search=%27%22%5C%25_%26%7C%21%28%29%3A%2A%3C-%3E", 200),
        ("/products?search=%F0%9F%92%A9", 200),
        (f"/products?seller={NOBODY}", 200),
        ("/products?category=no-such-category", 200),
        ("/products?unknown=1", 200),
        ("/addresses?cursor=nonsense", 400),
        ("/addresses?page_size=0", 400),
        ("/orders?cursor=nonsense", 400),
        ("/orders?page_size=-5", 400),
    ],
)
def test_queries_are_checked(shop: Shop, path: str, status: int) -> None:
    answer = shop.buyer().api.call("GET", path)
    shop.anonymous.check(answer, status)
    if status == 200:
        assert isinstance(answer.json()["results"], list)
    else:
        assert refusal(answer, {status}) == ""


def test_methods_formats_and_hosts_that_are_not_offered_are_refused(shop: Shop) -> None:
    api = shop.buyer().api
    for method, path in (("DELETE", "/products"), ("PUT", "/accounts"), ("PATCH", "/carts"), ("GET", "/checkouts")):
        assert refusal(api.call(method, path), {405}) == "", (method, path)
    assert refusal(api.call("GET", "/products", headers={"Accept": "application/xml"}), {406}) == ""
    assert refusal(api.call("GET", "/products", headers={"Host": "elsewhere.example"}), {400}) == ""
    answer = api.call("GET", "/status", headers={"X-Request-ID": "bad\tid"})
    assert answer.headers["X-Request-ID"] != "bad\tid"


# Keys


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "tab\tinside", "\xe9t\xe9"])
def test_an_idempotency_key_that_is_none_is_refused(shop: Shop, key: str) -> None:
    basket = shop.basket(shop.buyer(), shop.item())
    with nothing_changes(shop):
        answer = basket.buyer.api.call(
            "POST", "/checkouts", json=basket.body(), headers={"Idempotency-Key": key.encode("latin-1")}
        )
        assert refusal(answer, {400}) == ""
        answer = basket.buyer.api.call(
            "POST", "/addresses", json=ADDRESS, headers={"Idempotency-Key": key.encode("latin-1")}
        )
        assert refusal(answer, {400}) == ""


def test_a_checkout_needs_a_key_and_a_stranger_s_key_must_be_hard_to_guess(shop: Shop) -> None:
    basket = shop.basket(shop.buyer(), shop.item())
    with nothing_changes(shop):
        basket.buyer.api.refused("POST", "/checkouts", 400, "idempotency_key_required", json=basket.body())
        account = {"email": fresh_email(), "password": PASSWORD, "full_name": "Ada"}
        shop.anonymous.refused("POST", "/accounts", 400, "idempotency_key_invalid", json=account, key="1")


def test_a_key_used_with_another_body_is_refused_wherever_keys_are_kept(shop: Shop) -> None:
    buyer = shop.registered()
    key = str(uuid.uuid4())
    buyer.api.expect("POST", "/addresses", 201, json=ADDRESS, key=key)
    account = {"email": fresh_email(), "password": PASSWORD, "full_name": "Ada"}
    other = str(uuid.uuid4())
    shop.anonymous.expect("POST", "/accounts", 201, json=account, key=other)
    with nothing_changes(shop):
        changed = {**ADDRESS, "city": "Lyon"}
        buyer.api.refused("POST", "/addresses", 422, "idempotency_key_reused", json=changed, key=key)
        another = {**account, "email": fresh_email()}
        shop.anonymous.refused("POST", "/accounts", 422, "idempotency_key_reused", json=another, key=other)


# Tokens


class Forge:
    """Signs whatever it likes with the platform's own key, taken out of the auth service's database."""

    def __init__(self, shop: Shop, person: Person) -> None:
        (row,) = Databases(shop).read("auth", "SELECT * FROM keys_signingkey WHERE state = 'signing'")
        service = next(each for each in shop.platform.services if each.name == "auth")
        vault = Fernet(shop.platform.variables(service)["FIELD_ENCRYPTION_KEY"])
        self.kid: str = row["kid"]
        self.jwk: dict[str, Any] = row["public_jwk"]
        loaded = serialization.load_pem_private_key(vault.decrypt(row["private_key"].encode()), password=None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        self.key = loaded
        self.claims = jwt.decode(person.login.access(), options={"verify_signature": False})

    def sign(self, *, key: Any = None, algorithm: str = "RS256", header: Any = None, **claims: Any) -> str:
        payload = {name: value for name, value in {**self.claims, **claims}.items() if value is not ...}
        headers = {"kid": self.kid} if header is None else header
        return jwt.encode(payload, key or self.key, algorithm=algorithm, headers=headers)

    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def hmac_signed(self) -> str:
        """The classic: the public key taken for a shared secret."""
        parts = [{"alg": "HS256", "typ": "JWT", "kid": self.kid}, self.claims]
        signed = b".".join(_encoded(json.dumps(part).encode()) for part in parts)
        return (signed + b"." + _encoded(hmac.digest(self.public_pem(), signed, hashlib.sha256))).decode()

    def unsigned(self) -> str:
        parts = [{"alg": "none", "typ": "JWT", "kid": self.kid}, self.claims]
        return b".".join([*(_encoded(json.dumps(part).encode()) for part in parts), b""]).decode()


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def test_forged_and_expired_tokens_let_nobody_in(shop: Shop) -> None:
    buyer = shop.buyer()
    forge = Forge(shop, buyer)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())
    tokens = {
        "expired": forge.sign(exp=now - 60),
        "without expiry": forge.sign(exp=...),
        "from the future": forge.sign(iat=now + 600),
        "not yet valid": forge.sign(nbf=now + 600),
        "of another issuer": forge.sign(iss="elsewhere"),
        "of no issuer": forge.sign(iss=...),
        "for another audience": forge.sign(aud="elsewhere"),
        "for no audience": forge.sign(aud=...),
        "without kid": forge.sign(header={}),
        "of an unknown kid": forge.sign(header={"kid": "unknown"}),
        "of a kid that is no text": forge.sign(header={"kid": "../../etc/passwd"}),
        "of another key": forge.sign(key=stranger),
        "of another RSA algorithm": forge.sign(algorithm="RS512"),
        "of another padding": forge.sign(algorithm="PS256"),
        "signed with the public key as secret": forge.hmac_signed(),
        "unsigned": forge.unsigned(),
        "with a cut signature": forge.sign()[:-8],
        "with another's claims": _with_claims(forge.sign(), {**forge.claims, "roles": ["admin"]}),
        "with a key of its own": forge.sign(key=stranger, header={"kid": forge.kid, "jwk": forge.jwk}),
        "of another type": forge.sign(token_type="refresh"),
        "of nobody": forge.sign(sub=...),
        "of no account": forge.sign(sub="me"),
        "with roles that are a text": forge.sign(roles="admin"),
        "with roles that are numbers": forge.sign(roles=[1]),
        "verified by a text": forge.sign(email_verified="yes"),
        "nonsense": "nonsense",
        "dots": "..",
        "empty": "",
        "not ASCII": "\xe9\xe9\xe9",
        "long": "x" * 6_000,
    }
    item = shop.item()
    basket = shop.basket(buyer, item)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/accounts/me", {}),
        ("GET", "/orders", {}),
        ("POST", "/addresses", {"json": ADDRESS}),
        ("POST", "/checkouts", {"json": basket.body(), "key": uuid.uuid4().hex}),
        ("GET", "/seller/sales", {}),
        ("GET", "/products", {}),
        ("POST", "/carts", {}),
    ]

    def attempt(kind: str, method: str, path: str, options: dict[str, Any]) -> str:
        headers = {"Authorization": b"Bearer " + tokens[kind].encode("latin-1")}
        answer = shop.anonymous.call(method, path, headers=headers, **options)
        wrong = refusal(answer, {401})
        if not wrong and "Bearer" not in answer.headers.get("WWW-Authenticate", ""):
            wrong = "has no WWW-Authenticate"
        return f"{method} {path} with a token {kind}: {wrong}" if wrong else ""

    with nothing_changes(shop):
        # One after the other: while keys are being fetched anew, nobody can say yet that a kid is unknown.
        check_all(attempt, [(kind, *each) for kind in tokens for each in asked], at_once=1)
    # The forge is good: what is not forged is let in, also a little too late and a little too early.
    changes: list[dict[str, Any]] = [{}, {"exp": now - 15}, {"iat": now + 15}]
    for claims in changes:
        headers = {"Authorization": f"Bearer {forge.sign(**claims)}"}
        shop.anonymous.check(shop.anonymous.call("GET", "/accounts/me", headers=headers), 200)


def test_services_check_tokens_themselves(shop: Shop) -> None:
    """Who goes past the aggregator meets the same refusals at each service."""
    buyer = shop.buyer()
    forge = Forge(shop, buyer)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    paths = {"inventory": "/carts", "orders": "/addresses", "payment": "/payments", "auth": "/accounts/me"}
    forged = [
        forge.sign(key=stranger),
        forge.hmac_signed(),
        forge.unsigned(),
        forge.sign(header={}),
        forge.sign(iss="x"),
    ]
    for service, path in paths.items():
        api = shop.api(service)
        method = "POST" if service == "inventory" else "GET"
        for token in forged:
            answer = api.call(method, path, headers={"Authorization": f"Bearer {token}"})
            assert refusal(answer, {401}) == "", service
        api.check(api.call(method, path, headers={"Authorization": f"Bearer {forge.sign()}"}), {200, 201})


def test_only_the_platform_may_reserve_order_charge_and_confirm(shop: Shop) -> None:
    ident = uuid.uuid4()
    operations = [
        ("inventory", "PUT", f"/reservations/{ident}"),
        ("inventory", "POST", f"/reservations/{ident}/release"),
        ("inventory", "POST", f"/reservations/{ident}/commit"),
        ("orders", "PUT", f"/orders/{ident}"),
        ("orders", "POST", f"/orders/{ident}/confirm"),
        ("orders", "POST", f"/orders/{ident}/reject"),
        ("payment", "PUT", f"/payments/{ident}"),
        ("payment", "POST", f"/payments/{ident}/cancel"),
        ("payment", "PUT", f"/refunds/{ident}"),
    ]
    people = (shop.buyer(), shop.seller())
    with nothing_changes(shop):
        for service, method, path in operations:
            shop.api(service).refused(method, path, 401, json={})
            for person in people:
                shop.api(service, login=person.login).refused(method, path, 403, json={})


def _with_claims(token: str, claims: dict[str, Any]) -> str:
    header, _claims, signature = token.split(".")
    return f"{header}.{_encoded(json.dumps(claims).encode()).decode()}.{signature}"


def send(target: Target, raw: str) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    return target.api.call(target.method, target.path, data=raw.encode(), headers=headers, key=str(uuid.uuid4()))


def check_all(attempt: Any, cases: list[Any], *, at_once: int = AT_ONCE) -> None:
    """Tries all, a few at a time, and fails with everything that is wrong."""
    with ThreadPoolExecutor(at_once) as pool:
        wrong = [said for said in pool.map(lambda case: attempt(*case), cases) if said]
    assert not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong[:40])
