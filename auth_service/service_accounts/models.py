from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from chassis.ids import uuid7


class ServiceAccount(models.Model):
    """A service that calls others in the platform's name, for what its scopes allow (OAuth 2 client credentials)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client_id = models.CharField(max_length=50)
    secret_salt = models.CharField(max_length=64, editable=False)
    secret_digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=50), help_text="Comma-separated, as inventory.reserve.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client_id"], name="service_account_client_id_once"),
            models.CheckConstraint(
                condition=models.Q(client_id__regex=r"^[a-z][a-z0-9_-]*$"), name="service_account_client_id_plain"
            ),
            models.CheckConstraint(condition=~models.Q(secret_digest=""), name="service_account_has_a_secret"),
        ]

    def __str__(self) -> str:
        return self.client_id
