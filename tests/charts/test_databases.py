"""The databases' chart: custom resources of documented fields, backups as promised, and the check that they restore."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import psycopg2  # type: ignore[import-untyped]
import pytest

from local.charts import render
from local.services import ROOT, SERVICES
from tests.charts.kubernetes_api import FakeKubernetes
from tests.charts.manifests import example_of, load, objects, of_kind, pods
from tests.charts.percona import SPECS

NAMES = [service.name for service in SERVICES]
SCRIPT = ROOT / "helm" / "databases" / "files" / "restore_check.py"


def clusters(*settings: str, example: str = "prod") -> dict[str, dict[str, Any]]:
    text = render(example_of("databases", example), *(part for one in settings for part in ("--set", one)))
    return {one["metadata"]["name"]: one for one in load(text) if one["apiVersion"] == "pgv2.percona.com/v2"}


BOOTSTRAP = (
    "bootstrap.enabled=true,bootstrap.bucket=old,bootstrap.region=eu-west-3,bootstrap.secret=old-backups,"
    "bootstrap.endpoint=s3.eu-west-3.amazonaws.com,bootstrap.until=2026-11-26 14:05:00+00"
)
RESTORE = "restore.service=orders,restore.name=orders-1,restore.until=2026-11-26 14:05:00+00"


@pytest.mark.parametrize(
    ("example", "settings"), [("dev", []), ("prod", []), ("prod", [BOOTSTRAP]), ("prod", [RESTORE])], ids=str
)
def test_custom_resources_have_documented_fields_alone(example: str, settings: list[str]) -> None:
    found = clusters(*settings, example=example)
    assert found
    for one in found.values():
        jsonschema.validate(one["spec"], SPECS[one["kind"]])
    for config in of_kind(objects("databases", example), "ConfigMap"):
        for key, text in config["data"].items():
            if key.endswith(".json"):
                jsonschema.validate(json.loads(text)["spec"], SPECS["PerconaPGCluster"])


def test_the_schema_refuses_what_the_operator_would_not_know() -> None:
    spec = clusters()["shop-orders"]["spec"]
    spec["backups"]["pgbackrest"]["repos"][0]["schedule"] = {"full": "0 1 * * 0"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec, SPECS["PerconaPGCluster"])


def test_each_service_has_a_database_with_daily_backups_in_an_encrypted_bucket() -> None:
    found = clusters()
    assert sorted(found) == sorted(f"shop-{name}" for name in NAMES)
    folders = set()
    for name in NAMES:
        spec = found[f"shop-{name}"]["spec"]
        assert spec["instances"][0]["replicas"] == 3
        backups = spec["backups"]["pgbackrest"]
        (repository,) = backups["repos"]
        full, incremental = repository["schedules"]["full"], repository["schedules"]["incremental"]
        # A full one on Sunday, an incremental one on each other day.
        assert (full.split()[4], incremental.split()[4]) == ("0", "1-6")
        assert backups["global"]["repo1-cipher-type"] == "aes-256-cbc"
        assert (backups["global"]["repo1-retention-full"], backups["global"]["repo1-retention-full-type"]) == (
            "5",
            "count",
        )
        assert backups["configuration"] == [{"secret": {"name": "shop-backups"}}]
        folders.add(backups["global"]["repo1-path"])
        (user,) = spec["users"]
        assert (user["name"], user["databases"]) == (name, [name])
        parameters = spec["patroni"]["dynamicConfiguration"]["postgresql"]["parameters"]
        # Errors quote what people typed: docs/security.md.
        assert (parameters["log_min_error_statement"], parameters["log_error_verbosity"]) == ("panic", "terse")
    assert len(folders) == len(NAMES)


def test_connections_suffice_for_all_pods_that_may_run() -> None:
    """Autoscalers at their most, a rollout's extra pod, a migration, an operator's psql."""
    parameters = {
        name: clusters()[f"shop-{name}"]["spec"]["patroni"]["dynamicConfiguration"]["postgresql"]["parameters"]
        for name in NAMES
    }
    things = objects("mylittleshopping", "prod")
    most = {one["metadata"]["name"]: one["spec"]["maxReplicas"] for one in of_kind(things, "HorizontalPodAutoscaler")}
    configs = {one["metadata"]["name"]: one["data"] for one in of_kind(things, "ConfigMap")}
    for deployment in of_kind(things, "Deployment"):
        name = deployment["metadata"]["labels"]["app.kubernetes.io/component"]
        if deployment["metadata"]["name"].endswith("-web"):
            config = configs[f"shop-{name}"]
            each = int(config["WEB_WORKERS"]) * int(config["WEB_THREADS"])
            needed = (most[deployment["metadata"]["name"]] + 1) * each + 3 * 5 + 10
            assert int(parameters[name]["max_connections"]) >= needed


def test_a_service_whose_database_is_elsewhere_gets_none() -> None:
    assert "shop-payment" not in clusters(example="dev")
    assert "shop-orders" in clusters(example="dev")


def test_a_new_platform_starts_from_the_backups_of_another() -> None:
    spec = clusters(BOOTSTRAP)["shop-orders"]["spec"]
    source = spec["dataSource"]["pgbackrest"]
    assert source["repo"] == {
        "name": "repo1",
        "s3": {"bucket": "old", "endpoint": "s3.eu-west-3.amazonaws.com", "region": "eu-west-3"},
    }
    assert source["global"]["repo1-path"] == "/mylittleshopping/orders"
    assert source["options"] == ["--type=time", '--target="2026-11-26 14:05:00+00"']
    assert spec["backups"]["pgbackrest"]["repos"][0]["s3"]["bucket"] == "shop-backups"


def test_a_restore_in_place_names_cluster_and_time() -> None:
    assert clusters(RESTORE)["orders-1"]["spec"] == {
        "pgCluster": "shop-orders",
        "repoName": "repo1",
        "options": ["--type=time", '--target="2026-11-26 14:05:00+00"'],
    }


def test_the_scratch_database_never_writes_into_the_bucket() -> None:
    (config,) = [
        one for one in of_kind(objects("databases", "prod"), "ConfigMap") if "restore-check" in one["metadata"]["name"]
    ]
    for name in NAMES:
        manifest = json.loads(config["data"][f"{name}.json"])
        assert manifest["metadata"]["finalizers"] == ["percona.com/delete-pvc", "percona.com/delete-ssl"]
        (repository,) = manifest["spec"]["backups"]["pgbackrest"]["repos"]
        assert repository.keys() == {"name", "volume"}
        source = manifest["spec"]["dataSource"]["pgbackrest"]
        real = clusters()[f"shop-{name}"]["spec"]["backups"]["pgbackrest"]
        # It reads what the real one writes.
        assert source["repo"]["s3"] == real["repos"][0]["s3"]
        assert source["global"].items() <= real["global"].items()
        assert source["configuration"] == real["configuration"]


def test_the_restore_check_may_touch_its_own_scratch_databases_alone() -> None:
    things = objects("databases", "prod")
    (role,) = of_kind(things, "Role")
    names = {f"shop-check-{name}" for name in NAMES}
    for rule in role["rules"]:
        if rule["verbs"] == ["create"]:
            assert rule["resources"] == ["perconapgclusters"]
            continue
        allowed = (
            names
            if rule["resources"] == ["perconapgclusters"]
            else {f"{n}-pguser-{n.rsplit('-', 1)[1]}" for n in names}
        )
        assert set(rule["resourceNames"]) == allowed
    (pod,) = [one for one in pods(things) if one.name == "shop-restore-check"]
    assert pod.containers[0]["command"][2:] == NAMES_IN_ORDER
    assert pod.owner["spec"]["concurrencyPolicy"] == "Forbid"


NAMES_IN_ORDER = ["aggregator", "auth", "inventory", "orders", "payment"]


# The script itself, against a real PostgreSQL and a server that speaks Kubernetes' API.


@pytest.fixture
def restored() -> Iterator[str]:
    """The address of a database as a service's backup would restore it."""
    own = os.environ.get("DATABASE_URL")
    if own is None:
        pytest.fail("needs a PostgreSQL: `make test-charts` gives one", pytrace=False)
    name = f"restored_{uuid.uuid4().hex}"
    _run(own, f"CREATE DATABASE {name}")
    address = f"{own.rsplit('/', 1)[0]}/{name}"
    _run(
        address,
        "CREATE TABLE django_migrations (id int PRIMARY KEY)",
        "CREATE TABLE jobs_schedule (task text PRIMARY KEY, due_at timestamptz)",
        "INSERT INTO jobs_schedule VALUES ('a', now() - interval '20 minutes'), ('b', now() - interval '40 h')",
        "CREATE TABLE orders_order (id int PRIMARY KEY, CONSTRAINT positive CHECK (id > 0))",
        "INSERT INTO orders_order SELECT generate_series(1, 500)",
    )
    yield address
    _run(own, f"DROP DATABASE {name} WITH (FORCE)")


