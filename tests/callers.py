"""Every kind of caller that docs/permissions.md names, with what each sends to say who it is."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Collection
from typing import Any

import jwt
import requests
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.audit import Databases
from tests.sessions import BrowserSession
from tests.shop import Person, Shop

PEOPLE = ("unverified", "buyer", "other buyer", "seller", "other seller", "admin")
CLIENT = "walker"
CLIENT_SECRET = "a secret that only the service of this test knows"
USELESS = "nothing.at_all"


class Callers:
    """The people and services who call, each logged in once."""

    def __init__(self, shop: Shop, *, scopes: Collection[str]) -> None:
        self.shop = shop
        self.people: dict[str, Person] = {
            "unverified": shop.registered(verified=False),
            "buyer": shop.buyer(),
            "other buyer": shop.buyer(),
            "seller": shop.seller(0),
            "other seller": shop.seller(1),
            "admin": shop.admin(),
        }
        shop.platform.manage(
            *("auth", "create_service_account", "--client-id", CLIENT, "--scopes", USELESS),
            environment={"SERVICE_CLIENT_SECRET": CLIENT_SECRET},
        )
        accounts = "SELECT id FROM service_accounts_serviceaccount WHERE client_id = %s"
        self._account = Databases(shop).read("auth", accounts, CLIENT)[0]["id"]
        self._admin = BrowserSession(shop.platform.url("auth"))
        self._admin.log_in_to_admin(self.people["admin"])
        self.services = self._service_tokens(scopes)
        self.forged = forged_tokens(shop, admin=self.people["admin"], scopes=scopes)
        self.expired = self.forged.pop("expired")

    def tokens(self, column: str, scope: str) -> dict[str, str | None]:
        """What a caller of that column may send, each by a name that says what it is."""
        if column == "anonymous":
            return {column: None}
        if column in self.people:
            return {column: self.people[column].login.access()}
        if column in {"service", "other service"}:
            return {column: self.services[column, scope]}
        return {"expired": self.expired} if column == "expired" else dict(self.forged)

    def _service_tokens(self, scopes: Collection[str]) -> dict[tuple[str, str], str]:
        """Of services with a scope and no other, and with all but that; and, for no scope, with all and with none."""
        tokens = {("service", ""): self._service_token(scopes), ("other service", ""): self._service_token([USELESS])}
        for scope in scopes:
            tokens["service", scope] = self._service_token([scope])
            tokens["other service", scope] = self._service_token([each for each in scopes if each != scope])
        return tokens

    def _service_token(self, scopes: Collection[str]) -> str:
        """A token of a service with these scopes, which an admin gave it."""
        page = f"/admin/service_accounts/serviceaccount/{self._account}/change/"
        changed = self._admin.post(page, data={"scopes": ",".join(scopes), "is_active": "on"})
        assert changed.status_code == 302, changed.text[:2000]
        body = {"client_id": CLIENT, "client_secret": CLIENT_SECRET}
        issued = self.shop.api("auth").expect("POST", "/auth/service-token", 200, json=body)
        assert set(issued["scope"].split()) == set(scopes)
        return str(issued["access"])


def forged_tokens(shop: Shop, *, admin: Person, scopes: Collection[str]) -> dict[str, str]:
    """Tokens that nobody should believe, though they promise all that there is to promise; by what is wrong with them.

    Where only one thing is wrong the token is signed by the real key, read where it lies.
    """
    kid, private_key, public_pem = _signing_key(shop)
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": "mylittleshopping",
        "aud": "mylittleshopping",
        "sub": admin.id,
        "iat": now,
        "exp": now + 3600,
        "jti": uuid.uuid4().hex,
        "token_type": "access",
        "email": admin.email,
        "email_verified": True,
        "language": "en",
        "roles": ["buyer", "seller", "admin", "service"],
        "scopes": list(scopes),
    }

    def signed(key: Any = private_key, kid: str | None = kid, **changed: Any) -> str:
        payload = {name: value for name, value in (claims | changed).items() if value is not None}
        return jwt.encode(payload, key, algorithm="RS256", headers={"kid": kid} if kid else None)

    _check_that_all_else_is_right(shop, signed(roles=["buyer"], scopes=[]))
    other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "expired": signed(iat=now - 3600, exp=now - 60),
        "another key": signed(other_key),
        "another key by its own name": signed(other_key, kid="of-our-own"),
        "no key named": signed(kid=None),
        "changed after signing": _with_payload(signed(roles=["buyer"], scopes=[]), claims),
        "alg none": f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': kid})}.{_part(claims)}.",
        "HS256 with the public key": _hs256(claims, kid, public_pem),
        "another audience": signed(aud="another-shop"),
        "another issuer": signed(iss="another-shop"),
        "no expiry": signed(exp=None),
        "a refresh token's type": signed(token_type="refresh"),
        "a refresh token": admin.login.tokens["refresh"],
        "roles that are a text": signed(roles="admin"),
        "no token at all": "anything",
    }


def _check_that_all_else_is_right(shop: Shop, token: str) -> None:
    """A forgery that would be refused for another reason than its own proves nothing."""
    shop.anonymous.expect("GET", "/orders", 200, headers={"Authorization": f"Bearer {token}"})


def _signing_key(shop: Shop) -> tuple[str, Any, bytes]:
    (row,) = Databases(shop).read("auth", "SELECT kid, private_key FROM keys_signingkey WHERE state = 'signing'")
    service = next(service for service in shop.platform.services if service.name == "auth")
    sealed = Fernet(shop.platform.variables(service)["FIELD_ENCRYPTION_KEY"])
    private_key = serialization.load_pem_private_key(sealed.decrypt(row["private_key"].encode()), password=None)
    public_pem = private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    published = requests.get(f"{shop.platform.url('auth')}/.well-known/jwks.json", timeout=10).json()["keys"]
    assert row["kid"] in {key["kid"] for key in published}
    return row["kid"], private_key, public_pem


def _hs256(claims: dict[str, Any], kid: str, secret: bytes) -> str:
    """Made by hand: the library refuses to misuse a public key so."""
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{_part(claims)}"
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _with_payload(token: str, claims: dict[str, Any]) -> str:
    header, _payload, signature = token.split(".")
    return f"{header}.{_part(claims)}.{signature}"


def _part(content: dict[str, Any]) -> str:
    return _encoded(json.dumps(content).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
