"""The rendered chart, run as pods: its commands, settings, secrets, users and read-only roots are such as work."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from local import demo_accounts
from local.services import SERVICES
from tests.deploy.engine import Engine
from tests.deploy.pods import HOST, Pods
from tests.deploy.stack import eventually
from tests.deploy.test_compose import Buyer

ASK_WORKER = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/readyz').status)"


@pytest.fixture(scope="module")
def pods(engine: Engine, images: object, podman: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    """All five services as the chart for development has them, migrated, each with its database."""
    one = Pods(engine, tmp_path_factory.mktemp("pods"))
    try:
        version = one.start()
        print(f"podman {version}")
        assert int(version.partition(".")[0]) >= 5
        one.play_databases()
        for service in SERVICES:
            eventually(partial(one.has_database, service.name), seconds=90, what=f"{service.name}'s database is ready")
        for service in SERVICES:
            one.play("Job", f"shop-{service.name}-migrate")
            codes = one.exit_codes(f"shop-{service.name}-migrate-pod")
            assert set(codes.values()) == {0}, (codes, one.logs(f"shop-{service.name}-migrate-pod"))
        for service in SERVICES:
            published = ("--publish", "8000:8000") if service.name == "aggregator" else ()
            one.play("Deployment", f"shop-{service.name}-web", *published)
            one.play("Deployment", f"shop-{service.name}-worker")
        for service in SERVICES:
            eventually(partial(one.is_ready, service.name), seconds=90, what=f"{service.name} is ready")
        yield one
    finally:
        one.stop()


def test_the_charts_own_test_passes(pods: Pods) -> None:
    pods.play("Pod", "shop-test")
    codes = pods.exit_codes("shop-test")
    assert codes == {"shop-test-test": 0}, pods.logs("shop-test")


def test_pods_are_contained(pods: Pods) -> None:
    for service in SERVICES:
        for process in ("web", "worker"):
            found = pods.inspect(f"shop-{service.name}-{process}-pod-{process}")
            assert found["Config"]["User"].startswith("10001"), service.name
            assert found["HostConfig"]["ReadonlyRootfs"], service.name
            assert found["EffectiveCaps"] in (None, []), service.name
            assert found["HostConfig"]["Memory"] > 0, service.name
            assert found["RestartCount"] == 0, service.name
        said = pods.podman("exec", f"shop-{service.name}-worker-pod-worker", "python", "-c", ASK_WORKER)
        assert said.strip() == "200", service.name


def test_people_buy_from_pods(pods: Pods, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.json"
    demo_accounts.write_accounts(accounts)
    for name in ("auth", "inventory", "orders"):
        web = f"shop-{name}-web-pod-web"
        pods.give(web, "/tmp/accounts.json", accounts.read_text())
        # Images of products are a bucket's, which the example has none of.
        pods.podman(
            *("exec", "--env", "MEDIA_ROOT=/tmp/media", web),
            *("python", "manage.py", "load_demo", "--accounts", "/tmp/accounts.json"),
        )
    assert Buyer(pods, 1, Host=HOST).check_out()["status_code"] == 201
