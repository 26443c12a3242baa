"""Charts render to what is committed, lint, fit Kubernetes' own schemas, and refuse what cannot work."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from local.charts import EXAMPLES, NAMESPACE, Example, helm
from tests.charts.manifests import load, objects, rendered, title

CHARTS = ["mylittleshopping", "databases"]
OLDEST = 32
VERSIONS = sorted(
    {f"1.{minor}" for minor in range(OLDEST, int(kubernetes_validate.latest_version().split(".")[1]) + 1)}
)
# Custom resources: their operators' schemas are not Kubernetes'.
CUSTOM = {"monitoring.coreos.com/v1", "gateway.networking.k8s.io/v1", "pgv2.percona.com/v2"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.chart}-{one.name}")
def test_examples_are_committed_as_they_render(example: Example) -> None:
    assert rendered(example.chart, example.name) == example.rendered.read_text(), (
        "the rendered example is out of date: run `make charts` and commit it"
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.chart}-{one.name}")
def test_helm_lint_has_nothing_to_say(example: Example) -> None:
    done = helm("lint", "--strict", example.chart_folder, "--values", example.values, "--namespace", NAMESPACE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_fit_the_schemas_of_kubernetes(version: str) -> None:
    """One object of each shape: the five services' differ in names and numbers only."""
    shapes: dict[str, dict[str, Any]] = {}
    for example in EXAMPLES:
        for thing in objects(example.chart, example.name):
            if thing["apiVersion"] not in CUSTOM:
                shapes.setdefault(_shape(thing), thing)
    assert len(shapes) > 40
    for thing in shapes.values():
        try:
            kubernetes_validate.validate(thing, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            pytest.fail(f"{title(thing)} under {version}: {error.message} at {list(error.path)}")


def _shape(thing: Any) -> str:
    """Which fields there are, and the words among their values that a schema could know."""
    if isinstance(thing, dict):
        return "{" + ",".join(f"{key}:{_shape(value)}" for key, value in sorted(thing.items())) + "}"
    if isinstance(thing, list):
        return "[" + ",".join(sorted({_shape(each) for each in thing})) + "]"
    return str(thing) if isinstance(thing, str) and thing.isalpha() and thing[0].isupper() else type(thing).__name__


def test_the_schemas_tell_a_wrong_field() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize("chart", CHARTS)
def test_every_value_has_its_words(chart: str) -> None:
    """A comment above each value, or above the map that is written on one line with it."""
    lines = (Path("helm") / chart / "values.yaml").read_text().splitlines()
    bare = []
    for place, line in enumerate(lines):
        text = line.strip()
        if not text or text.startswith(("#", "-")) or text.endswith(":"):
            continue
        # `requests:` and `limits:` are Kubernetes' own words, below a commented `resources:`.
        if text.startswith(("requests:", "limits:")):
            continue
        if not lines[place - 1].strip().startswith("#"):
            bare.append(f"{place + 1}: {text}")
    assert bare == []


@pytest.mark.parametrize("chart", CHARTS)
def test_the_schema_knows_every_value_and_nothing_else(chart: str) -> None:
    folder = Path("helm") / chart
    schema = json.loads((folder / "values.schema.json").read_text())
    values = yaml.safe_load((folder / "values.yaml").read_text())
    assert sorted(values) == sorted(schema["properties"])
    for where, part in _objects_of(schema, "$"):
        assert part.get("additionalProperties", "open") is not True, where
        assert "additionalProperties" in part, f"{where} takes anything"


def _objects_of(schema: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield where, schema
        for key, part in schema.items():
            yield from _objects_of(part, f"{where}.{key}")


# What a value must not be, and what Helm answers: by the schema, or by templates/checks.yaml.
REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("mylittleshopping", "prod", {"replicas": 3}, "Additional property replicas is not allowed"),
    ("mylittleshopping", "prod", {"services": {"auth": {"web": {"replica": 3}}}}, "replica is not allowed"),
    ("mylittleshopping", "prod", {"services": {"search": {"host": "a.b"}}}, "search is not allowed"),
    ("mylittleshopping", "prod", {"services": {"auth": {"host": "not a host"}}}, "services.auth.host"),
    ("mylittleshopping", "prod", {"image": {"tag": "latest"}}, "image.tag"),
    ("mylittleshopping", "prod", {"environment": "staging"}, "environment"),
    ("mylittleshopping", "prod", {"defaults": {"web": {"workers": "two"}}}, "defaults.web.workers"),
    ("mylittleshopping", "prod", {"media": {"publicUrl": "http://images.example.com/"}}, "media.publicUrl"),
    ("mylittleshopping", "prod", {"gateway": {"timeoutSeconds": 10}}, "gateway.timeoutSeconds"),
    ("mylittleshopping", "prod", {"mailjet": {"cidrs": ["300.0.0.0/99"]}}, "mailjet.cidrs.0"),
    ("mylittleshopping", "prod", {"logs": {"logstash": {"image": "logstash:latest"}}}, "logs.logstash.image"),
    (
        "mylittleshopping",
        "prod",
        {"defaults": {"web": {"terminationSeconds": 35}}},
        "web.terminationSeconds (35) must be more than drainSeconds and gracefulSeconds together (35)",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"auth": {"web": {"minAvailable": 2}}}},
        "services.auth.web.minAvailable is 2 of 2 pods: no node could ever be drained.",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"auth": {"web": {"autoscaling": {"min": 9, "max": 4}}}}},
        "services.auth.web.autoscaling: min (9) is more than max (4).",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"payment": {"config": {"SECRET_KEY": "a"}}}},
        "services.payment.config.SECRET_KEY: it is a secret",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"orders": {"secret": {"data": {"SECRET_KEY": "a"}}}}},
        "services.orders.secret: set existing or data, not both.",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"orders": {"secret": {"existing": ""}}}},
        "services.orders.secret: name an existing secret, or give data.SECRET_KEY.",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"orders": {"database": {"secret": "elsewhere"}}}},
        "say where it is in services.orders.database.egress",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"orders": {"database": {"egress": [{"cidr": "10.0.0.5/32", "port": 5432}]}}}},
        "name its secret in services.orders.database.secret",
    ),
    (
        "mylittleshopping",
        "prod",
        {"services": {"orders": {"database": {"secret": "far", "egress": [{"cidr": "10.0.0.5/32", "port": 5432}]}}}},
        "say in databases.tls.caSecret who signed its certificate",
    ),
    (
        "mylittleshopping",
        "prod",
        {"serviceAccounts": {"accounts": {"shop-aggregator": {"key": "ANOTHER_SECRET"}}}},
        "one must have the key SERVICE_CLIENT_SECRET",
    ),
    (
        "mylittleshopping",
        "prod",
        {"migrations": {"waitSeconds": 1500}},
        "migrations.deadlineSeconds (1500) must be more than migrations.waitSeconds (1500)",
    ),
    ("mylittleshopping", "prod", {"restored": {"orders": "2026-11-26 14:05:00"}}, "restored.orders"),
    ("mylittleshopping", "prod", {"restored": {"search": "2026-11-26 14:05:00Z"}}, "search is not allowed"),
    ("mylittleshopping", "prod", {"mailjet": {"enabled": False}}, "mailjet.enabled is false: production needs it"),
    ("mylittleshopping", "prod", {"media": {"bucket": ""}}, "production needs a bucket for product images"),
    ("mylittleshopping", "prod", {"media": {"publicUrl": ""}}, "say where browsers get the images"),
    ("mylittleshopping", "prod", {"databases": {"tls": {"mode": "disable"}}}, "production talks to its databases"),
    ("mylittleshopping", "prod", {"gateway": {"parents": []}}, "gateway.parents is empty"),
    ("mylittleshopping", "prod", {"gateway": {"create": True, "className": "eg"}}, "exclude each other"),
    ("mylittleshopping", "dev", {"gateway": {"className": ""}}, "gateway.create needs gateway.className"),
    ("mylittleshopping", "prod", {"metrics": {"secret": ""}}, "give the token that Prometheus shows"),
    ("mylittleshopping", "prod", {"metrics": {"token": "a"}}, "metrics: set secret or token, not both."),
    ("mylittleshopping", "prod", {"tracing": {"enabled": True}}, "tracing.enabled needs tracing.endpoint."),
    ("mylittleshopping", "prod", {"logs": {"store": {"url": ""}}}, "give logs.store.url"),
    ("mylittleshopping", "prod", {"logs": {"store": {"egress": []}}}, "say where it is in logs.store.egress"),
    ("mylittleshopping", "prod", {"logs": {"store": {"mode": "internal"}}}, "set logs.store.mode to external"),
    ("mylittleshopping", "dev", {"networkPolicy": {"enabled": False}}, "relies on network policies"),
    ("databases", "prod", {"backup": {}}, "Additional property backup is not allowed"),
    ("databases", "prod", {"defaults": {"replicas": 0}}, "defaults.replicas"),
    ("databases", "prod", {"backups": {"schedules": {"full": "weekly"}}}, "backups.schedules.full"),
    ("databases", "prod", {"postgresVersion": 17}, "is not of PostgreSQL 17: change both together"),
    ("databases", "prod", {"prefix": "marketplace"}, "the operator allows 22 characters"),
    ("databases", "prod", {"backups": {"bucket": ""}}, "name a bucket, or say with backups.allowNone"),
    ("databases", "prod", {"backups": {"secret": ""}}, "backups.secret is empty"),
    ("databases", "prod", {"bootstrap": {"enabled": True}}, "bootstrap.bucket is empty"),
    (
        "databases",
        "prod",
        {
            "bootstrap": {
                "enabled": True,
                "bucket": "shop-backups",
                "region": "fr-par",
                "endpoint": "s3.fr-par.scw.cloud",
                "secret": "old",
            }
        },
        "the new databases would write into the backups that they come from",
    ),
    ("databases", "prod", {"restore": {"service": "orders"}}, "restore.name is empty"),
    (
        "mylittleshopping",
        "dev",
        {"services": {"aggregator": {"secret": {"data": {"AUDITOR_CLIENT_SECRET": "x" * 31}}}}},
        "services.aggregator.secret.data.AUDITOR_CLIENT_SECRET has 31 characters: the auth service takes 32 or more.",
    ),
    ("databases", "prod", {"restore": {"until": "2026-11-26 14:05:00+00"}}, "say in restore.service whose database"),
    ("databases", "prod", {"restore": {"service": "orders", "name": "a", "until": "yesterday"}}, "restore.until"),
    ("databases", "dev", {"restore": {"service": "payment", "name": "a"}}, "whose database is not the operator's"),
    (
        "databases",
        "dev",
        {"defaults": {"enabled": False}},
        "No service's database is enabled: there is nothing to install.",
    ),
]


