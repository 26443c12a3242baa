"""Accounts to test with, and a signing key that is made once: making one takes a moment."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import create_account
from chassis.identity.models import User
from keys.models import SigningKey
from keys.services import _new_key
from keys.signing import signer
from keys.states import KeyState
from logins.services import log_in
from tests.people import EMAIL, PASSWORD


@pytest.fixture(scope="session")
def _key_material() -> dict[str, Any]:
    key = _new_key(KeyState.SIGNING)
    return {"kid": key.kid, "public_jwk": key.public_jwk, "private_key": key.private_key}


@pytest.fixture(autouse=True)
def signing_key(
    db: None, settings: Settings, _trusted_test_key: None, _key_material: dict[str, Any]
) -> Iterator[SigningKey]:
    """The key that signs; beside what this service signs, the chassis's test tokens are trusted."""
    settings.KEY_SET_SOURCE = "tests.people.trusted_keys"
    signer.forget()
    yield SigningKey.objects.create(state=KeyState.SIGNING, **_key_material)
    signer.forget()


@pytest.fixture
def buyer() -> Account:
    """A verified buyer whose address is `EMAIL` and whose password is `PASSWORD`."""
    return make_account(EMAIL)


@pytest.fixture
def admin_client() -> APIClient:
    """A browser that an admin has signed in with."""
    admin = make_account("admin@example.com", roles=["admin"])
    user = User.objects.create(id=admin.pk, username=str(admin.pk), email=admin.email, roles=["admin"])
    client = APIClient()
    client.force_login(user, backend="logins.backends.OwnAccountBackend")
    return client


@pytest.fixture
def signed_in(buyer: Account) -> APIClient:
    """The buyer with an access token of this service's own."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {log_in(email=EMAIL, password=PASSWORD).access}")
    return client


def make_account(email: str, *, roles: list[str] | None = None, verified: bool = True, language: str = "en") -> Account:
    account = create_account(
        email=email, password=PASSWORD, full_name="Ada Lovelace", language=language, roles=roles or ["buyer"]
    )
    if verified:
        Account.objects.filter(pk=account.pk).update(email_verified_at=account.created_at)
        account.refresh_from_db()
    return account
