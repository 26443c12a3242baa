"""Every service under production settings: nothing to warn of, and no start with what must not go live."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest

from local.services import SERVICES, Service

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "k3Y-0f-n0-0thEr-5erv1ce-aBcDeFgHiJkLmNoPqRsTuVwXyZ-42",
    "FIELD_ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "DATABASE_URL": "postgres://shop:of-its-own@127.0.0.1:1/shop",
    "PUBLIC_URL": "https://shop.test",
    "ALLOWED_HOSTS": "shop.test,service.internal",
    "TRUSTED_PROXIES": "1",
    "AUTH_URL": "http://auth.internal",
}
MORE = {
    "payment": {"PAYMENT_PROVIDER": "stripe"},
    "aggregator": {
        "INVENTORY_URL": "http://inventory.internal",
        "ORDERS_URL": "http://orders.internal",
        "PAYMENT_URL": "http://payment.internal",
        "SERVICE_CLIENT_ID": "aggregator-of-ours",
        "SERVICE_CLIENT_SECRET": "a-secret-of-its-own",
        "CORS_ALLOWED_ORIGINS": "https://shop.test,https://app.test",
    },
}
NO_MATTER_OF_SECRETS = {"ENVIRONMENT", "TRUSTED_PROXIES", "CORS_ALLOWED_ORIGINS"}
FORBIDDEN = {
    "SECRET_KEY": ["", "development-only-never-in-production-0123456789abcdef", "short"],
    "FIELD_ENCRYPTION_KEY": ["", "ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ="],
    "ALLOWED_HOSTS": ["", "*", "shop.test,*"],
    "DATABASE_URL": [""],
    "DEBUG": ["true", "1"],
    "PAYMENT_PROVIDER": ["", "sandbox"],
    "SERVICE_CLIENT_SECRET": ["", "development-only-client-secret"],
}
READ = """
import json, os, runpy, sys
from django.core.exceptions import ImproperlyConfigured
said = []
for name, value in json.loads(sys.argv[2]):
    before = os.environ.pop(name, None)
    os.environ[name] = value
    try:
        runpy.run_path(sys.argv[1])
        said.append("started")
    except ImproperlyConfigured as stopped:
        said.append(str(stopped))
    os.environ.pop(name)
    if before is not None:
        os.environ[name] = before
print(json.dumps(said))
"""
services = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def environment_of(service: Service) -> dict[str, str]:
    """All that production needs, and nothing else but what finds Python."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | PRODUCTION | MORE.get(service.name, {})


def python(
    service: Service, arguments: Sequence[str], environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=service.folder, env=environment, capture_output=True, text=True, check=False
    )


def start(service: Service, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """What gunicorn does first."""
    return python(service, ["-c", f"import {service.name}_service.wsgi"], environment)


@services
def test_the_checks_for_deployment_have_nothing_to_say(service: Service) -> None:
    check = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = python(service, check, environment_of(service))
    if service.name == "payment":
        # No provider of this release takes money: that, and nothing else, keeps the service from going live.
        assert done.returncode == 1
        assert "1 issue" in done.stderr
        assert "(payments.E001) PAYMENT_PROVIDER is 'stripe'; it must be one of sandbox." in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "System check identified no issues (0 silenced).\n"


@services
def test_the_web_process_starts_with_all_that_production_needs(service: Service) -> None:
    done = start(service, environment_of(service))
    if service.name == "payment":
        assert done.stderr.splitlines()[-1] == (
            "django.core.exceptions.ImproperlyConfigured: PAYMENT_PROVIDER is 'stripe'; it must be one of sandbox."
        )
    else:
        assert (done.returncode, done.stderr) == (0, "")


@services
def test_production_does_not_start_with_what_must_not_go_live(service: Service) -> None:
    environment = environment_of(service)
    cases = [
        (name, value)
        for name, values in FORBIDDEN.items()
        if name in environment or name == "DEBUG"
        for value in values
    ]
    cases += [(name, "") for name in environment if name not in {*FORBIDDEN, *NO_MATTER_OF_SECRETS, "PATH", "HOME"}]
    settings = f"{service.name}_service/settings.py"
    done = python(service, ["-c", READ, settings, json.dumps(cases)], environment)
    said = json.loads(done.stdout)
    wrong = [(*case, text) for case, text in zip(cases, said, strict=True) if case[0] not in text or "started" in text]
    assert wrong == []
    assert all(value not in text for (_name, value), text in zip(cases, said, strict=True) if len(value) > 20)


def test_nothing_set_means_production_and_no_start() -> None:
    for service in SERVICES:
        done = start(service, {"PATH": os.environ["PATH"]})
        assert done.returncode != 0
        assert done.stderr.splitlines()[-1].startswith("django.core.exceptions.ImproperlyConfigured: Set ")
