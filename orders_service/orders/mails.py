"""The mails about orders, in the buyer's language."""

import uuid
from typing import Any

from django.conf import settings

from addresses.countries import country_name
from chassis.mail.delivery import LANGUAGES, queue_mail
from orders.models import Order
from orders.selectors import lines_by_part


def mail_language(order: Order) -> str:
    """Return the language of the order's mails: the buyer's, or English where there are no mails in it."""
    return order.buyer_language if order.buyer_language in LANGUAGES else "en"


def mail_context(order: Order) -> dict[str, Any]:
    """Return what every mail about an order speaks of."""
    language = mail_language(order)
    address = order.shipping_address or {}
    return {
        "order": order,
        "address": {**address, "country_name": country_name(address.get("country", ""), language)},
        "language": language,
        "order_url": f"{settings.FRONTEND_URL}/orders/{order.pk}",
    }


def queue_order_confirmed(order: Order) -> None:
    """Tell the buyer that the order is firm; sent if the present transaction commits.

    The mail is the same whenever it is queued, so that one queued again after a restore is not delivered twice.
    """
    queue_mail(
        template="order_confirmed",
        to=order.buyer_email,
        language=mail_language(order),
        context={**mail_context(order), "parts": lines_by_part(order)},
        ident=uuid.uuid5(order.pk, "order_confirmed"),
    )
