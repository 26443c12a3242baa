"""What this machine cannot run is a failure with its reason, and left out only where ALLOW_SKIP=1 says so."""

import os
import subprocess
import sys

from local.services import ROOT

# One who is not root can start no Docker, and none answers where DOCKER_HOST says.
AS_SOMEBODY = """
import os, sys, pytest
os.geteuid = lambda: 1000
sys.exit(pytest.main(["-p", "no:cacheprovider", "-k", "read_only", "tests/deploy/test_images.py"]))
"""


def run_without_docker(**variables: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"ALLOW_SKIP": "", "DOCKER_HOST": "unix:///nonexistent/docker.sock"} | variables
    return subprocess.run(
        [sys.executable, "-c", AS_SOMEBODY], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_without_docker_it_fails_unless_it_may_be_left_out() -> None:
    refused = run_without_docker()
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "ALLOW_SKIP=1 leaves out what cannot run here." in refused.stdout
    left_out = run_without_docker(ALLOW_SKIP="1")
    assert left_out.returncode == 0, left_out.stdout + left_out.stderr
    assert "1 skipped" in left_out.stdout
