"""What processes load: a worker answers nobody, and does without the REST framework and the admin's pages."""

import os
import subprocess
import sys

import pytest

from local.services import SERVICES, Service

services = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)

WORKER = """
import sys, django
django.setup()
from django.core.checks import run_checks
from chassis.jobs.management.commands.run_worker import Command
run_checks(tags=Command.requires_system_checks)
heavy = ("rest_framework.views", "rest_framework_simplejwt.tokens", "drf_spectacular.utils", "django.test")
pages = (name for name in sys.modules if name.endswith(".admin") and not name.startswith("django."))
print(*(name for name in heavy if name in sys.modules), *pages)
"""
WEB = """
import {name}_service.wsgi
from django.contrib import admin
from django.core.management import call_command
call_command("check", tags=["admin"], fail_level="WARNING")
print(len(admin.site._registry))
"""


def said(service: Service, code: str) -> str:
    environment = {"PATH": os.environ["PATH"], "ENVIRONMENT": "development"}
    environment["DJANGO_SETTINGS_MODULE"] = f"{service.name}_service.settings"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=service.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@services
def test_a_worker_loads_nothing_that_only_requests_need(service: Service) -> None:
    assert said(service, WORKER).split() == []


@services
def test_the_admins_pages_are_there_and_pass_its_checks(service: Service) -> None:
    *_checks, pages = said(service, WEB.format(name=service.name)).split()
    assert int(pages) > 3
