import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from payments.checks import provider_is_fit_for_the_environment

SERVICE = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("provider", ["sandbox", ""])
def test_production_does_not_start_with_the_sandbox_or_without_a_provider(provider: str) -> None:
    environment = {
        **os.environ,
        "ENVIRONMENT": "production",
        "SECRET_KEY": "a-key-of-this-test-alone-0123456789-abcdefghijklmnopqrst",
        "FIELD_ENCRYPTION_KEY": "c29tZS1vdGhlci1maWVsZC1rZXktMzItYnl0ZXMtbG4=",
        "PUBLIC_URL": "https://pay.example",
        "ALLOWED_HOSTS": "pay.example",
        "AUTH_URL": "https://auth.example",
        "DATABASE_URL": "postgres://a:b@127.0.0.1:1/c",
        "PAYMENT_PROVIDER": provider,
    }
    started = subprocess.run(
        [sys.executable, "-c", "import payment_service.wsgi"],
        cwd=SERVICE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert "ImproperlyConfigured: Set PAYMENT_PROVIDER" in started.stderr


def test_the_check_refuses_the_sandbox_in_production_and_unknown_providers_anywhere(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider_is_fit_for_the_environment() == []
    monkeypatch.setenv("ENVIRONMENT", "production")
    assert [error.id for error in provider_is_fit_for_the_environment()] == ["payments.E002"]
    settings.PAYMENT_PROVIDER = "magic"
    assert [error.id for error in provider_is_fit_for_the_environment()] == ["payments.E001"]
