"""What the auditor reads of payments, and of the provider's own book."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from chassis.ids import uuid7
from chassis.money import Money
from chassis.testing import ClientFactory
from payments import services
from payments.models import Payment, Refund
from payments.providers import ProviderUnavailableError
from sandbox import services as sandbox
from sandbox.models import SandboxEvent, SandboxIntent
from sandbox.provider import SandboxProvider
from tests.calls import give_back, pay

pytestmark = pytest.mark.django_db(transaction=True)
PAYMENTS, BOOK = "/api/v1/audit/payments", "/api/v1/audit/provider-payments"


@pytest.fixture
def auditor(client_for: ClientFactory) -> APIClient:
    return client_for(roles=["service"], scopes=["audit.read"])


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def ids(page: Any, name: str) -> Sequence[str]:
    return [row[name] for row in page.json()["results"]]


@pytest.mark.parametrize("url", [PAYMENTS, BOOK])
def test_nobody_else_reads_as_the_auditor(
    client_for: ClientFactory, anonymous: APIClient, service: APIClient, url: str
) -> None:
    assert anonymous.get(url).status_code == 401
    assert service.get(url).status_code == 403
    assert client_for(roles=["admin"]).get(url).status_code == 403
    assert client_for(roles=["buyer"]).get(url).status_code == 403


def test_payments_are_shown_with_what_was_given_back_or_is_held_for_it(auditor: APIClient) -> None:
    payment, tombstone = pay(amount=1000), uuid7()
    give_back(payment, 300)
    Refund.objects.create(id=uuid7(), payment=payment, amount=200, state="pending")
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=500)
    services.cancel_payment(payment_id=tombstone)
    called_off, captured = auditor.get(PAYMENTS).json()["results"]
    assert captured.pop("created_at")
    assert captured.pop("captured_at")
    assert captured == {
        "id": str(payment.pk),
        "order": str(payment.order),
        "buyer": str(payment.buyer),
        "state": "captured",
        "amount": eur(1000),
        "refunded": eur(500),
        "refunds_pending": eur(200),
    }
    assert (called_off["id"], called_off["state"], called_off["amount"]) == (str(tombstone), "cancelled", None)


def test_a_page_of_payments_is_one_query(auditor: APIClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    made = [str(pay().pk) for _ in range(4)]
    with django_assert_num_queries(1):
        page = auditor.get(f"{PAYMENTS}?page_size=3")
    assert ids(page, "id") == made[:0:-1]
    assert ids(auditor.get(f"{PAYMENTS}?id={made[1]}"), "id") == [made[1]]


def test_the_book_says_what_was_taken_given_back_and_may_still_be_taken(auditor: APIClient) -> None:
    captured, declined = pay(amount=1000), pay(amount=2000, method="pm_card_chargeDeclined")
    give_back(captured, 300)
    open_intent = sandbox.create_intent(
        payment=uuid7(), amount=Money(3000, "EUR"), payment_method="pm_card_visa", metadata={}
    )
    cancelled = sandbox.create_intent(
        payment=uuid7(), amount=Money(4000, "EUR"), payment_method="pm_card_visa", metadata={}
    )
    sandbox.cancel_intent(reference=cancelled.reference)
    rows = auditor.get(BOOK).json()["results"]
    assert [(row["payment"], row["taken"], row["refunded"], row["authorised"]) for row in rows] == [
        (str(cancelled.payment), eur(0), eur(0), eur(0)),
        (str(open_intent.payment), eur(0), eur(0), eur(3000)),
        (str(declined.pk), eur(0), eur(0), eur(0)),
        (str(captured.pk), eur(1000), eur(300), eur(0)),
    ]
    assert rows[1]["reference"] == open_intent.reference


def test_the_book_is_read_by_when_something_was_given_back_however_old_it_is(auditor: APIClient) -> None:
    early, late, never = pay(amount=1000), pay(amount=1000), pay(amount=1000)
    give_back(early, 300)
    SandboxEvent.objects.update(created_at=Now() - timedelta(days=2))
    SandboxIntent.objects.update(created_at=Now() - timedelta(days=3))
    give_back(late, 300)
    give_back(late, 200)
    ago = {hours: (timezone.now() - timedelta(hours=hours)).isoformat() for hours in (1, 60)}
    page = auditor.get(BOOK, {"refunded_since": ago[1]})
    assert [(row["payment"], row["refunded"]) for row in page.json()["results"]] == [(str(late.pk), eur(500))]
    assert set(ids(auditor.get(BOOK, {"refunded_since": ago[60]}), "payment")) == {str(early.pk), str(late.pk)}
    assert ids(auditor.get(BOOK, {"refunded_since": ago[60], "created_since": ago[60]}), "payment") == []
    assert len(ids(auditor.get(BOOK), "payment")) == len({early, late, never})
    assert auditor.get(BOOK, {"refunded_since": "yesterday"}).status_code == 400


def test_the_book_is_read_whatever_the_payments_say(auditor: APIClient) -> None:
    payment = pay(amount=1000)
    Payment.objects.filter(pk=payment.pk).update(state="cancelled", captured_at=None)
    assert auditor.get(BOOK).json()["results"][0]["taken"] == eur(1000)


def test_the_books_pages_follow_each_other_in_two_queries_each(
    auditor: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = [str(pay().pk) for _ in range(5)]
    # Two of one moment: the reference decides which comes first, and neither is lost between two pages.
    SandboxIntent.objects.filter(payment__in=made[1:3]).update(created_at=Now() - timedelta(minutes=1))
    SandboxIntent.objects.filter(payment=made[0]).update(created_at=Now() - timedelta(minutes=2))
    seen: list[str] = []
    url, queries = f"{BOOK}?page_size=2", 1
    while url:
        with django_assert_num_queries(queries):
            page = auditor.get(url)
        seen += ids(page, "payment")
        assert page.json()["previous"] is None
        url, queries = page.json()["next"], 2
    assert seen[:2] == made[:2:-1]
    assert sorted(seen[2:4]) == sorted(made[1:3])
    assert seen[4:] == made[:1]


def test_the_book_is_read_back_to_a_moment(auditor: APIClient) -> None:
    old, new = pay(), pay()
    SandboxIntent.objects.filter(payment=old.pk).update(created_at=Now() - timedelta(days=2))
    Payment.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=2))
    since = (new.created_at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(auditor.get(f"{BOOK}?created_since={since}"), "payment") == [str(new.pk)]
    assert ids(auditor.get(f"{PAYMENTS}?created_since={since}"), "id") == [str(new.pk)]


def test_a_cursor_that_the_book_does_not_know_is_refused(auditor: APIClient) -> None:
    answer = auditor.get(f"{BOOK}?cursor=pi_sandbox_{uuid.uuid4().hex}")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


def test_a_provider_that_does_not_answer_is_a_503(auditor: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(*_args: Any, **_options: Any) -> Any:
        raise ProviderUnavailableError("down")

    monkeypatch.setattr(SandboxProvider, "book", out_of_reach)
    answer = auditor.get(BOOK)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