@pytest.mark.parametrize(("chart", "example", "values", "message"), REFUSED, ids=lambda one: str(one)[:60])
def test_impossible_values_are_refused_with_a_reason(
    chart: str, example: str, values: dict[str, Any], message: str, tmp_path: Path
) -> None:
    more = tmp_path / "values.yaml"
    more.write_text(yaml.safe_dump(values))
    one = next(each for each in EXAMPLES if (each.chart, each.name) == (chart, example))
    # The templates that refuse need no others: what they read is all in the values.
    done = helm("template", "shop", one.chart_folder, "--values", one.values, "--values", more)
    assert done.returncode != 0
    assert message in done.stderr


POSSIBLE: list[tuple[str, str, dict[str, Any]]] = [
    (
        "mylittleshopping",
        "prod",
        {
            "databases": {"tls": {"caSecret": "system"}},
            "services": {
                "orders": {
                    "database": {
                        "secret": "far",
                        "key": "url",
                        "directSecret": "far",
                        "directKey": "direct",
                        "egress": [{"cidr": "203.0.113.5/32", "port": 6432}],
                    }
                }
            },
        },
    ),
    ("mylittleshopping", "prod", {"restored": {"auth": "2026-11-26T14:05:00Z"}}),
    ("mylittleshopping", "prod", {"tracing": {"enabled": True, "endpoint": "http://collector:4318"}}),
    ("mylittleshopping", "prod", {"gateway": {"enabled": False}, "logs": {"enabled": False}}),
    ("mylittleshopping", "prod", {"networkPolicy": {"enabled": False}, "metrics": {"enabled": False, "secret": ""}}),
    ("databases", "prod", {"restore": {"service": "orders", "name": "orders-1", "until": "2026-11-26 14:05:00+00"}}),
    (
        "databases",
        "prod",
        {
            "bootstrap": {
                "enabled": True,
                "bucket": "old-backups",
                "region": "eu-west-3",
                "endpoint": "s3.eu-west-3.amazonaws.com",
                "secret": "old-backups",
            }
        },
    ),
    ("databases", "prod", {"networkPolicy": {"enabled": False}, "restoreCheck": {"enabled": False}}),
]


