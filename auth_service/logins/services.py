"""Login, refresh and log-out."""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Account
from accounts.selectors import accounts_with_email, claims_of
from chassis.hot_reads import Rows, given, hot_read
from chassis.identity.models import Claims
from chassis.ids import uuid7
from chassis.statements import NOW, Statement, field_of
from keys.lifetimes import ACCOUNT_TOKEN
from keys.signing import issue_token
from logins.errors import InvalidCredentialsError, InvalidRefreshTokenError
from logins.models import FAMILY_LIFE, RefreshFamily, RefreshToken, RevocationReason
from logins.selectors import open_families

EXPIRY = NOW + FAMILY_LIFE

BATCH = 1000

LOST_ANSWER_GRACE = timedelta(seconds=10)
"""How long a refresh may be repeated without an Idempotency-Key, by a caller whose answer was lost."""


@dataclass(frozen=True)
class IssuedTokens:
    """What a person signs requests with: `access` for `expires_in` seconds, then `refresh`, once, for new ones."""

    access: str
    refresh: str
    expires_in: int


def check_credentials(*, email: str, password: str) -> Account:
    """Return the active account with this address and password. Raises `InvalidCredentialsError`.

    All ways to a refusal cost one password hash, so that its time does not tell whether the account exists.
    """
    account = accounts_with_email(email).first()
    if account is None:
        make_password(password)
        raise InvalidCredentialsError()

    def keep_new_hash(raw_password: str) -> None:
        # Only over the hash that was just checked: the password may have been changed meanwhile.
        Account.objects.filter(pk=account.pk, password=account.password).update(password=make_password(raw_password))

    if not check_password(password, account.password, keep_new_hash) or not account.is_active:
        raise InvalidCredentialsError()
    return account


def log_in(*, email: str, password: str) -> IssuedTokens:
    """Open a refresh family for whoever knows the password. Raises `InvalidCredentialsError`."""
    account = check_credentials(email=email, password=password)
    return _issued(claims_of(account), _open_family(account.pk))


def refresh(*, token: str, idempotency_key: str | None) -> IssuedTokens:
    """Use a refresh token for its successor and a new access token. Raises `InvalidRefreshTokenError`.

    Whoever presents a token that was used already has a copy: the family is revoked. Unless the answer may have been
    lost: as long as the successor has not been used, it is given again to whoever repeats the Idempotency-Key of the
    use, or comes within ten seconds of it. A repetition of that key after the successor was used is merely late: it
    is refused, and changes nothing.
    """
    rotation = _rotate(token, idempotency_key or "")
    if rotation is None:
        raise InvalidRefreshTokenError()
    claims, successor = rotation
    return _issued(claims, successor)


@transaction.atomic
def revoke(*, token: str) -> None:
    """Log out: end the family of a refresh token, used or not. Nothing happens to an unknown one."""
    family = _locked_family_of(token)
    if family is not None:
        _revoke(family, RevocationReason.LOGOUT)


@transaction.atomic
def revoke_family(*, family_id: uuid.UUID, reason: RevocationReason) -> None:
    """End a login on one device; one that has ended stays as it is."""
    for family in RefreshFamily.objects.filter(pk=family_id).select_for_update():
        _revoke(family, reason)


@transaction.atomic
def revoke_account_families(*, account_id: uuid.UUID, reason: RevocationReason) -> None:
    """End all logins of an account."""
    open_families = RefreshFamily.objects.filter(account_id=account_id, revoked_at=None).order_by("pk")
    for family in open_families.select_for_update():
        _revoke(family, reason)


def revoke_families_of_the_past(*, opened_before: datetime) -> int:
    """End all logins that were opened before a restore's recovery point; return how many.

    The database forgot which of them have ended since, and who has used a token of theirs twice.
    """
    revoked = 0
    while batch := _revoke_batch(opened_before):
        revoked += batch
    return revoked


@transaction.atomic
def _revoke_batch(opened_before: datetime) -> int:
    families = open_families(opened_before=opened_before).order_by("pk").select_for_update()
    ids = list(families.values_list("pk", flat=True)[:BATCH])
    RefreshFamily.objects.filter(pk__in=ids).update(revoked_at=Now(), revocation_reason=RevocationReason.RESTORE)
    return len(ids)


@transaction.atomic
def _open_family(account_id: uuid.UUID) -> str:
    # Locked against a deactivation at the same moment, which would miss the new family.
    if not Account.objects.select_for_update(no_key=True).filter(pk=account_id, is_active=True).exists():
        raise InvalidCredentialsError()
    family = RefreshFamily.objects.create(account_id=account_id, expires_at=EXPIRY)
    token = secrets.token_urlsafe(32)
    RefreshToken.objects.create(family_id=family.pk, digest=_digest(token))
    return token


