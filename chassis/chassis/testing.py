"""The pytest plugin of every service: development settings, and callers of every kind with real, signed tokens.

Loaded by `-p chassis.testing`, before Django's settings are read.
"""

import os

os.environ.setdefault("ENVIRONMENT", "development")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import io
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from babel.messages import extract, mofile, pofile
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings

if TYPE_CHECKING:
    # Importable only once pytest-django has configured Django, after this plugin is loaded.
    from rest_framework.test import APIClient

KEY_ID = "test-key"
_private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_public_jwk = {
    **jwt.algorithms.RSAAlgorithm.to_jwk(_private_key.public_key(), as_dict=True),
    "kid": KEY_ID,
    "alg": "RS256",
    "use": "sig",
}

TokenFactory = Callable[..., str]
ClientFactory = Callable[..., "APIClient"]


def published_keys() -> dict[str, Any]:
    """Stand in for the auth service's `/.well-known/jwks.json`."""
    return {"keys": [_public_jwk]}


def make_token(
    *,
    account: uuid.UUID | str | None = None,
    roles: Sequence[str] = ("buyer",),
    scopes: Sequence[str] = (),
    email: str = "someone@example.com",
    email_verified: bool = True,
    language: str = "en",
    key: Any = _private_key,
    kid: str | None = KEY_ID,
    algorithm: str = "RS256",
    expires_in: timedelta = timedelta(minutes=10),
    **claims: Any,
) -> str:
    """Sign an access token as the auth service would; every part can be made wrong on purpose."""
    now = datetime.now(UTC)
    payload = {
        "iss": "mylittleshopping",
        "aud": "mylittleshopping",
        "sub": str(account or uuid.uuid4()),
        "iat": now,
        "exp": now + expires_in,
        "jti": uuid.uuid4().hex,
        "token_type": "access",
        "email": email,
        "email_verified": email_verified,
        "language": language,
        "roles": list(roles),
        "scopes": list(scopes),
        **claims,
    }
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def translation_gaps(package: Path, *, language: str = "fr") -> list[str]:
    """Say what is wrong with the translations of the code and templates below `package`.

    Every message must be in `<package>/locale/<language>/LC_MESSAGES/django.po` (or in the chassis's, or be one of
    Django's or DRF's own), translated, with the placeholders of the original; each `.mo` must be its `.po`, compiled.
    A service's test is `assert translation_gaps(settings.BASE_DIR) == []`.
    """
    import chassis

    places = {folder / "locale" / language / "LC_MESSAGES" for folder in (package, Path(chassis.__file__).parent)}
    gaps: list[str] = []
    translated: dict[str, str] = {}
    for place in sorted(places):
        catalogue = pofile.read_po(io.BytesIO((place / "django.po").read_bytes()), locale=language)
        texts = {
            str(entry.id if isinstance(entry.id, str) else entry.id[0]): _joined(entry.string)
            for entry in catalogue
            if entry.id and not entry.fuzzy
        }
        with (place / "django.mo").open("rb") as file:
            compiled = {
                str(entry.id if isinstance(entry.id, str) else entry.id[0]): _joined(entry.string)
                for entry in mofile.read_mo(file)
                if entry.id
            }
        if compiled != {message: text for message, text in texts.items() if text}:
            gaps.append(f"{place / 'django.mo'} is not its .po, compiled")
        translated |= texts
    for message, where in sorted(_messages(package).items()):
        if message not in translated and _is_translated_by_django(message, language):
            continue
        if not translated.get(message):
            gaps.append(f"{where}: no {language} for {message!r}")
        elif set(_PLACEHOLDER.findall(message)) != set(_PLACEHOLDER.findall(translated[message])):
            gaps.append(f"{where}: other placeholders in the {language} for {message!r}")
    return gaps


_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
_KEYWORDS = {
    **extract.DEFAULT_KEYWORDS,
    **{f"{name}_lazy": keyword for name, keyword in extract.DEFAULT_KEYWORDS.items() if "gettext" in name},
}


def _is_translated_by_django(message: str, language: str) -> bool:
    from django.utils.translation import gettext, override

    with override(language):
        return gettext(message) != message


def _joined(text: str | Sequence[str] | None) -> str:
    """A translation as one text; with a plural, all its forms, or nothing if one is missing."""
    return text if isinstance(text, str) else " | ".join(text) if text and all(text) else ""


def _messages(package: Path) -> dict[str, str]:
    """Find the messages of the code and templates below `package`, each with a place where it stands."""
    from django.utils.translation.template import templatize

    found: dict[str, str] = {}
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package)
        if path.suffix not in {".py", ".html", ".txt"} or {"tests", "migrations"} & set(place.parts):
            continue
        if path.suffix != ".py" and "templates" not in place.parts:
            continue
        source = path.read_text()
        code = source if path.suffix == ".py" else templatize(source)
        for line, message, _comments, _context in extract.extract("python", io.BytesIO(code.encode()), _KEYWORDS):
            found.setdefault(str(message if isinstance(message, str) else message[0]), f"{place}:{line}")
    return found


@pytest.fixture
def token() -> TokenFactory:
    """A function that signs access tokens: `token(roles=["seller"])`."""
    return make_token


@pytest.fixture
def client_for() -> ClientFactory:
    """A function that gives an API client signed in as told: `client_for(account=…, roles=["buyer"])`."""

    from rest_framework.test import APIClient

    def make(**claims: Any) -> "APIClient":
        client = APIClient(raise_request_exception=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(**claims)}")
        return client

    return make


@pytest.fixture
def anonymous() -> "APIClient":
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture(autouse=True)
def _trusted_test_key(settings: Settings) -> Iterator[None]:
    """Let the service under test trust the key that signs the tests' tokens."""
    from chassis.identity.keys import _parse, key_ring
    from chassis.identity.tokens import verified_tokens

    settings.KEY_SET_SOURCE = "chassis.testing.published_keys"
    key_ring._keys, key_ring._loaded_at = _parse(published_keys()), time.monotonic()
    yield
    key_ring.forget()
    verified_tokens.forget()


@pytest.fixture(autouse=True)
def _answers_keep_the_contract(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Hold every answer of every test client against the service's committed spec."""
    from django.test.client import ClientHandler

    from chassis.testing_contract import Answer, contract_of

    if settings.SERVICE_NAME == "chassis":
        return  # its own tests' service has no spec
    contract = contract_of(Path(settings.BASE_DIR))
    handle = ClientHandler.__call__

    def checked(self: ClientHandler, environ: dict[str, Any]) -> Any:
        response: Any = handle(self, environ)
        contract.check(
            Answer(
                method=environ["REQUEST_METHOD"],
                path=response.wsgi_request.path,
                accept=environ.get("HTTP_ACCEPT", ""),
                status=response.status_code,
                headers={name.lower(): value for name, value in response.items()},
                body=b"" if response.streaming else response.content,
            )
        )
        return response

    monkeypatch.setattr(ClientHandler, "__call__", checked)


@pytest.fixture(autouse=True)
def _mails_in_memory(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def run_jobs(db: None) -> Callable[[], int]:
    """A function that runs all due jobs, as a worker would, and returns how many there were."""
    from chassis.jobs.worker import claim_due, run

    def run_all() -> int:
        count = 0
        while claims := claim_due(limit=10):
            for claim in claims:
                run(claim)
            count += len(claims)
        return count

    return run_all
