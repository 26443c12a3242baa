"""Refresh tokens.

A login opens a family. Each token of it is used once, and gives its successor: whoever presents a used one has a copy,
so the family is revoked. Tokens are opaque, known here by their digests only.
"""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from accounts.models import Account
from chassis.ids import uuid7

FAMILY_LIFE = timedelta(days=30)
"""After its last refresh; a person who comes back sooner stays signed in."""


class RevocationReason(models.TextChoices):
    LOGOUT = "logout"
    REUSE = "reuse", "Reuse of a token"
    DEACTIVATION = "deactivation", "Deactivation of the account"
    ADMIN = "admin", "By an admin"
    RESTORE = "restore", "Restore of the database"


class RefreshFamily(models.Model):
    """A login on one device, from its password to its log-out."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="refresh_families")
    created_at = models.DateTimeField(db_default=Now())
    refreshed_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True, help_text="Moved on by each refresh.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revocation_reason = models.CharField(max_length=12, choices=RevocationReason.choices, blank=True)

    class Meta:
        verbose_name_plural = "refresh families"
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(revoked_at__isnull=True, revocation_reason="")
                    | models.Q(revoked_at__isnull=False, revocation_reason__in=RevocationReason.values)
                ),
                name="refresh_family_revoked_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(models.Model):
    """A link of the chain. `used_key` is the Idempotency-Key of the refresh that used it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    family = models.ForeignKey(RefreshFamily, on_delete=models.CASCADE, related_name="tokens")
    predecessor = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="successors")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, db_index=True)
    used_key = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="refresh_token_digest_once"),
            models.UniqueConstraint(fields=["predecessor"], name="refresh_token_one_successor"),
            models.UniqueConstraint(
                fields=["family"], condition=models.Q(used_at=None), name="refresh_token_one_unused_per_family"
            ),
            models.CheckConstraint(
                condition=models.Q(used_key="") | models.Q(used_at__isnull=False), name="refresh_token_key_of_its_use"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
