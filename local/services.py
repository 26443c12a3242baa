"""The five services: their names, folders and ports, and a command in each one's folder."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 2


@dataclass(frozen=True)
class Service:
    """A Django project of the workspace; its PostgreSQL listens on a port of its own."""

    name: str
    port: int
    database_port: int

    @property
    def folder(self) -> Path:
        return ROOT / f"{self.name}_service"

    @property
    def exists(self) -> bool:
        return (self.folder / "manage.py").exists()

    def has_command(self, name: str) -> bool:
        """Whether one of its own apps adds that command to manage.py."""
        return any(self.folder.glob(f"*/management/commands/{name}.py"))


SERVICES = [
    Service("aggregator", 8000, 5505),
    Service("auth", 8001, 5501),
    Service("inventory", 8002, 5502),
    Service("orders", 8003, 5503),
    Service("payment", 8004, 5504),
]


def in_each(names: Sequence[str], command: Sequence[str]) -> int:
    """Runs a command in the folders of the services named (none: all), two at a time.

    In the command, `{}` is the service's name. It gets the settings of development and no database. Returns 0
    only when it succeeded in every one.
    """
    known = {service.name: service for service in SERVICES}
    unknown = set(names) - set(known)
    if unknown:
        raise LocalError(f"There is no service {', '.join(sorted(unknown))}; there are: {', '.join(known)}.")
    chosen = [known[name] for name in names] or SERVICES

    def run(service: Service) -> int:
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "ENVIRONMENT": "development",
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
            "DJANGO_SETTINGS_MODULE": f"{service.name}_service.settings",
            "MYPYPATH": f"{service.folder}:{ROOT / 'chassis'}:{ROOT / 'clients'}",
        }
        done = subprocess.run(
            [part.replace("{}", service.name) for part in command],
            cwd=service.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        for line in done.stdout.splitlines():
            print(f"{service.name}: {line}", flush=True)
        return done.returncode

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return max(pool.map(run, [service for service in chosen if service.exists]), default=0)
