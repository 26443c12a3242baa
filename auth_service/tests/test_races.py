"""What two callers do at the same moment, on connections of their own."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.models import Account
from accounts.services import deactivate
from chassis.jobs.models import Job
from keys.models import SigningKey
from keys.services import ensure_signing_key, publish_next_key
from keys.signing import signer
from logins.errors import InvalidCredentialsError, InvalidRefreshTokenError
from logins.models import RefreshFamily, RefreshToken
from logins.services import log_in, refresh, revoke
from tests.people import EMAIL, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; return their answers, or what they raised."""
    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(position: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            answers[position] = call()
        except Exception as exc:  # noqa: BLE001 - the test looks at it
            answers[position] = exc
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return answers


def while_open(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Run `second` while the transaction of `first` has done its work but has not committed; return both answers."""
    done = threading.Event()

    def held() -> Any:
        with transaction.atomic():
            answer = first()
            done.set()
            # Long enough for the second to meet what the first has locked.
            time.sleep(0.4)
        return answer

    def later() -> Any:
        done.wait(timeout=10)
        return second()

    return at_once(held, later)


def test_registrations_of_one_address_make_one_account_and_answer_alike() -> None:
    def register(number: int) -> Any:
        body = {"email": EMAIL if number % 2 else EMAIL.upper(), "password": PASSWORD, "full_name": "Ada"}
        return APIClient().post("/api/v1/accounts", body)

    answers = at_once(*[lambda number=number: register(number) for number in range(6)])
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"email": EMAIL})] * 6
    assert Account.objects.count() == 1
    subjects = sorted(job.arguments["subject"] for job in Job.objects.all())
    assert subjects == ["Please confirm your e-mail address", *["You already have an account"] * 5]


def test_refreshes_of_one_token_rotate_once_and_give_the_same_successor(buyer: Account) -> None:
    token = log_in(email=EMAIL, password=PASSWORD).refresh
    answers = at_once(*[lambda: APIClient().post("/api/v1/auth/token/refresh", {"refresh": token})] * 6)
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert RefreshToken.objects.count() == 2
    assert RefreshFamily.objects.get().revoked_at is None


def test_a_refresh_waits_for_the_one_before_it(buyer: Account) -> None:
    token = log_in(email=EMAIL, password=PASSWORD).refresh
    first, second = while_open(*[lambda: refresh(token=token, idempotency_key=None)] * 2)
    assert first.refresh == second.refresh
    assert RefreshToken.objects.count() == 2


def test_a_login_during_a_deactivation_is_refused(buyer: Account) -> None:
    _none, answer = while_open(lambda: deactivate(account_id=buyer.pk), lambda: log_in(email=EMAIL, password=PASSWORD))
    assert isinstance(answer, InvalidCredentialsError)
    assert RefreshFamily.objects.count() == 0


def test_a_deactivation_during_a_login_ends_it(buyer: Account) -> None:
    while_open(lambda: log_in(email=EMAIL, password=PASSWORD), lambda: deactivate(account_id=buyer.pk))
    assert RefreshFamily.objects.get().revocation_reason == "deactivation"


def test_a_deactivation_during_a_refresh_ends_it(buyer: Account) -> None:
    token = log_in(email=EMAIL, password=PASSWORD).refresh
    answer, _none = while_open(
        lambda: refresh(token=token, idempotency_key=None), lambda: deactivate(account_id=buyer.pk)
    )
    with pytest.raises(InvalidRefreshTokenError):
        refresh(token=answer.refresh, idempotency_key=None)
    assert RefreshFamily.objects.get().revocation_reason == "deactivation"


def test_a_log_out_during_a_refresh_ends_it(buyer: Account) -> None:
    token = log_in(email=EMAIL, password=PASSWORD).refresh
    answer, _none = while_open(lambda: refresh(token=token, idempotency_key=None), lambda: revoke(token=token))
    with pytest.raises(InvalidRefreshTokenError):
        refresh(token=answer.refresh, idempotency_key=None)
    assert RefreshFamily.objects.get().revocation_reason == "logout"


def test_processes_that_find_no_key_make_one() -> None:
    SigningKey.objects.all().delete()
    signer.forget()
    keys = at_once(*[ensure_signing_key] * 4)
    assert len({key.kid for key in keys}) == 1
    assert SigningKey.objects.count() == 1


def test_rotations_begun_at_once_are_one_rotation() -> None:
    keys = at_once(*[publish_next_key] * 3)
    assert len({key.kid for key in keys}) == 1
    assert SigningKey.objects.count() == 2
