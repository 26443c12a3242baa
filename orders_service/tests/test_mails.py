"""What buyers read: when an order is firm, and when a part of it is on its way."""

import uuid
from collections.abc import Callable

import pytest
from django.core import mail
from rest_framework.test import APIClient

from orders.models import Order, OrderLine
from orders.services import confirm_order
from tests.samples import placed, sale_of

pytestmark = pytest.mark.django_db


def html_of(message: mail.EmailMessage) -> str:
    assert isinstance(message, mail.EmailMultiAlternatives)
    content, kind = message.alternatives[0]
    assert kind == "text/html"
    return str(content)


def test_the_confirmation_in_english(run_jobs: Callable[[], int]) -> None:
    order = placed(sellers=[uuid.uuid4(), uuid.uuid4()])
    OrderLine.objects.update(title="Shirt <b>&</b> “tie”")
    confirm_order(order_id=order.pk)
    run_jobs()
    (message,) = mail.outbox
    assert message.to == ["claire@example.com"]
    assert message.subject == f"Your order {order.reference} is confirmed"
    assert message.body == (
        "Hello Claire Martin,\n\n"
        f"thank you for your order {order.reference}. You bought:\n\n"
        "2 × Shirt <b>&</b> “tie”: €39.98\n"
        "2 × Shirt <b>&</b> “tie”: €39.98\n\n"
        "Items: €79.96\nShipping: €0.00\nTotal: €79.96\n\n"
        "It will be sent to:\n\n"
        "Claire Martin\n12 rue des Lilas\n69003 Lyon\nFrance\n\n"
        f"You can see your order at http://127.0.0.1:8000/orders/{order.pk}\n"
        "We write again when it is on its way.\n\n"
        "Mylittleshopping\n"
    )
    assert "Shirt &lt;b&gt;&amp;&lt;/b&gt; “tie”" in html_of(message)
    assert "<strong>Total: €79.96</strong>" in html_of(message)


def test_the_confirmation_in_french(run_jobs: Callable[[], int]) -> None:
    order = placed(language="fr")
    confirm_order(order_id=order.pk)
    confirm_order(order_id=order.pk)
    run_jobs()
    (message,) = mail.outbox
    assert message.subject == f"Votre commande {order.reference} est confirmée"
    assert "Total : 39,98\u00a0€\n" in message.body
    assert "<strong>Total : 39,98\u00a0€</strong>" in html_of(message)


def test_the_shipping_mail_links_to_the_carrier(
    seller_client: APIClient, seller: uuid.UUID, run_jobs: Callable[[], int]
) -> None:
    sale = sale_of(seller)
    run_jobs()
    mail.outbox.clear()
    seller_client.post(f"/api/v1/sales/{sale.pk}/deliveries", {"carrier": "Colissimo", "tracking_number": "6A1"})
    run_jobs()
    (message,) = mail.outbox
    reference = Order.objects.get().reference
    assert message.to == ["claire@example.com"]
    assert message.subject == f"Your order {reference} is on its way"
    assert message.body == (
        "Hello Claire Martin,\n\n"
        f"this part of your order {reference} has been shipped:\n\n"
        "2 × Linen shirt 0: €39.98\n\n"
        "Carrier: Colissimo\nTracking number: 6A1\n"
        "Follow your parcel: https://www.laposte.fr/outils/suivre-vos-envois?code=6A1\n\n"
        "It goes to:\n\n"
        "Claire Martin\n12 rue des Lilas\n69003 Lyon\nFrance\n\n"
        f"You can see your order at http://127.0.0.1:8000/orders/{sale.order_id}\n\n"
        "Mylittleshopping\n"
    )
    assert '<a href="https://www.laposte.fr/outils/suivre-vos-envois?code=6A1">' in html_of(message)


@pytest.mark.parametrize(("language", "subject"), [("fr", "est en route"), ("de", "is on its way")])
def test_the_shipping_mail_follows_the_order_s_language(
    seller_client: APIClient, seller: uuid.UUID, run_jobs: Callable[[], int], language: str, subject: str
) -> None:
    sale = sale_of(seller, language=language)
    seller_client.post(f"/api/v1/sales/{sale.pk}/deliveries", {"carrier": "My cousin", "tracking_number": "6A1"})
    run_jobs()
    message = mail.outbox[-1]
    assert subject in message.subject
    assert "http://127.0.0.1:8000/orders/" in message.body
    assert "laposte" not in message.body + html_of(message)
