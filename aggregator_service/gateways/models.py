from django.db import models


class ServiceToken(models.Model):
    """An access token of one of the platform's own accounts.

    Shared by all processes, so that it survives restarts and a dead auth service.
    """

    client_id = models.CharField(max_length=100, primary_key=True)
    secret = models.TextField(help_text="The token, encrypted with FIELD_ENCRYPTION_KEY.")
    renew_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.client_id
