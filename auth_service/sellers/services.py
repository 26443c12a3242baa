"""Writes of sellers' public profiles."""

import uuid
from collections.abc import Mapping

from django.db import transaction
from django.utils.text import slugify

from sellers.models import SellerProfile


@transaction.atomic
def save_profile(*, account_id: uuid.UUID, name: str, slug: str) -> SellerProfile:
    """Give an account its public profile, or change it."""
    profile, _created = SellerProfile.objects.update_or_create(
        account_id=account_id, defaults={"name": name, "slug": slug}
    )
    return profile


@transaction.atomic
def load_demo_profiles(*, names: Mapping[uuid.UUID, str]) -> int:
    """Add the profiles that are missing, named by account, and return how many; those that exist stay as they are."""
    known = set(SellerProfile.objects.filter(pk__in=names).values_list("pk", flat=True))
    missing = [SellerProfile(pk=pk, name=name, slug=slugify(name)) for pk, name in names.items() if pk not in known]
    SellerProfile.objects.bulk_create(missing)
    return len(missing)
