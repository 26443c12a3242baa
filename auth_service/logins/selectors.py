"""Reads of logins."""

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from logins.models import RefreshFamily


def open_families(*, opened_before: datetime) -> QuerySet[RefreshFamily]:
    """Logins that have not ended, of those opened before a moment."""
    return RefreshFamily.objects.filter(revoked_at=None, expires_at__gt=Now(), created_at__lt=opened_before)