@pytest.mark.parametrize(("chart", "example", "values"), POSSIBLE, ids=lambda one: str(one)[:60])
def test_other_uses_render_to_valid_objects(chart: str, example: str, values: dict[str, Any], tmp_path: Path) -> None:
    more = tmp_path / "values.yaml"
    more.write_text(yaml.safe_dump(values))
    one = next(each for each in EXAMPLES if (each.chart, each.name) == (chart, example))
    done = helm("template", "shop", one.chart_folder, "--values", one.values, "--values", more)
    assert done.returncode == 0, done.stderr
    for thing in load(done.stdout):
        if thing["apiVersion"] not in CUSTOM:
            kubernetes_validate.validate(thing, VERSIONS[-1], strict=True)


def test_behind_a_pooler_nothing_is_prepared(tmp_path: Path) -> None:
    more = tmp_path / "values.yaml"
    far = {"secret": "far", "directSecret": "far", "egress": [{"cidr": "203.0.113.5/32", "port": 6432}]}
    tls = {"tls": {"caSecret": "system"}}
    more.write_text(yaml.safe_dump({"databases": tls, "services": {"orders": {"database": far}}}))
    one = next(each for each in EXAMPLES if (each.chart, each.name) == ("mylittleshopping", "prod"))
    done = helm("template", "shop", one.chart_folder, "--values", one.values, "--values", more)
    configs = {
        thing["metadata"]["name"]: thing["data"].get("PREPARED_STATEMENTS")
        for thing in load(done.stdout)
        if thing["kind"] == "ConfigMap" and "DJANGO_SETTINGS_MODULE" in thing.get("data", {})
    }
    assert {name: value for name, value in configs.items() if value is not None} == {"shop-orders": "false"}
