"""As an operator begins: a fresh clone, and the one command that brings the demo up."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local import demo_accounts
from local.ports import free_ports
from local.services import ROOT
from tests.deploy.engine import Engine, certificates
from tests.deploy.stack import PORTS

PROJECT = "shop-install-test"
PAGES = ("AUTH_PORT", "INVENTORY_PORT", "ORDERS_PORT", "PAYMENT_PORT")


@pytest.fixture(scope="module")
def ports() -> dict[str, str]:
    return dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))


@pytest.fixture(scope="module")
def demo(
    engine: Engine, base_images: dict[str, str], ports: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """What `make compose-demo` in a fresh clone said, while the demo runs."""
    folder = tmp_path_factory.mktemp("install")
    clone = folder / "shop"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = engine.environment | base_images | ports
    environment |= {"COMPOSE_PROJECT_NAME": PROJECT, "SHOP_URL": f"http://localhost:{ports['PUBLIC_PORT']}"}
    if trusted := certificates():
        environment["BUILD_CA"] = str(trusted)
    if engine.compose != [engine.docker, "compose"]:
        # Where compose is no plugin of Docker's client yet, it is one here.
        plugins = folder / "client" / "cli-plugins"
        plugins.mkdir(parents=True)
        (plugins / "docker-compose").symlink_to(str(shutil.which(engine.compose[0])))
        environment["DOCKER_CONFIG"] = str(plugins.parent)
    environment["PATH"] = f"{Path(engine.docker).parent}:{os.environ['PATH']}"

    def make(*command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)

    try:
        done = make("make", "compose-demo")
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        yield done.stdout
    finally:
        files = ("--env-file", "docker/demo.env", "-f", "docker/compose.yaml", "-f", "docker/compose.demo.yaml")
        make("docker", "compose", *files, "down", "--volumes", "--timeout", "5", "--rmi", "local")


def test_one_command_brings_the_demo_up(demo: str, ports: dict[str, str]) -> None:
    assert "The shop: http://localhost:8000/api/docs/" in demo
    shop = f"http://localhost:{ports['PUBLIC_PORT']}"
    assert requests.get(f"{shop}/api/v1/products", timeout=20).json()["results"]
    assert requests.get(f"{shop}/api/docs/", timeout=20).status_code == 200
    admin = demo_accounts.admin()
    login = {"email": admin.email, "password": admin.password}
    assert requests.post(f"{shop}/api/v1/auth/token", json=login, timeout=20).status_code == 200


@pytest.mark.parametrize("port", PAGES)
def test_a_services_pages_come_with_their_styles(demo: str, ports: dict[str, str], port: str) -> None:
    pages = f"http://localhost:{ports[port]}"
    for path in ("/admin/login/", "/api/docs/"):
        page = requests.get(pages + path, timeout=20)
        assert page.status_code == 200, path
        named = {part.partition('"')[0] for part in page.text.split('"/static/')[1:]}
        assert named, path
        for name in named:
            assert requests.get(f"{pages}/static/{name}", timeout=20).status_code == 200, name
