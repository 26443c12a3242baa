from django.db import models


class ReservationState(models.TextChoices):
    """Whether stock is held back, was given back (or never taken), or has left."""

    LIVE = "live"
    RELEASED = "released"
    COMMITTED = "committed"


TRANSITIONS = {ReservationState.LIVE: {ReservationState.RELEASED, ReservationState.COMMITTED}}


class MovementReason(models.TextChoices):
    """Why stock changed. A receipt or a return adds, a loss or a sale takes away, a correction does either."""

    RECEIPT = "receipt"
    CORRECTION = "correction"
    LOSS = "loss"
    RETURN = "return"
    SALE = "sale"


SELLER_REASONS = [choice for choice in MovementReason.choices if choice[0] != MovementReason.SALE]
"""What people may record; a sale is recorded by the commit of a reservation alone."""
ADDING_REASONS = {MovementReason.RECEIPT, MovementReason.RETURN}
TAKING_REASONS = {MovementReason.LOSS, MovementReason.SALE}
