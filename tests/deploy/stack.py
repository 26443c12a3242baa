"""The stack of docker/compose.yaml with the demo's overrides, from a copy of its folder with secrets of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local import demo_accounts
from local.ports import free_ports
from local.services import ROOT, SERVICES
from tests.deploy.engine import Engine

PROJECT = "shop-deploy-test"
PORTS = ("PLAIN_PORT", "PUBLIC_PORT", "AUTH_PORT", "INVENTORY_PORT", "ORDERS_PORT", "PAYMENT_PORT", "PROMETHEUS_PORT")

RECEIPT = """
from stock.models import StockLevel, StockMovement
StockMovement.objects.bulk_create([
    StockMovement(level=level, delta=100_000, reason="receipt", actor=level.variant.seller)
    for level in StockLevel.objects.select_related("variant")
])
"""
WARNS = re.compile(r'"level": ?"(WARNING|ERROR|CRITICAL)"')


class Stack:
    """What `docker compose` runs, and where it is reached."""

    def __init__(self, engine: Engine, images: dict[str, str], folder: Path) -> None:
        self.engine = engine
        self.folder = folder / "docker"
        shutil.copytree(ROOT / "docker", self.folder, ignore=shutil.ignore_patterns("secrets", "mail", ".env"))
        shutil.copytree(ROOT / "monitoring", folder / "monitoring")
        self.mail = self.folder / "mail"
        self.mail.mkdir()
        self.mail.chmod(0o777)  # the containers' user is another
        self._ports = dict(zip(PORTS, (str(port) for port in free_ports(len(PORTS))), strict=True))
        self.url = f"http://localhost:{self._ports['PUBLIC_PORT']}"
        self.variables = {
            **images,
            **self._ports,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "SHOP_URL": self.url,
            "PROMETHEUS_ADDRESS": f"127.0.0.1:{self._ports['PROMETHEUS_PORT']}",
            "VERSION": "1",
        }
        self.options = ["--env-file", str(self.folder / "demo.env")]
        self.options += ["-f", str(self.folder / "compose.yaml"), "-f", str(self.folder / "compose.demo.yaml")]

    def address(self, variable: str) -> str:
        return f"http://localhost:{self._ports[variable]}"

    def prepare(self) -> str:
        """Draw the secrets, as an operator does; return what was said."""
        done = subprocess.run(
            ["sh", str(self.folder / "make-secrets.sh")], capture_output=True, text=True, check=True, timeout=60
        )
        accounts = self.folder / "secrets" / "demo_accounts.json"
        demo_accounts.write_accounts(accounts)
        accounts.chmod(0o444)
        return done.stdout

    def compose(self, *arguments: str, check: bool = True, timeout: float = 600, **variables: str) -> str:
        done = self.engine.composed(
            self.options, *arguments, variables=self.variables | variables, check=check, timeout=timeout
        )
        return done.stdout

    def up(self, *arguments: str) -> None:
        try:
            self.compose("up", "--detach", "--wait", "--no-build", *arguments)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.compose('logs', '--tail', '15', check=False)}") from error

    def down(self) -> None:
        """Everything of the project goes, its backups too, so that nothing of this run meets the next one."""
        everything = [*self.options, "-f", str(self.folder / "compose.backup.yaml")]
        down = ("--profile", "*", "down", "--volumes", "--timeout", "5")
        self.engine.composed(everything, *down, variables=self.variables, check=False)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's running containers."""
        return self.compose("ps", "--quiet", service).split()

    def crash(self, container: str) -> None:
        """Kill a container's process as the kernel would: Docker starts again what nobody has stopped."""
        os.kill(int(self.engine.inspect(container)["State"]["Pid"]), 9)

    def rollout(self, version: str, *services: str, patience: int = 180) -> "subprocess.CompletedProcess[str]":
        command = " ".join([*self.engine.compose, *self.options])
        return subprocess.run(
            ["sh", str(self.folder / "rollout.sh"), version, *services],
            env=self.engine.environment
            | self.variables
            | {"COMPOSE": command, "DOCKER": self.engine.docker, "READY_SECONDS": str(patience)},
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    @contextmanager
    def troubles(self) -> Iterator[list[str]]:
        """What the containers say of what went wrong during the block, those that are gone at its end included."""
        said: list[str] = []
        with (self.folder / "said.log").open("w+") as log:
            following = subprocess.Popen(
                [*self.engine.compose, *self.options, "logs", "--follow", "--tail", "0"],
                env=self.engine.environment | self.variables,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                yield said
            finally:
                following.terminate()
                following.wait(30)
                log.seek(0)
                said += [line.rstrip() for line in log if WARNS.search(line)]

    def sql(self, service: str, statement: str) -> str:
        return self.compose(
            *("exec", "-T", "-e", "PGHOST=/var/run/postgresql", f"{service}-database"),
            *("psql", "-X", "-A", "-t", "-U", "provisioning", "-d", service, "-c", statement),
        ).strip()

    def demo_file(self) -> Path:
        """What `local.demo` reads to play a purchase."""

        def login(account: demo_accounts.DemoAccount) -> dict[str, str]:
            return {"id": account.id, "email": account.email, "password": account.password}

        path = self.folder / "demo.json"
        sellers = [login(account) for account in demo_accounts.sellers()]
        content = {"urls": {"aggregator": self.url}, "mail": str(self.mail), "logins": {"sellers": sellers}}
        path.write_text(json.dumps(content))
        return path

    def restock(self) -> None:
        """Have the sellers receive more of everything than people buy in all these tests."""
        self.compose("exec", "-T", "inventory", "python", "manage.py", "shell", "--command", RECEIPT)

    def buy(self) -> str:
        """Play the demo's purchase, in a process as `make demo` does; return what it said."""
        play = "import sys; from pathlib import Path; from local import demo; demo.play(Path(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", play, str(self.demo_file())],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout[-2500:]}\n{done.stderr[-1500:]}"
        return done.stdout


def build(engine: Engine, images: dict[str, str], certificates: Path | None) -> None:
    """Build the five images of version 1, as docker/compose.yaml says."""
    for service in SERVICES:
        secret = ["--secret", f"id=ca,src={certificates}"] if certificates else []
        engine.run(
            *("build", "-f", "docker/Dockerfile", *secret),
            *("--build-arg", f"SERVICE={service.name}", "--build-arg", f"PYTHON_IMAGE={images['PYTHON_IMAGE']}"),
            *("--build-arg", "VERSION=1", "--build-arg", "REVISION=tested", "-t", f"mylittleshopping/{service.name}:1"),
            ".",
            timeout=900,
        )


def eventually(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Ask until the answer is true, and return it; the last error is shown when it never is."""
    until = time.monotonic() + seconds
    said: object = ""
    while True:
        try:
            if found := condition():
                return found
        except (requests.RequestException, AssertionError, KeyError) as error:
            said = error
        assert time.monotonic() < until, f"{what}: not within {seconds:.0f} s. {said}"
        time.sleep(1)
