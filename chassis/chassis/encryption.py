"""Secrets at rest: encrypted with FIELD_ENCRYPTION_KEY (Fernet: AES-128-CBC with HMAC-SHA256)."""

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class UnreadableSecretError(Exception):
    """The secret was encrypted with another key, or changed since."""


def encrypt(secret: str) -> str:
    return Fernet(settings.FIELD_ENCRYPTION_KEY).encrypt(secret.encode()).decode()


def decrypt(sealed: str) -> str:
    """Raises `UnreadableSecretError`."""
    try:
        return Fernet(settings.FIELD_ENCRYPTION_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken as exc:
        raise UnreadableSecretError("FIELD_ENCRYPTION_KEY does not fit this secret") from exc
