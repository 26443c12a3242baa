"""The programs that these tests run. One that is missing is a failure, unless ALLOW_SKIP=1 says that it may be."""

import os
import shutil
from pathlib import Path

import pytest

from local.deploy_tools import AMTOOL, CHECKOV, PROMTOOL


def cannot_run(what: str) -> None:
    """Ends the test: skipped where ALLOW_SKIP=1, failed otherwise."""
    if os.environ.get("ALLOW_SKIP") == "1":
        pytest.skip(what)
    pytest.fail(f"{what} (ALLOW_SKIP=1 leaves this part out)", pytrace=False)


def promtool() -> Path:
    return _taken(PROMTOOL)


def amtool() -> Path:
    return _taken(AMTOOL)


def _taken(program: Path) -> Path:
    if not program.exists():
        cannot_run(f"{program.name} is not installed: run `make test-charts`, which gets it")
    return program


def checkov() -> Path:
    program = CHECKOV / "bin" / "checkov"
    if not program.exists():
        cannot_run("checkov is not installed: run `make test-charts`, which gets it")
    return program


def terraform() -> str:
    found = shutil.which("terraform")
    if found is None:
        cannot_run("terraform is not on PATH")
    return str(found)


def provider_mirror(provider: str) -> Path:
    """A folder from which `terraform init` can take that provider (`hashicorp/aws`) without a network."""
    places = [os.environ.get("TERRAFORM_PLUGINS", ""), "~/.terraform.d/plugins"]
    places += ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", *map(str, Path("/opt").glob("*"))]
    for place in filter(None, places):
        folder = Path(place).expanduser()
        if any(folder.glob(f"registry.terraform.io/{provider}/*/*/terraform-provider-*")):
            return folder
    cannot_run(f"Terraform's provider {provider} is in no folder of plugins (TERRAFORM_PLUGINS names one)")
    raise AssertionError
