"""docker/rollout.sh and docker/backup/restore.sh, with a `docker` that only remembers what it was told."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.services import ROOT, SERVICES

NAMES = [service.name for service in SERVICES]

# Containers as HAProxy and Docker would tell of them: {id: {"service", "image", "up"}}.
DOCKER = """
import json, os, sys
from pathlib import Path
home = Path(__file__).parent
arguments = sys.argv[1:]
files = os.environ.get("COMPOSE_FILE", "")
with (home / "calls").open("a") as calls:
    calls.write(json.dumps({"arguments": arguments, "folder": os.getcwd(), "files": files}) + chr(10))
containers = json.loads((home / "containers").read_text())
if arguments[:2] == ["compose", "ps"]:
    print(*[name for name, one in containers.items() if one["service"] == arguments[-1]], sep=chr(10))
elif arguments[:2] == ["compose", "up"] and "--scale" in arguments:
    service, _, count = arguments[arguments.index("--scale") + 1].partition("=")
    while sum(one["service"] == service for one in containers.values()) < int(count):
        containers[f"c{max([int(name[1:]) for name in containers], default=0) + 1}"] = {
            "service": service, "image": f"shop/{service}:{os.environ['VERSION']}", "up": True}
elif arguments[:2] == ["compose", "exec"]:
    print("# pxname,svname,status,addr")
    for name, one in containers.items():
        print(f"{one['service']},x,{'UP' if one['up'] else 'DOWN'},10.0.0.{name[1:]}:8000")
elif arguments[:2] == ["compose", "run"] and "recovery-point" in arguments:
    print("2026-11-22T14:05:00+00:00")
elif arguments[0] == "inspect":
    for name in arguments[3:]:
        image = "Config.Image" in arguments[2]
        print(containers[name]["image"] if image else f"10.0.0.{name[1:]}:8000 ")
elif arguments[0] == "kill":
    for name in arguments[3:]:
        containers[name]["up"] = False
elif arguments[0] == "rm":
    for name in arguments[1:]:
        del containers[name]
(home / "containers").write_text(json.dumps(containers))
"""


class Shop:
    """A copy of docker/ whose services run version 1.0.0, and what was asked of Docker since."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "docker"
        self.home = folder / "bin"
        shutil.copytree(ROOT / "docker", self.folder, ignore=shutil.ignore_patterns("secrets", "mail", ".env"))
        self.home.mkdir()
        (self.home / "docker").write_text(f"#!{sys.executable} -IS\n{DOCKER}")
        (self.home / "docker").chmod(0o755)
        running = {f"c{n}": {"service": s, "image": f"shop/{s}:1.0.0", "up": True} for n, s in enumerate(NAMES)}
        (self.home / "containers").write_text(json.dumps(running))
        self.dotenv = self.folder / ".env"
        self.dotenv.write_text("SHOP_HOST=shop.test\nVERSION=1.0.0\nSHOP_URL=https://shop.test\n")

    def run(self, script: str, *arguments: str, **variables: str) -> str:
        """What the script said; it is called from another folder than its own."""
        done = subprocess.run(
            ["sh", str(self.folder / script), *arguments],
            cwd=self.home,
            env={"PATH": f"{self.home}:{os.environ['PATH']}"} | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]

    @property
    def composed(self) -> list[dict[str, Any]]:
        return [call for call in self.calls if call["arguments"][0] == "compose"]

    @property
    def version(self) -> list[str]:
        return [line for line in self.dotenv.read_text().splitlines() if line.startswith("VERSION=")]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_rollout_of_all_services_is_written_down(shop: Shop) -> None:
    said = shop.run("rollout.sh", "1.1.0")
    assert said.splitlines()[-1] == "aggregator: runs 1.1.0"
    assert shop.version == ["VERSION=1.1.0"]
    assert len(shop.dotenv.read_text().splitlines()) == 3
    images = [one["image"] for one in json.loads((shop.home / "containers").read_text()).values()]
    assert sorted(images) == sorted(f"shop/{name}:1.1.0" for name in NAMES)


def test_a_rollout_of_some_is_not_written_down_before_the_others_follow(shop: Shop) -> None:
    said = shop.run("rollout.sh", "1.1.0", "orders", "auth")
    assert shop.version == ["VERSION=1.0.0"]
    assert "docker/.env keeps VERSION=1.0.0" in said
    assert said.rstrip().endswith("docker/rollout.sh 1.1.0 inventory payment aggregator")
    said = shop.run("rollout.sh", "1.1.0", "inventory", "payment", "aggregator")
    assert "keeps" not in said
    assert shop.version == ["VERSION=1.1.0"]


def test_where_no_version_was_written_down_a_rollout_writes_it(shop: Shop) -> None:
    shop.dotenv.write_text("SHOP_HOST=shop.test\n")
    shop.run("rollout.sh", "1.1.0")
    assert shop.dotenv.read_text() == "SHOP_HOST=shop.test\nVERSION=1.1.0\n"


def test_a_rollout_at_the_same_version_replaces_the_worker_too(shop: Shop) -> None:
    said = shop.run("rollout.sh", "1.0.0", "orders")
    assert "keeps" not in said
    (worker,) = [call["arguments"] for call in shop.composed if call["arguments"][-1] == "orders-worker"]
    assert "--force-recreate" in worker


def test_a_rollout_goes_by_the_files_that_are_named_beside_it(shop: Shop) -> None:
    shop.run("rollout.sh", "1.1.0", "orders")
    assert shop.composed
    for call in shop.composed:
        assert call["folder"] == str(shop.folder)
        # `docker compose` itself reads COMPOSE_FILE of the .env there.
        assert (call["files"], "-f" in call["arguments"]) == ("", False)


def test_another_command_than_docker_compose_can_be_named(shop: Shop) -> None:
    shop.run("rollout.sh", "1.1.0", "orders", COMPOSE=f"{shop.home}/docker compose")
    shop.run("backup/restore.sh", "orders", COMPOSE=f"{shop.home}/docker compose")


@pytest.mark.parametrize(
    ("dotenv", "variables", "files"),
    [
        ("", {}, "compose.yaml:compose.backup.yaml"),
        ('COMPOSE_FILE="compose.yaml:compose.logs.yaml"\n', {}, "compose.yaml:compose.logs.yaml:compose.backup.yaml"),
        ("COMPOSE_FILE=a.yaml\n", {"COMPOSE_FILE": "compose.backup.yaml:b.yaml"}, "compose.backup.yaml:b.yaml"),
    ],
)
def test_a_restore_goes_by_the_same_files_and_the_backups(
    shop: Shop, dotenv: str, variables: dict[str, str], files: str
) -> None:
    shop.dotenv.write_text(dotenv)
    shop.run("backup/restore.sh", "orders", **variables)
    assert {(call["folder"], call["files"]) for call in shop.composed} == {(str(shop.folder), files)}
    shop.dotenv.unlink()
    shop.run("backup/restore.sh", "orders", **variables)
