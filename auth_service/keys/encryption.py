"""Encryption of what must lie in the database but not be readable in a copy of it (Fernet: AES-CBC with HMAC)."""

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def check_encryption_key() -> None:
    """Raises `ImproperlyConfigured` when `FIELD_ENCRYPTION_KEY` is no Fernet key."""
    _fernet()


def encrypt(plain: bytes) -> str:
    return _fernet().encrypt(plain).decode()


def decrypt(encrypted: str) -> bytes:
    """Raises `ImproperlyConfigured` when it was encrypted with another key."""
    try:
        return _fernet().decrypt(encrypted.encode())
    except InvalidToken as exc:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEY is not the key that the signing keys lie under.") from exc


def _fernet() -> Fernet:
    try:
        return Fernet(settings.FIELD_ENCRYPTION_KEY)
    except ValueError as exc:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEY must be 32 bytes in URL-safe base64.") from exc
