"""What a password must be, and how it is kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import validate_password

from accounts.models import Account

MAX_PASSWORD = 128
"""Characters; hashing a longer one would cost us more than it adds."""


def check_new_password(password: str, *, email: str, full_name: str) -> None:
    """Raises Django's `ValidationError` for a password that is short, common, or like its owner's name or address."""
    # The validators only read attributes: an account will do, though it is no Django user.
    validate_password(password, Account(email=email, full_name=full_name))  # type: ignore[arg-type]


class AccountPasswordHasher(Argon2PasswordHasher):
    """Argon2id with the parameters that OWASP's Password Storage Cheat Sheet asks for.

    Django's own take 100 MB and eight lanes for each hash: a rush of logins would exhaust a small machine.
    Hashes made with other parameters are made anew at the next login.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
