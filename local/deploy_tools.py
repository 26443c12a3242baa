"""What the charts' tests need besides the group `deploy` of uv.lock: checkov in its own environment, promtool, amtool.

`python -m local.deploy_tools` puts them below `.venv`; it does nothing when they are there.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.errors import LocalError
from local.services import ROOT

VENV = ROOT / ".venv"
CHECKOV = VENV / "checkov"
CHECKOV_PROJECT = ROOT / "tests" / "charts" / "checkov"
PROMTOOL = VENV / "tools" / "promtool"
AMTOOL = VENV / "tools" / "amtool"


def install_checkov() -> None:
    """Brings checkov's environment to its own lock; quick when it is."""
    environment = os.environ | {
        "UV_PROJECT_ENVIRONMENT": str(CHECKOV),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run(
        [VENV / "bin" / "uv", "sync", "--quiet", "--locked", "--project", CHECKOV_PROJECT],
        check=True,
        env=environment,
    )


def install_program(target: Path, package: str) -> None:
    """Takes a program out of Debian's package: installed, that would start a server of its own."""
    if target.exists():
        return
    if found := shutil.which(target.name):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(found)
        return
    if shutil.which("apt-get") is None:
        raise LocalError(f"{target.name} is missing, and there is no apt-get: put it on PATH.")
    with tempfile.TemporaryDirectory(prefix="shop-package-") as folder:
        # apt's own user reads and writes here.
        Path(folder).chmod(0o777)
        download = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "download", "--quiet", "--quiet", package]
        if subprocess.run(download, cwd=folder, check=False, capture_output=True).returncode != 0:
            update = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "update", "--quiet", "--quiet"]
            subprocess.run(update, check=True, stdout=subprocess.DEVNULL)
            subprocess.run(download, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(Path(folder).glob(f"{package}_*.deb"))
        subprocess.run(["dpkg-deb", "--extract", archive, folder], check=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        half_written = target.with_suffix(".new")
        shutil.copy2(Path(folder, "usr", "bin", target.name), half_written)
        half_written.replace(target)


def main() -> int:
    try:
        install_checkov()
        install_program(PROMTOOL, "prometheus")
        install_program(AMTOOL, "prometheus-alertmanager")
    except (LocalError, subprocess.CalledProcessError) as error:
        # The tests say which part cannot run, and whether that may be.
        print(f"Not everything that the charts' tests need could be installed: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
