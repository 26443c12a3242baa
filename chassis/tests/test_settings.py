"""Settings: read from the environment, safe by default, and silent about secrets."""

import base64
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from chassis import settings

ReadSettings = Callable[..., dict[str, Any]]

SECRET = "a-secret-that-nobody-may-read-0123456789-abcdefghij"
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": SECRET,
    "FIELD_ENCRYPTION_KEY": KEY,
    "DATABASE_URL": "postgres://shop:hidden-password@db.test:5433/shop?sslmode=verify-full",
    "PUBLIC_URL": "https://shop.test",
    "AUTH_URL": "https://auth.test",
    "ALLOWED_HOSTS": "shop.test, inner.test",
    "TRUSTED_PROXIES": "1",
}
MAY_BE_UNSET = {"ENVIRONMENT", "TRUSTED_PROXIES"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """A function that reads the settings in an environment of just these variables."""

    def read(**variables: str) -> dict[str, Any]:
        monkeypatch.setattr(settings.env, "ENVIRON", variables)
        return settings.service_settings(service="parcels", base_dir=Path("/srv"), apps=[])

    return read


def test_production_starts_with_all_it_needs(environment: ReadSettings) -> None:
    read = environment(**PRODUCTION)
    database = read["DATABASES"]["default"]
    assert (database["NAME"], database["PASSWORD"], database["PORT"]) == ("shop", "hidden-password", 5433)
    assert (database["OPTIONS"]["sslmode"], database["OPTIONS"]["connect_timeout"]) == ("verify-full", 3)
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (None, True)
    assert (read["ALLOWED_HOSTS"], read["DEBUG"]) == (["shop.test", "inner.test"], False)
    assert (read["SESSION_COOKIE_SECURE"], read["CSRF_COOKIE_SECURE"]) == (True, True)
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://shop.test"]
    assert read["EMAIL_BACKEND"] == "chassis.mail.files.EmailBackend"


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name not in MAY_BE_UNSET])
def test_production_does_not_start_without(environment: ReadSettings, name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        environment(**{key: value for key, value in PRODUCTION.items() if key != name})
    assert str(stopped.value) == f"Set {name}: production does not start without a value of its own."


def test_production_is_what_an_unset_environment_means_and_stops_the_process() -> None:
    process = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=Path(__file__).parent.parent,
        env={name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode != 0
    assert process.stderr.splitlines()[-1].startswith("django.core.exceptions.ImproperlyConfigured: Set ")


def test_development_starts_with_nothing_set(environment: ReadSettings) -> None:
    assert environment(ENVIRONMENT="development")["ALLOWED_HOSTS"] == ["*"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SECRET_KEY", settings.DEVELOPMENT_SECRET_KEY, "Set SECRET_KEY: "),
        ("FIELD_ENCRYPTION_KEY", settings.DEVELOPMENT_ENCRYPTION_KEY, "Set FIELD_ENCRYPTION_KEY: "),
        ("FIELD_ENCRYPTION_KEY", "too-short-hidden", "FIELD_ENCRYPTION_KEY must be 32 bytes"),
        ("FIELD_ENCRYPTION_KEY", f"{KEY},too-short-hidden", "FIELD_ENCRYPTION_KEY must be 32 bytes"),
        (
            "FIELD_ENCRYPTION_KEY",
            f"{KEY},{settings.DEVELOPMENT_ENCRYPTION_KEY}",
            "FIELD_ENCRYPTION_KEY names development",
        ),
        ("SECRET_KEY", "hidden-and-short", "SECRET_KEY can be guessed"),
        ("SECRET_KEY", "hid" * 20, "SECRET_KEY can be guessed"),
        ("SECRET_KEY", "django-insecure-hidden-0123456789-0123456789-0123456789", "SECRET_KEY can be guessed"),
        ("ALLOWED_HOSTS", "*", "Set ALLOWED_HOSTS: "),
        ("ALLOWED_HOSTS", "shop.test, *", "ALLOWED_HOSTS must name hosts"),
        ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS must name hosts"),
        ("TRUSTED_PROXIES", "yes", "TRUSTED_PROXIES is 'yes'; it must be how many"),
        ("DEBUG", "true", "Unset DEBUG: "),
        ("ENVIRONMENT", "staging", "ENVIRONMENT is 'staging'; it must be production or development"),
        ("DATABASE_URL", "mysql://shop:hidden-password@db.test/shop", "DATABASE_URL must be like postgres://"),
        ("DATABASE_URL", "hidden-password", "DATABASE_URL must be like postgres://"),
        ("DATABASE_URL", "postgres://shop:hidden-password@db.test:port/shop", "DATABASE_URL must be like postgres://"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'LOUD'"),
        ("MAILJET_API_KEY", "key", "Set both MAILJET_API_KEY and MAILJET_API_SECRET"),
        ("MAILJET_API_SECRET", "hidden", "Set both MAILJET_API_KEY and MAILJET_API_SECRET"),
    ],
)
def test_a_wrong_value_stops_the_start_and_is_not_shown(
    environment: ReadSettings, name: str, value: str, message: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as stopped:
        environment(**{**PRODUCTION, name: value})
    assert str(stopped.value).startswith(message)
    written = "".join(traceback.format_exception(stopped.value))
    assert "hidden" not in written
    assert SECRET not in written


@pytest.mark.parametrize(("proxies", "header"), [("0", None), ("2", ("HTTP_X_FORWARDED_PROTO", "https"))])
def test_what_a_proxy_says_is_believed_by_setting_only(
    environment: ReadSettings, proxies: str, header: tuple[str, str] | None
) -> None:
    read = environment(**{**PRODUCTION, "TRUSTED_PROXIES": proxies})
    assert (read["SECURE_PROXY_SSL_HEADER"], read["SECURE_SSL_REDIRECT"]) == (header, header is not None)


def test_mailjets_keys_choose_its_backend(environment: ReadSettings) -> None:
    read = environment(ENVIRONMENT="development", MAILJET_API_KEY="key", MAILJET_API_SECRET="secret")
    assert read["EMAIL_BACKEND"] == "chassis.mail.mailjet.EmailBackend"


def test_a_field_encrypted_in_development_can_be_read_back() -> None:
    vault = Fernet(settings.DEVELOPMENT_ENCRYPTION_KEY)
    assert vault.decrypt(vault.encrypt(b"text")) == b"text"


def test_a_value_may_lie_in_a_file(environment: ReadSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    variables = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}

    def read(file: Path) -> dict[str, Any]:
        monkeypatch.setattr(settings.env, "ENVIRON", settings._Environment(variables | {"SECRET_KEY_FILE": str(file)}))
        return settings.service_settings(service="parcels", base_dir=Path("/srv"), apps=[])

    assert read(tmp_path / "key")["SECRET_KEY"] == SECRET
    with pytest.raises(ImproperlyConfigured) as stopped:
        read(tmp_path / "missing")
    assert str(stopped.value) == "SECRET_KEY_FILE names a file that cannot be read (No such file or directory)."
    assert stopped.value.__suppress_context__


def test_production_wants_a_metrics_token_that_cannot_be_guessed(environment: ReadSettings) -> None:
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN can be guessed"):
        environment(**PRODUCTION, METRICS_TOKEN="prometheus")
    assert environment(**PRODUCTION, METRICS_TOKEN="t" * 32)["METRICS_TOKEN"] == "t" * 32
