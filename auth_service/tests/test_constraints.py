"""What the database refuses, whatever Python thought."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now

from accounts.models import Account, EmailVerification
from accounts.services import send_verification
from logins.models import RefreshFamily, RefreshToken
from logins.services import log_in, refresh
from tests.conftest import make_account
from tests.people import EMAIL, PASSWORD


def refuses(constraint: str, rows: models.QuerySet[Any], **change: Any) -> bool:
    before = list(rows.values())
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        rows.update(**change)
    return list(rows.values()) == before


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"email": "Other@EXAMPLE.com"}, "account_email_once"),
        ({"roles": ["buyer", "superuser"]}, "account_roles_known"),
        ({"roles": []}, "account_roles_known"),
        ({"language": "de"}, "account_language_known"),
        ({"full_name": ""}, "account_has_a_name"),
        ({"password": ""}, "account_has_a_password"),
    ],
    ids=str,
)
def test_accounts(buyer: Account, change: dict[str, object], constraint: str) -> None:
    make_account("other@example.com")
    assert refuses(constraint, Account.objects.filter(pk=buyer.pk), **change)


def test_verification_tokens_are_unique(buyer: Account) -> None:
    send_verification(account=buyer)
    first, second = EmailVerification.objects.order_by("pk")
    assert refuses(
        "email_verification_digest_once", EmailVerification.objects.filter(pk=first.pk), digest=second.digest
    )


@pytest.mark.parametrize(
    "change",
    [{"revocation_reason": "logout"}, {"revoked_at": Now()}, {"revoked_at": Now(), "revocation_reason": "x"}],
    ids=["a reason", "no reason", "an unknown reason"],
)
def test_a_family_is_revoked_for_a_reason(buyer: Account, change: dict[str, object]) -> None:
    log_in(email=EMAIL, password=PASSWORD)
    assert refuses("refresh_family_revoked_for_a_reason", RefreshFamily.objects.all(), **change)


def test_a_family_has_one_unused_token_and_each_token_one_successor(buyer: Account) -> None:
    refresh(token=log_in(email=EMAIL, password=PASSWORD).refresh, idempotency_key=str(uuid.uuid4()))
    used, unused = RefreshToken.objects.order_by("created_at", "pk")
    one = RefreshToken.objects.filter(pk=used.pk)
    assert refuses("refresh_token_one_unused_per_family", one, used_at=None, used_key="")
    assert refuses("refresh_token_digest_once", one, digest=unused.digest)
    assert refuses("refresh_token_key_of_its_use", RefreshToken.objects.filter(pk=unused.pk), used_key="k")
    with pytest.raises(IntegrityError, match="refresh_token_one_successor"), transaction.atomic():
        RefreshToken.objects.create(family=used.family, predecessor=used, digest="d", used_at=Now())
    assert RefreshToken.objects.count() == 2
