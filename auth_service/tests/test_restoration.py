"""What others remember of accounts comes back after a restore, and what a restore brought back ends."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account
from chassis.jobs.models import Job
from chassis.testing import ClientFactory
from logins.errors import InvalidRefreshTokenError
from logins.models import RefreshFamily
from logins.services import log_in, refresh
from tests.conftest import make_account
from tests.people import EMAIL, PASSWORD
from tests.test_registration import mailed_token

URL = "/api/v1/reconcile/accounts"
LOGINS = "/api/v1/reconcile/logins"
NEW_PASSWORD = "analytical engine no. 1"
BODY = {"email": EMAIL, "full_name": "Ada Lovelace", "language": "fr"}

RunJobs = Callable[[], int]


@pytest.fixture
def reconciler(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["reconcile.write", "audit.read"])


def restore(reconciler: APIClient, ident: uuid.UUID, **changes: str) -> Any:
    return reconciler.put(f"{URL}/{ident}", {**BODY, **changes})


def test_a_forgotten_account_comes_back_without_a_password_and_its_owner_chooses_one(
    reconciler: APIClient, anonymous: APIClient, run_jobs: RunJobs
) -> None:
    ident = uuid.uuid4()
    assert restore(reconciler, ident).status_code == 201
    assert restore(reconciler, ident).status_code == 200
    account = Account.objects.get()
    assert (account.pk, account.email, account.roles, account.email_verified_at) == (ident, EMAIL, ["buyer"], None)
    (shown,) = reconciler.get(f"/api/v1/audit/accounts?id={ident}").json()["results"]
    assert (shown["email_verified"], shown["awaits_password"]) == (False, True)
    assert run_jobs() == 1
    assert (mail.outbox[0].to, mail.outbox[0].subject) == ([EMAIL], "Choisissez un nouveau mot de passe")
    token = mailed_token(str(mail.outbox[0].body))
    verify = "/api/v1/accounts/verify"
    assert anonymous.post(verify, {"token": token}).json()["code"] == "password_required"
    assert anonymous.post(verify, {"token": token, "password": "short"}).status_code == 400
    assert anonymous.post(verify, {"token": token, "password": NEW_PASSWORD}).status_code == 204
    # Once chosen it is no longer taken from whoever has the link.
    assert anonymous.post(verify, {"token": token, "password": "another engine no. 3"}).status_code == 204
    assert log_in(email=EMAIL, password=NEW_PASSWORD).access
    (shown,) = reconciler.get(f"/api/v1/audit/accounts?id={ident}").json()["results"]
    assert (shown["email_verified"], shown["awaits_password"]) == (True, False)


def test_nobody_signs_in_to_it_before(reconciler: APIClient, anonymous: APIClient) -> None:
    restore(reconciler, uuid.uuid4())
    for password in ("", "!", PASSWORD):
        answer = anonymous.post("/api/v1/auth/token", {"email": EMAIL, "password": password or " "})
        assert answer.status_code == 401


def test_registering_again_sets_no_password_and_mails_another_link(
    reconciler: APIClient, anonymous: APIClient, run_jobs: RunJobs
) -> None:
    restore(reconciler, uuid.uuid4())
    run_jobs()
    anonymous.post("/api/v1/accounts", {"email": EMAIL, "password": "of a stranger no. 9", "full_name": "Eve"})
    run_jobs()
    token = mailed_token(str(mail.outbox[-1].body))
    answer = anonymous.post("/api/v1/auth/token", {"email": EMAIL, "password": "of a stranger no. 9"})
    assert answer.status_code == 401
    assert anonymous.post("/api/v1/accounts/verify", {"token": token, "password": NEW_PASSWORD}).status_code == 204
    assert log_in(email=EMAIL, password=NEW_PASSWORD).access


def test_an_expired_link_sets_no_password(reconciler: APIClient, anonymous: APIClient, run_jobs: RunJobs) -> None:
    restore(reconciler, uuid.uuid4())
    run_jobs()
    Account.objects.get().verifications.update(expires_at=Now() - timedelta(seconds=1))
    sent = {"token": mailed_token(str(mail.outbox[0].body)), "password": NEW_PASSWORD}
    assert anonymous.post("/api/v1/accounts/verify", sent).json()["code"] == "invalid_token"
    assert Account.objects.get().password.startswith("!")


def test_who_had_verified_their_address_before_has_verified_it(reconciler: APIClient) -> None:
    account = make_account(EMAIL, verified=False)
    password = account.password
    restore(reconciler, account.pk, email=account.email)
    account.refresh_from_db()
    assert account.email_verified_at is not None
    assert (account.password, Job.objects.count()) == (password, 1)  # the mail of its registration


def test_an_address_is_verified_by_its_own_memory_alone(reconciler: APIClient) -> None:
    account = make_account(EMAIL, verified=False)
    restore(reconciler, account.pk, email="another@example.com")
    account.refresh_from_db()
    assert account.email_verified_at is None


def test_an_address_of_another_account_is_left_to_it(reconciler: APIClient, buyer: Account) -> None:
    answer = restore(reconciler, uuid.uuid4(), email=buyer.email.upper())
    assert (answer.status_code, answer.json()["code"]) == (409, "address_taken")
    assert Account.objects.get() == buyer


def test_accounts_with_a_password_keep_it_when_they_verify(anonymous: APIClient, run_jobs: RunJobs) -> None:
    anonymous.post("/api/v1/accounts", {"email": EMAIL, "password": PASSWORD, "full_name": "Ada Lovelace"})
    run_jobs()
    sent = {"token": mailed_token(str(mail.outbox[0].body)), "password": NEW_PASSWORD}
    assert anonymous.post("/api/v1/accounts/verify", sent).status_code == 204
    assert log_in(email=EMAIL, password=PASSWORD).access


def test_logins_of_before_the_restore_end_and_those_since_stay(reconciler: APIClient, buyer: Account) -> None:
    before = log_in(email=EMAIL, password=PASSWORD)
    RefreshFamily.objects.update(created_at=Now() - timedelta(hours=1))
    since = log_in(email=EMAIL, password=PASSWORD)
    moment = (timezone.now() - timedelta(minutes=30)).isoformat()
    assert reconciler.get(LOGINS, {"opened_before": moment}).json() == {"open": 1}
    for _time in range(2):
        assert reconciler.post(LOGINS, {"opened_before": moment}).json() == {"open": 0}
    assert refresh(token=since.refresh, idempotency_key=None).access
    assert set(RefreshFamily.objects.values_list("revocation_reason", flat=True)) == {"", "restore"}
    with pytest.raises(InvalidRefreshTokenError):
        refresh(token=before.refresh, idempotency_key=None)