def _rotate(token: str, key: str) -> tuple[Claims, str] | None:
    """Return whose token it is, and the successor; None for a refusal, which may have revoked the family."""
    rows = _tokens(digest=given(_digest(token), field_of(RefreshToken, "digest")))
    if not rows or not (rows[0]["is_active"] and rows[0]["is_open"]):
        return None
    row = rows[0]
    successor = _successor_of(token)
    # Whoever changes the row uses the token; who comes second, or later, is looked at closely.
    if not _use(row["id"], key=key, successor=successor):
        return _used_before(token, key)
    claims = Claims(
        account_id=uuid.UUID(row["account_id"]),
        email=row["email"],
        email_verified=row["verified_at"] is not None,
        language=row["language"],
        roles=tuple(row["roles"]),
        scopes=(),
    )
    return claims, successor


_USE = Statement(
    """
    WITH used AS (
        UPDATE logins_refreshtoken SET used_at = statement_timestamp(), used_key = %s
         WHERE id = %s AND used_at IS NULL RETURNING id, family_id
    ), moved_on AS (
        UPDATE logins_refreshfamily SET refreshed_at = statement_timestamp(), expires_at = statement_timestamp() + %s
          FROM used WHERE logins_refreshfamily.id = used.family_id AND revoked_at IS NULL RETURNING used.id, family_id
    )
    INSERT INTO logins_refreshtoken (id, family_id, predecessor_id, digest, used_key)
    SELECT %s, family_id, id, %s, '' FROM moved_on
    """,
    ("key", "token", "life", "successor", "digest"),
)
"""Three writes in one statement: the most frequent write of all costs one round trip, and is all or nothing without a
transaction around it. In a family that ends within this moment the token is used, and has no successor.
"""


def _use(ident: str, *, key: str, successor: str) -> bool:
    """Mark the token as used, move its family on, and add the successor; False when another use came first."""
    values = {
        "key": key,
        "token": uuid.UUID(ident),
        "life": FAMILY_LIFE,
        "successor": uuid7(),
        "digest": _digest(successor),
    }
    with connection.cursor() as cursor:
        _USE.execute(cursor, values)
        return bool(cursor.rowcount)


@hot_read()
def _tokens(*, digest: Any) -> Rows:
    """A token with what its family and account are now."""
    is_open = ExpressionWrapper(Q(family__revoked_at=None, family__expires_at__gt=Now()), output_field=BooleanField())
    rows: Rows = RefreshToken.objects.filter(digest=digest).values(
        *("id", "family_id"),
        is_open=is_open,
        account_id=F("family__account"),
        is_active=F("family__account__is_active"),
        email=F("family__account__email"),
        verified_at=F("family__account__email_verified_at"),
        language=F("family__account__language"),
        roles=F("family__account__roles"),
    )
    return rows


@transaction.atomic
def _used_before(token: str, key: str) -> tuple[Claims, str] | None:
    """Give the same successor again to whom the answer may have been lost; else revoke the family, and refuse."""
    row = _locked_token(token)
    if row is None or not row.family.account.is_active or not row.family_is_open:
        return None
    successor = _successor_of(token)
    next_row = RefreshToken.objects.filter(predecessor_id=row.pk).first()
    same_request = bool(key) and constant_time_compare(key, row.used_key)
    unused = next_row is not None and next_row.used_at is None and next_row.digest == _digest(successor)
    if unused and (same_request or row.just_used):
        return claims_of(row.family.account), successor
    if not same_request:
        _revoke(row.family, RevocationReason.REUSE)
    return None


def _locked_token(token: str) -> Any:
    """Lock a token and its family, and tell how both stand now.

    In one statement: PostgreSQL reads again what it had to wait for, and with it what is computed from it.
    """
    open_family = Q(family__revoked_at=None, family__expires_at__gt=Now())
    rows = RefreshToken.objects.select_related("family__account").annotate(
        family_is_open=ExpressionWrapper(open_family, output_field=BooleanField()),
        just_used=ExpressionWrapper(Q(used_at__gt=Now() - LOST_ANSWER_GRACE), output_field=BooleanField()),
    )
    return rows.filter(digest=_digest(token)).select_for_update(of=("self", "family")).first()


def _locked_family_of(token: str) -> RefreshFamily | None:
    """Lock a token's family: refreshes, log-outs and revocations of one family go one after the other."""
    families = RefreshFamily.objects.select_related("account").filter(tokens__digest=_digest(token))
    return families.select_for_update(of=("self",)).first()


def _revoke(family: RefreshFamily, reason: RevocationReason) -> None:
    RefreshFamily.objects.filter(pk=family.pk, revoked_at=None).update(revoked_at=Now(), revocation_reason=reason)


def _issued(claims: Claims, refresh_token: str) -> IssuedTokens:
    return IssuedTokens(
        access=issue_token(claims=claims, lifetime=ACCOUNT_TOKEN),
        refresh=refresh_token,
        expires_in=int(ACCOUNT_TOKEN.total_seconds()),
    )


def _successor_of(token: str) -> str:
    """Derive the token that follows, by a key of this service.

    Derived, not drawn: the same successor can be given again although only its digest is kept, and no earlier token
    tells a thief the later ones.
    """
    digest = salted_hmac("logins.refresh_successor", token, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(token: str) -> str:
    """The tokens are random and long: a plain digest tells nothing of them."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
