"""Secrets at rest while their key is replaced."""

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from chassis.encryption import UnreadableSecretError, decrypt, encrypt

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_a_new_key_in_front_of_the_old_reads_both_and_writes_its_own(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = OLD
    sealed = encrypt("kept")
    settings.FIELD_ENCRYPTION_KEY = f"{NEW},{OLD}"
    assert decrypt(sealed) == "kept"
    renewed = encrypt("renewed")
    settings.FIELD_ENCRYPTION_KEY = NEW
    assert decrypt(renewed) == "renewed"
    with pytest.raises(UnreadableSecretError):
        decrypt(sealed)
