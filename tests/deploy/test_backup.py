"""The backup container beside the stack: backups by itself; a service is put back while the others go on."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime

import pytest
import requests

from local.services import SERVICES
from tests.deploy.engine import Engine, certificates
from tests.deploy.stack import Stack, eventually

NAMES = [service.name for service in SERVICES]


class Backups:
    """What `docker/compose.backup.yaml` adds to the stack, and the commands that an operator has."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.options = [*stack.options, "-f", str(stack.folder / "compose.backup.yaml")]

    def compose(self, *arguments: str, check: bool = True, timeout: float = 600) -> str:
        stack = self.stack
        done = stack.engine.composed(self.options, *arguments, variables=stack.variables, check=check, timeout=timeout)
        return done.stdout

    def command(self, *arguments: str) -> str:
        return self.compose("exec", "-T", "backup", "python", "-m", "backups", *arguments)

    def restore(self, service: str, moment: str) -> "subprocess.CompletedProcess[str]":
        stack = self.stack
        return subprocess.run(
            ["sh", str(stack.folder / "backup" / "restore.sh"), service, moment],
            env=stack.engine.environment
            | stack.variables
            | {"COMPOSE": " ".join([*stack.engine.compose, *self.options])},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


@pytest.fixture(scope="module")
def backups(stack: Stack, engine: Engine, images: dict[str, str]) -> Iterator[Backups]:
    trusted = certificates()
    secret = ["--secret", f"id=ca,src={trusted}"] if trusted else []
    engine.run(
        *("build", "-f", "docker/backup/Dockerfile", *secret),
        *("--build-arg", f"POSTGRES_IMAGE={images['POSTGRES_IMAGE']}", "-t", "mylittleshopping/backup:1"),
        ".",
        timeout=900,
    )
    subprocess.run(["sh", str(stack.folder / "backup" / "make-secrets.sh")], check=True, capture_output=True)
    one = Backups(stack)
    try:
        # Healthy: each database has a good backup, and its log is received.
        one.compose("up", "--detach", "--wait", "--no-build", "backup", timeout=600)
    except AssertionError as error:
        raise AssertionError(
            f"{error}\n{one.compose('logs', 'backup-setup', 'backup', check=False)[-5000:]}"
        ) from error
    yield one
    one.compose("rm", "--force", "--stop", "--volumes", "backup", "backup-setup", check=False)


def test_every_database_has_a_backup_at_once_and_prometheus_is_told(backups: Backups) -> None:
    listed = backups.command("list")
    assert [
        name for name in NAMES if not any(line.startswith(name) and "good" in line for line in listed.splitlines())
    ] == []
    ask = "import urllib.request as r; print(r.urlopen('http://localhost:8000/metrics').read().decode())"
    told = backups.compose("exec", "-T", "backup", "python", "-c", ask)
    assert [name for name in NAMES if f'shop_backup_completed_timestamp_seconds{{app="{name}"}} 1' not in told] == []
    taken = backups.command("take", "--service", "orders")
    assert "incremental backup on" in taken
    assert "all could be read" in backups.command("verify", "--service", "orders")


def test_a_service_goes_back_to_a_moment_and_writes_again_after_reconcile(backups: Backups) -> None:
    stack = backups.stack
    stack.buy()
    stack.sql("orders", "CREATE TABLE drill (what text); INSERT INTO drill VALUES ('before')")
    moment = stack.sql("orders", "SELECT clock_timestamp()")
    before = _orders(stack)
    time.sleep(1)
    stack.sql("orders", "INSERT INTO drill VALUES ('after')")
    stack.buy()
    after = _orders(stack)
    assert after > before
    done = backups.restore("orders", datetime.fromisoformat(moment).isoformat())
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert stack.sql("orders", "SELECT what FROM drill") == "before"
    assert stack.sql("orders", "SELECT count(*) FROM restores_restore WHERE released_at IS NULL") == "1"
    assert _orders(stack) == before
    assert eventually(
        lambda: requests.get(f"{stack.url}/api/v1/products", timeout=10).status_code == 200, seconds=60, what="the shop"
    )
    said = stack.compose("exec", "-T", "aggregator", "python", "manage.py", "reconcile", "--apply", "--json")
    report = json.loads(said)
    assert ([each["service"] for each in report["restores"]], report["left"]) == (["orders"], [])
    assert _orders(stack) == after
    stack.sql("orders", "DROP TABLE drill")
    stack.buy()
    # The next one knows that a new history has begun, whose log is received.
    assert "restored since" in eventually(
        lambda: backups.command("take", "--service", "orders"), seconds=60, what="a backup of the new history"
    )


def _orders(stack: Stack) -> int:
    return int(stack.sql("orders", "SELECT count(*) FROM orders_order"))


def test_pictures_that_are_missing_come_back_with_their_owner(backups: Backups) -> None:
    stack = backups.stack

    def in_the_shop(command: str) -> str:
        return stack.compose("exec", "-T", "inventory", "sh", "-c", command)

    in_the_shop("mkdir -p /srv/media/drill && echo lost > /srv/media/drill/lost && echo kept > /srv/media/drill/kept")
    assert "media files" in backups.command("take", "--service", "inventory")
    in_the_shop("rm /srv/media/drill/lost && echo newer > /srv/media/drill/kept")
    done = backups.restore("inventory", "latest")
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert in_the_shop("cat /srv/media/drill/lost /srv/media/drill/kept").split() == ["lost", "newer"]
    assert in_the_shop("stat -c %u /srv/media/drill/lost /srv/media").split() == ["10001", "10001"]
    stack.compose("exec", "-T", "aggregator", "python", "manage.py", "reconcile", "--apply", "--json")
    in_the_shop("rm -r /srv/media/drill")
    stack.buy()


def test_a_killed_container_goes_on(backups: Backups) -> None:
    (container,) = backups.compose("ps", "--quiet", "backup").split()
    backups.stack.crash(container)
    eventually(lambda: backups.command("list"), seconds=90, what="the container is back, and receives all logs")
