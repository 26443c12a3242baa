from django.db import models
from django.db.models.functions import Now

from chassis.ids import uuid7
from keys.states import KeyState


class SigningKey(models.Model):
    """An RSA key that signs, will sign or has signed tokens.

    The private part is kept only while it is of use, encrypted by a key from the environment.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kid = models.CharField(max_length=64, help_text="The public key's thumbprint (RFC 7638), named by each token.")
    state = models.CharField(max_length=10, choices=KeyState.choices)
    public_jwk = models.JSONField(help_text="The public key as published (RFC 7517).")
    private_key = models.TextField(blank=True, help_text="PKCS #8 PEM, encrypted; empty once retired.")
    published_at = models.DateTimeField(db_default=Now())
    signing_since = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kid"], name="signing_key_kid_once"),
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="signing"), name="signing_key_one_signs"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="published"), name="signing_key_one_waits"
            ),
            models.CheckConstraint(condition=models.Q(state__in=KeyState.values), name="signing_key_state_known"),
            models.CheckConstraint(
                condition=(
                    models.Q(state="retired", retired_at__isnull=False, private_key="")
                    | (~models.Q(state="retired") & models.Q(retired_at__isnull=True) & ~models.Q(private_key=""))
                ),
                name="signing_key_private_until_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.kid
