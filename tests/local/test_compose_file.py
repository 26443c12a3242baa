"""docker/compose.yaml, read without Docker: all is contained, and production starts on the secrets drawn for it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.services import ROOT, SERVICES, Service
from local.variables import IN_COMPOSE

DOCKER = ROOT / "docker"
GIVEN = {"SHOP_HOST": "shop.test", "SHOP_URL": "https://shop.test"}
# Of other people's images, which keep what they write in places of their own.
NOT_READ_ONLY = {"logstash", "opensearch", "opensearch-setup", "opensearch-dashboards"}
START = "import importlib, sys; importlib.import_module(sys.argv[1])"


def compose_file(name: str = "compose.yaml") -> dict[str, Any]:
    """A file of docker/ as compose reads it, with what its .env would give."""

    def value(match: "re.Match[str]") -> str:
        default = match[3] if match[2] == "-" else None
        return GIVEN.get(match[1], IN_COMPOSE.sub(value, default or ""))

    loaded: dict[str, Any] = yaml.safe_load(IN_COMPOSE.sub(value, (DOCKER / name).read_text()))
    return loaded


def test_every_container_is_limited_and_may_do_little() -> None:
    services = compose_file()["services"]
    assert {f"{s.name}{kind}" for s in SERVICES for kind in ("", "-worker", "-migrate", "-database")} < set(services)
    for name, service in services.items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory", "pids"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("read_only", False) != (name in NOT_READ_ONLY), name
        assert service["logging"]["driver"] == "json-file", name
        assert "privileged" not in service, name
        assert service.get("restart") == ("no" if _runs_once(name) else "unless-stopped"), name


def _runs_once(name: str) -> bool:
    return name.endswith(("-migrate", "-setup")) or name.startswith("auth-account-")


def test_only_the_proxy_is_published_and_databases_are_reached_by_their_own_service_alone() -> None:
    services = compose_file()["services"]
    open_to_all = [
        name
        for name, service in services.items()
        for port in service.get("ports", [])
        if not port.startswith("127.0.0.1:")
    ]
    assert set(open_to_all) == {"proxy"}
    networks = compose_file()["networks"]
    for service in SERVICES:
        data = f"{service.name}-data"
        assert networks[data] == {"internal": True}
        assert services[f"{service.name}-database"]["networks"] == [data]
        on_it = {name for name, one in services.items() if data in one["networks"]}
        assert {name.partition("-")[0] for name in on_it} == {service.name}


def test_logs_of_every_own_container_go_where_the_profile_collects_them() -> None:
    own = {name for name, service in compose_file()["services"].items() if not service.get("profiles")}
    text = re.sub(r"!override ", "", (DOCKER / "compose.logs.yaml").read_text())
    assert set(yaml.safe_load(text)["services"]) == own


def test_images_are_told_what_their_labels_say() -> None:
    labelled = set(re.findall(r"\$\{(\w+)\}", (DOCKER / "Dockerfile").read_text().partition("LABEL")[2]))
    builds = [service["build"]["args"] for service in compose_file()["services"].values() if "build" in service]
    assert [build["SERVICE"] for build in builds] == ["auth", "inventory", "orders", "payment", "aggregator"]
    assert all(labelled <= set(build) for build in builds)
    for target in ("images", "compose-demo"):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
        told = set(re.findall(r"\b([A-Z]+)=\$\(", done.stdout))
        assert labelled - told == {"SERVICE", "VERSION"}


def test_only_migrations_may_take_longer_than_the_roles_own_bounds() -> None:
    services = compose_file()["services"]
    bounds = {name: service.get("environment", {}).get("PGOPTIONS") for name, service in services.items()}
    assert {name: value for name, value in bounds.items() if value} == {
        f"{service.name}-migrate": "-c statement_timeout=15min -c lock_timeout=4s" for service in SERVICES
    }


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of docker/ with the secrets that an operator would have drawn."""
    folder = tmp_path_factory.mktemp("docker")
    shutil.copytree(DOCKER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("secrets", ".env", "mail"))
    subprocess.run(["sh", str(folder / "make-secrets.sh")], check=True, capture_output=True)
    return folder


def test_secrets_are_drawn_once_and_the_folder_is_its_owners(drawn: Path) -> None:
    secrets = drawn / "secrets"
    named = {Path(secret["file"]).name for secret in compose_file()["secrets"].values()}
    assert named == {path.name for path in secrets.iterdir()}
    assert secrets.stat().st_mode & 0o777 == 0o700
    # Read by the containers' users, written into by their owner.
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o644}
    values = [path.read_text() for path in secrets.iterdir() if path.stat().st_size]
    assert len(set(values)) == len(values)
    again = subprocess.run(["sh", str(drawn / "make-secrets.sh")], check=True, capture_output=True, text=True)
    assert (again.stdout, again.stderr) == ("", "")
    assert [path.read_text() for path in secrets.iterdir() if path.stat().st_size] == values


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_production_starts_with_what_compose_gives_it(drawn: Path, service: Service) -> None:
    services = compose_file()["services"]
    named = services[service.name]
    for other in ("worker", "migrate"):
        told = services[f"{service.name}-{other}"]
        environment = {key: value for key, value in told["environment"].items() if key != "PGOPTIONS"}
        assert (environment, told["secrets"]) == (named["environment"], named["secrets"])
    files = {}
    for secret in named["secrets"]:
        source, target = (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])
        files[f"/run/secrets/{target}"] = str(drawn / "secrets" / source)
    environment = {name: files.get(str(value), str(value)) for name, value in named["environment"].items()}
    assert all("/run/secrets/" not in value for value in environment.values())
    done = subprocess.run(
        [sys.executable, "-c", START, f"{service.name}_service.settings"],
        cwd=service.folder,
        env={"PATH": "/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
