"""Reads of accounts."""

import uuid

from django.db.models import QuerySet
from django.db.models.functions import Lower

from accounts.models import Account
from chassis.identity.models import Claims


def normalized_email(email: str) -> str:
    """Return an address as it is stored and compared: case counts in no mailbox that matters."""
    return email.strip().lower()


def accounts_with_email(email: str) -> QuerySet[Account]:
    """Return the account with an address, whatever its case: one row or none."""
    return Account.objects.alias(lower_email=Lower("email")).filter(lower_email=normalized_email(email))


def active_account(*, account_id: uuid.UUID) -> Account | None:
    return Account.objects.filter(pk=account_id, is_active=True).first()


def claims_of(account: Account) -> Claims:
    """Return what a token says of an account."""
    return Claims(
        account_id=account.pk,
        email=account.email,
        email_verified=account.email_verified_at is not None,
        language=account.language,
        roles=tuple(account.roles),
        scopes=(),
    )
