"""Opening an account, and verifying its address."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import Account, EmailVerification
from chassis.jobs.models import Job
from tests.conftest import make_account
from tests.people import EMAIL, PASSWORD

URL = "/api/v1/accounts"
BODY = {"email": EMAIL, "password": PASSWORD, "full_name": "Ada Lovelace"}

RunJobs = Callable[[], int]


def mailed_token(message: str) -> str:
    found = re.search(r"/verify\?token=([\w-]+)", message)
    assert found, message
    return found[1]


def test_registering_makes_an_unverified_buyer_and_mails_a_link(anonymous: APIClient, run_jobs: RunJobs) -> None:
    answer = anonymous.post(URL, BODY)
    assert (answer.status_code, answer.json()) == (201, {"email": EMAIL})
    account = Account.objects.get()
    assert (account.email, account.full_name, account.language) == (EMAIL, "Ada Lovelace", "en")
    assert (account.roles, account.email_verified_at, account.is_active) == (["buyer"], None, True)
    assert account.password.startswith("argon2$argon2id$")
    assert run_jobs() == 1
    assert (mail.outbox[0].to, mail.outbox[0].subject) == ([EMAIL], "Please confirm your e-mail address")
    token = mailed_token(str(mail.outbox[0].body))
    assert not EmailVerification.objects.filter(digest=token).exists()

    assert anonymous.post(f"{URL}/verify", {"token": token}).status_code == 204
    account.refresh_from_db()
    verified_at = account.email_verified_at
    assert verified_at is not None
    assert anonymous.post(f"{URL}/verify", {"token": token}).status_code == 204
    account.refresh_from_db()
    assert account.email_verified_at == verified_at


@pytest.mark.parametrize(
    ("headers", "body", "language"),
    [
        ({"Accept-Language": "fr-FR,fr;q=0.9"}, {}, "fr"),
        ({"Accept-Language": "de"}, {}, "en"),
        ({"Accept-Language": "fr"}, {"language": "en"}, "en"),
        ({}, {"language": "fr"}, "fr"),
    ],
)
def test_the_language_is_the_one_given_or_asked_for(
    anonymous: APIClient, run_jobs: RunJobs, headers: dict[str, str], body: dict[str, str], language: str
) -> None:
    assert anonymous.post(URL, BODY | body, headers=headers).status_code == 201
    assert Account.objects.get().language == language
    run_jobs()
    subjects = {"en": "Please confirm your e-mail address", "fr": "Merci de confirmer votre adresse e-mail"}
    assert mail.outbox[0].subject == subjects[language]


@pytest.mark.parametrize("email", [EMAIL, "ADA@Example.COM", "  ada@example.com "])
def test_registering_again_answers_the_same_and_tells_the_owner(
    anonymous: APIClient, run_jobs: RunJobs, buyer: Account, email: str
) -> None:
    run_jobs()
    mail.outbox.clear()
    answer = anonymous.post(URL, {**BODY, "email": email, "full_name": "Someone Else", "password": "another long one"})
    assert (answer.status_code, answer.json()) == (201, {"email": EMAIL})
    kept = Account.objects.get()
    assert (kept.pk, kept.full_name, kept.password) == (buyer.pk, "Ada Lovelace", buyer.password)
    assert run_jobs() == 1
    assert mail.outbox[0].subject == "You already have an account"
    assert "verify?token" not in str(mail.outbox[0].body)


def test_registering_again_before_verifying_mails_another_link(anonymous: APIClient, run_jobs: RunJobs) -> None:
    anonymous.post(URL, BODY)
    anonymous.post(URL, BODY)
    run_jobs()
    assert [message.subject for message in mail.outbox] == [
        "Please confirm your e-mail address",
        "You already have an account",
    ]
    token = mailed_token(str(mail.outbox[1].body))
    assert anonymous.post(f"{URL}/verify", {"token": token}).status_code == 204
    assert Account.objects.get().email_verified_at is not None


def test_a_mail_does_not_carry_words_of_whoever_registered(anonymous: APIClient, run_jobs: RunJobs) -> None:
    anonymous.post(URL, {**BODY, "full_name": "Win at evil.example"})
    run_jobs()
    assert "evil" not in str(mail.outbox[0].body)


def test_a_repeated_key_registers_and_mails_once(anonymous: APIClient, run_jobs: RunJobs) -> None:
    headers = {"Idempotency-Key": "6b0c2b52-0f0b-4a51-9d2b-3f8f1f1d0c11"}
    first, second = (anonymous.post(URL, BODY, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert run_jobs() == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"email": None}, "email", "null"),
        ({"email": "no address"}, "email", "invalid"),
        ({"email": "ada@" + "x" * 260 + ".com"}, "email", "max_length"),
        ({"email": ["a@example.com"]}, "email", "invalid"),
        ({"email": "a\x00@example.com"}, "email", "null_characters_not_allowed"),
        ({"password": "short"}, "password", "password_too_short"),
        ({"password": "password1234"}, "password", "password_too_common"),
        ({"password": "ada@example.com"}, "password", "password_too_similar"),
        ({"password": "Ada Lovelace!"}, "password", "password_too_similar"),
        ({"password": "x" * 129}, "password", "max_length"),
        ({"password": {"a": 1}}, "password", "invalid"),
        ({"full_name": ""}, "full_name", "blank"),
        ({"full_name": "x" * 151}, "full_name", "max_length"),
        ({"full_name": "a\r\nBcc: b"}, "full_name", "invalid"),
        ({"full_name": True}, "full_name", "invalid"),
        ({"language": "de"}, "language", "invalid_choice"),
        ({"language": 7}, "language", "invalid_choice"),
    ],
    ids=str,
)
def test_a_bad_registration_is_refused(anonymous: APIClient, change: dict[str, object], field: str, code: str) -> None:
    answer = anonymous.post(URL, BODY | change)
    assert answer.status_code == 400
    assert (field, code) in {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert (Account.objects.count(), Job.objects.count()) == (0, 0)


def test_roles_and_verification_cannot_be_claimed(anonymous: APIClient) -> None:
    claims = {"roles": ["admin"], "email_verified_at": "2026-01-01T00:00:00Z", "is_active": False, "id": "1"}
    anonymous.post(URL, BODY | claims)
    account = Account.objects.get()
    assert (account.roles, account.email_verified_at, account.is_active) == (["buyer"], None, True)


def test_a_refusal_reads_french(anonymous: APIClient) -> None:
    answer = anonymous.post(URL, {**BODY, "full_name": "a\nb"}, headers={"Accept-Language": "fr"})
    assert answer.json()["errors"][0]["message"] == "Les caractères de contrôle ne sont pas acceptés."


@pytest.mark.parametrize("token", ["", "x", "x" * 201, "\x00", None, 5, ["a"]])
def test_an_unknown_verification_token_is_a_400(anonymous: APIClient, token: object) -> None:
    account = make_account(EMAIL, verified=False)
    answer = anonymous.post(f"{URL}/verify", {"token": token})
    assert answer.status_code == 400
    account.refresh_from_db()
    assert account.email_verified_at is None


def test_a_link_expires_after_48_hours(anonymous: APIClient, run_jobs: RunJobs) -> None:
    anonymous.post(URL, BODY)
    run_jobs()
    row = EmailVerification.objects.get()
    assert row.expires_at - row.created_at == timedelta(hours=48)
    EmailVerification.objects.update(expires_at=Now())
    answer = anonymous.post(f"{URL}/verify", {"token": mailed_token(str(mail.outbox[0].body))})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_token")
    assert Account.objects.get().email_verified_at is None


def test_registrations_are_throttled_by_address(anonymous: APIClient, settings: object) -> None:
    settings.THROTTLES = {"register_address": "2/hour"}  # type: ignore[attr-defined]
    answers = [anonymous.post(URL, {**BODY, "email": f"a{n}@example.com"}).status_code for n in range(3)]
    assert answers == [201, 201, 429]
    assert Account.objects.count() == 2


def test_me_shows_the_callers_account(signed_in: APIClient, buyer: Account, django_assert_num_queries: object) -> None:
    signed_in.get(f"{URL}/me")
    with django_assert_num_queries(1):  # type: ignore[operator]
        answer = signed_in.get(f"{URL}/me")
    assert answer.json() == {
        "id": str(buyer.pk),
        "email": EMAIL,
        "full_name": "Ada Lovelace",
        "language": "en",
        "email_verified": True,
        "roles": ["buyer"],
        "created_at": buyer.created_at.isoformat().replace("+00:00", "Z"),
    }
