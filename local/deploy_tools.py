"""What the charts' tests need besides the group `deploy` of uv.lock: checkov in its own environment, and promtool.

`python -m local.deploy_tools` puts both below `.venv`; it does nothing when they are there.
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


def install_promtool() -> None:
    """Takes promtool out of Debian's package of Prometheus: installed, that would start a server of its own."""
    if PROMTOOL.exists():
        return
    if found := shutil.which("promtool"):
        PROMTOOL.parent.mkdir(parents=True, exist_ok=True)
        PROMTOOL.symlink_to(found)
        return
    if shutil.which("apt-get") is None:
        raise LocalError("promtool is missing, and there is no apt-get: install Prometheus, or put promtool on PATH.")
    with tempfile.TemporaryDirectory(prefix="shop-promtool-") as folder:
        # apt's own user reads and writes here.
        Path(folder).chmod(0o777)
        download = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "download", "--quiet", "--quiet", "prometheus"]
        if subprocess.run(download, cwd=folder, check=False, capture_output=True).returncode != 0:
            update = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "update", "--quiet", "--quiet"]
            subprocess.run(update, check=True, stdout=subprocess.DEVNULL)
            subprocess.run(download, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        package = next(Path(folder).glob("prometheus_*.deb"))
        subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
        PROMTOOL.parent.mkdir(parents=True, exist_ok=True)
        half_written = PROMTOOL.with_suffix(".new")
        shutil.copy2(Path(folder, "usr", "bin", "promtool"), half_written)
        half_written.replace(PROMTOOL)


def main() -> int:
    try:
        install_checkov()
        install_promtool()
    except (LocalError, subprocess.CalledProcessError) as error:
        # The tests say which part cannot run, and whether that may be.
        print(f"Not everything that the charts' tests need could be installed: {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