def _run(address: str, *statements: str) -> None:
    session = psycopg2.connect(address)
    session.autocommit = True
    with session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    session.close()


@pytest.fixture
def kubernetes(restored: str, tmp_path: Path) -> Iterator[FakeKubernetes]:
    (tmp_path / "token").write_text("pod-token")
    (tmp_path / "namespace").write_text("shop")
    (config,) = [
        one for one in of_kind(objects("databases", "prod"), "ConfigMap") if "restore-check" in one["metadata"]["name"]
    ]
    for key, text in config["data"].items():
        (tmp_path / key).write_text(text)
    with FakeKubernetes(token="pod-token", namespace="shop", database=restored) as server:
        yield server


def check(
    kubernetes: FakeKubernetes, folder: Path, *services: str, timeout: str = "20"
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, SCRIPT, *services],
        env={
            **os.environ,
            "KUBERNETES_API": kubernetes.url,
            "POD_FILES": str(folder),
            "CHECK_FOLDER": str(folder),
            "CHECK_TIMEOUT_SECONDS": timeout,
            "CHECK_MAX_AGE_HOURS": "26",
            "CHECK_POLL_SECONDS": "0.05",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_backup_that_restores_is_read_and_thrown_away(kubernetes: FakeKubernetes, tmp_path: Path) -> None:
    # One that was cut off has left its cluster behind.
    kubernetes.clusters["shop-check-orders"] = {}
    done = check(kubernetes, tmp_path, "orders")
    assert done.returncode == 0, done.stdout + done.stderr
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["service"], last["level"]) == ("orders", "INFO")
    assert "3 tables, 502 rows, the newest 0.3 h old" in last["message"]
    assert kubernetes.log.index("DELETE shop-check-orders") < kubernetes.log.index("POST perconapgclusters")
    assert kubernetes.clusters == {}


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("UPDATE jobs_schedule SET due_at = now() - interval '30 h'", "the newest rows are 30.0 h old, more than 26"),
        ("DELETE FROM jobs_schedule", "backups or WAL are missing"),
        ("DROP TABLE django_migrations", "there is no table django_migrations"),
        ("ALTER TABLE orders_order ADD CONSTRAINT small CHECK (id < 9) NOT VALID", "not validated: small"),
    ],
)
def test_one_that_is_not_whole_fails_and_is_thrown_away_too(
    kubernetes: FakeKubernetes, restored: str, tmp_path: Path, damage: str, message: str
) -> None:
    _run(restored, damage)
    done = check(kubernetes, tmp_path, "orders")
    assert done.returncode == 1
    assert message in done.stdout
    assert kubernetes.clusters == {}


def test_one_that_never_comes_up_does_not_keep_the_others_from_being_checked(
    kubernetes: FakeKubernetes, tmp_path: Path
) -> None:
    kubernetes.never_ready = {"shop-check-auth"}
    done = check(kubernetes, tmp_path, "auth", "orders", timeout="1")
    assert done.returncode == 1
    assert "still initializing after 1 s" in done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["message"].startswith("restored and read")
    assert kubernetes.clusters == {}


def test_without_leave_it_says_so(kubernetes: FakeKubernetes, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("another")
    done = check(kubernetes, tmp_path, "orders")
    assert done.returncode == 1
    assert "401" in done.stdout
