"""Reads of sellers' public profiles."""

import uuid
from collections.abc import Sequence

from sellers.models import SellerProfile

MAX_PROFILES = 100


def profiles(*, ids: Sequence[uuid.UUID] = ()) -> list[SellerProfile]:
    """Return the profiles of `ids`, or of all sellers, by name; at most 100. Ids without a profile are left out."""
    rows = SellerProfile.objects.order_by("name", "pk")
    return list(rows.filter(pk__in=ids)[:MAX_PROFILES] if ids else rows[:MAX_PROFILES])


def profile(*, seller_id: uuid.UUID) -> SellerProfile | None:
    return SellerProfile.objects.filter(pk=seller_id).first()
