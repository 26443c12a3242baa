"""Deliveries of seller orders, and what became of them."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chassis.ids import uuid7
from deliveries.carriers import tracking_url
from deliveries.states import DeliveryStatus
from orders.models import SellerOrder

carrier_name = RegexValidator(
    r"^\w[\w &.,'’()+/-]*\Z", _("A carrier's name has letters, digits, spaces and ordinary punctuation.")
)
tracking_code = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9 -]*\Z", _("A tracking number has letters, digits, spaces and hyphens.")
)


class Delivery(models.Model):
    """A parcel that a seller handed to a carrier."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    seller_order = models.ForeignKey(SellerOrder, on_delete=models.PROTECT, related_name="deliveries")
    carrier = models.CharField(max_length=50, validators=[carrier_name])
    tracking_number = models.CharField(max_length=64, validators=[tracking_code])
    # The newest event's; kept here because every list shows it.
    status = models.CharField(max_length=20, choices=DeliveryStatus.choices, default=DeliveryStatus.INFO_RECEIVED)
    shipped_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["seller_order", "carrier", "tracking_number"], name="delivery_once_per_tracking_number"
            ),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status_known"),
            models.CheckConstraint(
                condition=Q(tracking_number__regex=r"^[A-Za-z0-9][A-Za-z0-9 -]*$"),
                name="delivery_tracking_number_plain",
            ),
            models.CheckConstraint(condition=Q(carrier__gt=""), name="delivery_carrier_named"),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"

    @property
    def tracking_url(self) -> str | None:
        return tracking_url(self.carrier, self.tracking_number)


class DeliveryEvent(models.Model):
    """A step of a delivery's timeline."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="events")
    status = models.CharField(max_length=20, choices=DeliveryStatus.choices)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["occurred_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_event_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.occurred_at:%Y-%m-%d %H:%M}"
