from django.apps import AppConfig

from keys.encryption import check_encryption_key


class KeysConfig(AppConfig):
    name = "keys"
    verbose_name = "Signing keys"

    def ready(self) -> None:
        """Refuse to start with an encryption key of the wrong form: it would fail at the first login only."""
        check_encryption_key()
