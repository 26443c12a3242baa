"""Secrets at rest: encrypted with FIELD_ENCRYPTION_KEY (Fernet: AES-128-CBC with HMAC-SHA256).

It may name several keys, separated by commas: the first encrypts, each decrypts, so that a key is replaced while rows
of the former are still there.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class UnreadableSecretError(Exception):
    """The secret was encrypted with another key, or changed since."""


def encrypt(secret: str) -> str:
    return _vault().encrypt(secret.encode()).decode()


def decrypt(sealed: str) -> str:
    """Raises `UnreadableSecretError`."""
    try:
        return _vault().decrypt(sealed.encode()).decode()
    except InvalidToken as exc:
        raise UnreadableSecretError("FIELD_ENCRYPTION_KEY does not fit this secret") from exc


def _vault() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEY.split(",")])
