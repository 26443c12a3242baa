import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.test import Client

from chassis.identity.models import User
from chassis.ids import uuid7
from payments import services
from payments.models import Payment, Refund
from sandbox.models import SandboxEvent, SandboxIntent, SandboxRefund
from tests.calls import give_back, money_taken, pay

pytestmark = pytest.mark.django_db

PAYMENTS = "/admin/payments/payment/"


def signed_in(*roles: str) -> Client:
    user = User.objects.create(id=uuid.uuid4(), username=str(uuid.uuid4()), roles=list(roles))
    browser = Client()
    browser.force_login(user, backend="chassis.identity.backends.AccountBackend")
    return browser


@pytest.fixture
def admin() -> Client:
    return signed_in("admin")


def ids_on(page: str) -> set[str]:
    return set(re.findall(r"/admin/payments/payment/([0-9a-f-]{36})/change/", page))


def confirmation(admin: Client, *payments: Payment) -> dict[str, Any]:
    """Ask for a refund in full; return the form that asks back."""
    selected = [str(payment.pk) for payment in payments]
    page = admin.post(PAYMENTS, {"action": "refund_in_full", "_selected_action": selected, "index": "0"})
    assert page.status_code == 200
    fields = re.findall(r'<input type="hidden" name="(\w[^"]*)" value="([^"]*)"', page.content.decode())
    form: dict[str, Any] = {name: value for name, value in fields if name not in {"_selected_action"}}
    form["_selected_action"] = [value for name, value in fields if name == "_selected_action"]
    form.pop("csrfmiddlewaretoken", None)
    return form


def test_every_page_shows_rows_and_changes_nothing(admin: Client) -> None:
    payment = pay()
    give_back(payment, 1)
    services.cancel_payment(payment_id=uuid7())
    rows: list[tuple[str, Any]] = [
        ("payments/payment", payment.pk),
        ("payments/refund", Refund.objects.get().pk),
        ("sandbox/sandboxintent", SandboxIntent.objects.get().pk),
        ("sandbox/sandboxrefund", SandboxRefund.objects.get().pk),
        ("sandbox/sandboxevent", SandboxEvent.objects.earliest("pk").pk),
    ]
    before = list(Payment.objects.order_by("pk").values())
    for model, key in rows:
        pk = quote(key)  # the admin takes an underscore and two digits for a character
        assert admin.get(f"/admin/{model}/").status_code == 200
        assert admin.get(f"/admin/{model}/?q={key}").status_code == 200
        change = admin.get(f"/admin/{model}/{pk}/change/")
        assert change.status_code == 200
        assert 'name="_save"' not in change.content.decode()
        assert admin.post(f"/admin/{model}/{pk}/change/", {"state": "captured", "amount": "1"}).status_code == 403
        assert admin.post(f"/admin/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
        assert admin.get(f"/admin/{model}/add/").status_code == 403
    assert list(Payment.objects.order_by("pk").values()) == before


def test_payments_are_found_by_their_order_and_buyer_and_filtered_by_state(admin: Client) -> None:
    paid, declined = pay(), pay(method="pm_card_chargeDeclined")
    for wanted in (paid.pk, paid.order, paid.buyer):
        assert ids_on(admin.get(f"{PAYMENTS}?q={wanted}").content.decode()) == {str(paid.pk)}
    assert ids_on(admin.get(f"{PAYMENTS}?q=nonsense").content.decode()) == set()
    assert ids_on(admin.get(f"{PAYMENTS}?state__exact=declined").content.decode()) == {str(declined.pk)}


def test_refunds_and_the_sandbox_s_rows_are_found_by_ids(admin: Client) -> None:
    payment = pay()
    give_back(payment, 1)
    refund = Refund.objects.get()
    give_back(pay(), 1)
    for model, wanted, count in (
        ("payments/refund", refund.pk, 1),
        ("payments/refund", payment.pk, 1),
        ("sandbox/sandboxintent", payment.pk, 1),
        ("sandbox/sandboxrefund", refund.pk, 1),
        ("sandbox/sandboxrefund", payment.pk, 1),
        ("sandbox/sandboxevent", payment.pk, SandboxEvent.objects.filter(intent__payment=payment.pk).count()),
        ("sandbox/sandboxevent", refund.pk, SandboxEvent.objects.filter(refund__refund=refund.pk).count()),
    ):
        assert admin.get(f"/admin/{model}/?q={wanted}").context["cl"].result_count == count


def test_lists_cost_no_query_per_row(admin: Client, django_assert_max_num_queries: Callable[[int], Any]) -> None:
    for _n in range(5):
        payment = pay()
        give_back(payment, 1)
    for model in (
        "payments/payment",
        "payments/refund",
        "sandbox/sandboxintent",
        "sandbox/sandboxrefund",
        "sandbox/sandboxevent",
    ):
        with django_assert_max_num_queries(7):
            admin.get(f"/admin/{model}/")


def test_an_admin_refunds_in_full_after_confirming(admin: Client) -> None:
    whole, part, declined = pay(), pay(), pay(method="pm_card_chargeDeclined")
    give_back(part, 400)
    form = confirmation(admin, whole, part, declined)
    assert set(form["_selected_action"]) == {str(whole.pk), str(part.pk)}
    assert money_taken(whole.pk) == 1000

    for _twice in range(2):
        page = admin.post(PAYMENTS, {**form, "reason": "Goodwill."}, follow=True)
        assert page.status_code == 200
        assert "refund of 10.00 EUR succeeded" in page.content.decode()
        assert "refund of 6.00 EUR succeeded" in page.content.decode()
    assert (money_taken(whole.pk), money_taken(part.pk)) == (0, 0)
    assert Refund.objects.filter(reason="Goodwill.").count() == 2


def test_a_second_question_after_a_full_refund_finds_nothing_to_refund(admin: Client) -> None:
    payment = pay()
    form = confirmation(admin, payment)
    other = confirmation(admin, payment)
    admin.post(PAYMENTS, form, follow=True)
    page = admin.post(PAYMENTS, other, follow=True)
    assert "refund of 10.00 EUR succeeded" not in page.content.decode()
    assert Refund.objects.count() == 1
    selected = {"action": "refund_in_full", "_selected_action": [str(payment.pk)], "index": "0"}
    assert "None of these payments" in admin.post(PAYMENTS, selected, follow=True).content.decode()


def test_a_refund_that_fails_is_shown_as_failed(admin: Client) -> None:
    payment = pay(method="pm_card_refundFail")
    page = admin.post(PAYMENTS, confirmation(admin, payment), follow=True)
    assert "refund of 10.00 EUR failed" in page.content.decode()
    assert money_taken(payment.pk) == 1000


def test_a_card_number_as_reason_refunds_nothing(admin: Client) -> None:
    payment = pay()
    admin.post(PAYMENTS, {**confirmation(admin, payment), "reason": "4242 4242 4242 4242"})
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("role", ["buyer", "seller"])
def test_nobody_else_enters(role: str) -> None:
    payment = pay()
    browser = signed_in(role)
    assert browser.get(PAYMENTS).status_code == 302
    form = {"action": "refund_in_full", "_selected_action": [str(payment.pk)], "confirmed": "yes"}
    assert browser.post(PAYMENTS, form).status_code == 302
    assert money_taken(payment.pk) == 1000
