"""A program that is not there is a failure with its name, and left out only where ALLOW_SKIP=1 says so."""

import os
import subprocess
import sys

from local.services import ROOT

ONE = "tests/charts/test_terraform.py::test_everything_is_formatted"


def run_without_terraform(**variables: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ONE]
    environment = os.environ | {"ALLOW_SKIP": "", "PATH": "/nonexistent"} | variables
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_without_terraform_it_fails_unless_it_may_be_left_out() -> None:
    refused = run_without_terraform()
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "terraform is not on PATH (ALLOW_SKIP=1 leaves this part out)" in refused.stdout
    left_out = run_without_terraform(ALLOW_SKIP="1")
    assert left_out.returncode == 0, left_out.stdout + left_out.stderr
    assert "1 skipped" in left_out.stdout
