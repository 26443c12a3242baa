"""Which keys sign and verify now."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from keys.lifetimes import VERIFIES_AFTER_RETIREMENT
from keys.models import SigningKey
from keys.states import KeyState


def signing_key() -> SigningKey | None:
    """Return the key that signs; None only before the first one was made."""
    return SigningKey.objects.filter(state=KeyState.SIGNING).first()


def published_keys() -> list[dict[str, Any]]:
    """Return the public keys that a token may name, newest first."""
    return list(_verifying().order_by("-published_at", "-id").values_list("public_jwk", flat=True))


def outlived_keys() -> QuerySet[SigningKey]:
    """Return retired keys that no living token can name."""
    return SigningKey.objects.filter(state=KeyState.RETIRED, retired_at__lte=Now() - VERIFIES_AFTER_RETIREMENT)


def _verifying() -> QuerySet[SigningKey]:
    return SigningKey.objects.filter(~Q(state=KeyState.RETIRED) | Q(retired_at__gt=Now() - VERIFIES_AFTER_RETIREMENT))
