"""Writes of accounts: registration, verification of addresses, what admins change."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import is_password_usable, make_password
from django.db import transaction
from django.db.models.functions import Now
from django.utils.http import urlencode

from accounts.errors import AccountNotFoundError, AddressTakenError, InvalidTokenError, PasswordRequiredError
from accounts.models import Account, EmailVerification
from accounts.selectors import accounts_with_email, normalized_email
from chassis.identity.models import User
from chassis.ids import uuid7
from chassis.mail.delivery import queue_mail
from logins.models import RevocationReason
from logins.services import revoke_account_families

VERIFICATION_LIFE = timedelta(hours=48)


@transaction.atomic
def register(*, email: str, password: str, full_name: str, language: str) -> None:
    """Open a buyer's account and mail its verification link; where the address has an account, write to its owner.

    Both ways cost one password hash, and the caller cannot tell them apart. Of two registrations of one address at
    once, the constraint `account_email_once` lets one make the account; the other meets it.
    """
    new = Account(
        id=uuid7(),
        email=normalized_email(email),
        password=make_password(password),
        full_name=full_name,
        language=language,
    )
    Account.objects.bulk_create([new], ignore_conflicts=True)
    account = accounts_with_email(new.email).get()
    if account.pk == new.pk:
        send_verification(account=account)
    elif account.is_active:
        _tell_owner(account)


@transaction.atomic
def create_account(*, email: str, password: str, full_name: str, language: str, roles: Sequence[str]) -> Account:
    """Open an account on behalf of its owner, who is mailed a verification link."""
    account = Account.objects.create(
        email=normalized_email(email),
        password=make_password(password),
        full_name=full_name,
        language=language,
        roles=sorted(set(roles)),
    )
    send_verification(account=account)
    return account


@transaction.atomic
def send_verification(*, account: Account) -> None:
    """Mail a link that verifies the account's address for 48 hours; earlier links go on working.

    The mail does not repeat the account's name: before the address is verified, anybody may have chosen it, and would
    write to strangers through it.
    """
    queue_mail(
        template="verify_email",
        to=account.email,
        language=account.language,
        context={"link": _verification_link(account), "hours": _hours()},
    )


@transaction.atomic
def verify_email(*, token: str, password: str | None = None) -> None:
    """Note that the owner of an account reads its address; repeatable.

    An account that came back without its password, after a restore, takes this one; others keep theirs. Raises
    `InvalidTokenError`, and `PasswordRequiredError` where there is none to take.
    """
    row = EmailVerification.objects.filter(digest=_digest(token)).select_for_update().first()
    if row is None:
        raise InvalidTokenError()
    if row.used_at is not None:
        return
    if not EmailVerification.objects.filter(pk=row.pk, expires_at__gt=Now()).update(used_at=Now()):
        raise InvalidTokenError()
    account = _locked(row.account_id)
    if not is_password_usable(account.password):
        if password is None:
            raise PasswordRequiredError()
        Account.objects.filter(pk=account.pk).update(password=make_password(password))
    Account.objects.filter(pk=row.account_id, email_verified_at=None).update(email_verified_at=Now())
    _refresh_shadow(row.account_id)


@transaction.atomic
def restore_account(*, account_id: uuid.UUID, email: str, full_name: str, language: str) -> tuple[Account, bool]:
    """Bring back a buyer's account that others remember and this database forgot; return it and whether it had.

    Nobody else knows its password: its owner is mailed a link, and chooses one with it. An account that is here and
    forgot that its address was verified is told so: who has bought had verified it.

    Raises `AddressTakenError` when another account has the address.
    """
    email = normalized_email(email)
    new = Account(id=account_id, email=email, password=make_password(None), full_name=full_name, language=language)
    known = Account.objects.filter(pk=account_id).exists()
    if not known:
        Account.objects.bulk_create([new], ignore_conflicts=True)
    account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise AddressTakenError()
    if account.password == new.password:
        queue_mail(
            template="account_restored",
            to=account.email,
            language=account.language,
            context={"link": _verification_link(account), "hours": _hours()},
        )
    elif account.email == email and is_password_usable(account.password):
        Account.objects.filter(pk=account_id, email_verified_at=None).update(email_verified_at=Now())
        _refresh_shadow(account_id)
    return Account.objects.get(pk=account_id), account.password == new.password


@transaction.atomic
def update_account(*, account_id: uuid.UUID, full_name: str, language: str, roles: Sequence[str]) -> Account:
    """Change what an admin may change. Tokens say so within ten minutes, this service's sessions at once."""
    account = _locked(account_id)
    account.full_name, account.language, account.roles = full_name, language, sorted(set(roles))
    account.save(update_fields=["full_name", "language", "roles"])
    _refresh_shadow(account_id)
    return account


