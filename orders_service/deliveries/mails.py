"""The mails about deliveries, in the buyer's language."""

from chassis.mail.delivery import queue_mail
from deliveries.models import Delivery
from orders.mails import mail_context, mail_language


def queue_order_shipped(delivery: Delivery) -> None:
    """Tell the buyer what is on its way and how to follow it; sent if the present transaction commits."""
    sale = delivery.seller_order
    queue_mail(
        template="order_shipped",
        to=sale.order.buyer_email,
        language=mail_language(sale.order),
        context={**mail_context(sale.order), "sale": sale, "delivery": delivery},
    )