@transaction.atomic
def deactivate(*, account_id: uuid.UUID) -> None:
    """Shut an account out: no login, no refresh, no session here; access tokens die within ten minutes."""
    _locked(account_id)
    Account.objects.filter(pk=account_id).update(is_active=False)
    User.objects.filter(pk=account_id).update(is_active=False)
    revoke_account_families(account_id=account_id, reason=RevocationReason.DEACTIVATION)


@transaction.atomic
def activate(*, account_id: uuid.UUID) -> None:
    """Let an account in again; its owner logs in anew."""
    _locked(account_id)
    Account.objects.filter(pk=account_id).update(is_active=True)
    User.objects.filter(pk=account_id).update(is_active=True)


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo data, which other services' demo data names by its id."""

    id: uuid.UUID
    email: str
    password: str
    full_name: str
    language: str
    roles: tuple[str, ...]


@transaction.atomic
def load_demo_accounts(*, accounts: Sequence[DemoAccount]) -> int:
    """Add the verified accounts that are missing, and return how many; those that exist stay as they are."""
    known = set(Account.objects.filter(pk__in=[one.id for one in accounts]).values_list("pk", flat=True))
    missing = [one for one in accounts if one.id not in known]
    # They share a password or two; hashing it for each would take most of the time.
    hashes = {password: make_password(password) for password in {one.password for one in missing}}
    Account.objects.bulk_create(
        Account(
            id=one.id,
            email=normalized_email(one.email),
            password=hashes[one.password],
            full_name=one.full_name,
            language=one.language,
            roles=sorted(set(one.roles)),
            email_verified_at=Now(),
        )
        for one in missing
    )
    return len(missing)


def _locked(account_id: uuid.UUID) -> Account:
    # Weaker than FOR UPDATE: rows that merely refer to the account need not wait.
    account = Account.objects.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise AccountNotFoundError()
    return account


def _tell_owner(account: Account) -> None:
    """Write that somebody registered again; an address that was never verified gets another chance with it."""
    unverified = account.email_verified_at is None
    queue_mail(
        template="already_registered",
        to=account.email,
        language=account.language,
        context={
            "link": _verification_link(account) if unverified else "",
            "hours": _hours(),
            "login": f"{settings.FRONTEND_URL}/login",
        },
    )


def _verification_link(account: Account) -> str:
    token = secrets.token_urlsafe(32)
    EmailVerification.objects.create(account=account, digest=_digest(token), expires_at=Now() + VERIFICATION_LIFE)
    return f"{settings.FRONTEND_URL}/verify?{urlencode({'token': token})}"


def _digest(token: str) -> str:
    """The tokens are random and long: a plain digest tells nothing of them."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _hours() -> int:
    return int(VERIFICATION_LIFE.total_seconds() // 3600)


def _refresh_shadow(account_id: uuid.UUID) -> None:
    """Let sessions of this service's admin and browsable API know the account as it is now."""
    account = Account.objects.get(pk=account_id)
    User.objects.filter(pk=account_id).update(
        email=account.email,
        email_verified=account.email_verified_at is not None,
        language=account.language,
        roles=account.roles,
    )
