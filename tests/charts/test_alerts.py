"""Every alert rings when it should, is silent in calm, and leads to the runbook; dashboards ask for what there is."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from backups import metrics
from backups.stamps import stamped
from local.services import ROOT
from tests.charts.tools import amtool, promtool

PROMETHEUS = ROOT / "monitoring" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yaml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yaml"))
DASHBOARDS = sorted((ROOT / "monitoring" / "grafana" / "dashboards").glob("*.json"))
RUNBOOK = ROOT / "docs" / "operations" / "runbook.md"


def rules() -> Iterator[dict[str, Any]]:
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def test_alerts_ring_and_are_silent_as_their_tests_say() -> None:
    done = subprocess.run(
        [promtool(), "test", "rules", *TESTS], capture_output=True, text=True, check=False, cwd=PROMETHEUS
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_are_well_formed() -> None:
    done = subprocess.run([promtool(), "check", "rules", *RULES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_test_in_which_it_rings_and_one_in_which_it_does_not() -> None:
    rings: set[str] = set()
    silent: set[str] = set()
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for one in test["alert_rule_test"]:
                (rings if one["exp_alerts"] else silent).add(one["alertname"])
    names = {alert["alert"] for alert in alerts()}
    assert len(names) > 15
    assert names - rings == set()
    assert names - silent == set()
    assert (rings | silent) - names == set()


def test_each_alert_leads_to_its_section_of_the_runbook() -> None:
    sections = {line.removeprefix("## ") for line in RUNBOOK.read_text().splitlines() if line.startswith("## ")}
    for alert in alerts():
        name = alert["alert"]
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
        assert alert["annotations"]["runbook_url"].endswith(f"/docs/operations/runbook.md#{name.lower()}")
        assert name in sections
    extra = {section for section in sections if re.fullmatch(r"[A-Z][a-z]+([A-Z][a-z]+)+", section)}
    assert extra == {alert["alert"] for alert in alerts()}, "sections of alerts that there are not"


def test_dashboards_ask_for_what_is_recorded_or_exposed() -> None:
    """Recorded series exist; each panel has its own place, and asks the datasource that a reader may choose."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        assert board["uid"].startswith("shop-")
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids)) > 5
        for panel in board["panels"]:
            assert panel["datasource"]["uid"] == "${datasource}"
            for target in panel["targets"]:
                assert set(re.findall(r"shop:\w+(?::\w+)*", target["expr"])) <= recorded, panel["title"]


def test_dashboards_queries_are_well_formed() -> None:
    """promtool knows the language: each query as a rule, with Grafana's variables filled in."""
    queries = [
        target["expr"].replace("$app", "orders")
        for path in DASHBOARDS
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    ]
    made = {"groups": [{"name": "queries", "rules": [{"record": f"q{n}", "expr": q} for n, q in enumerate(queries)]}]}
    done = subprocess.run(
        [promtool(), "check", "rules", "/dev/stdin"],
        input=yaml.safe_dump(made),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(queries)} rules found" in done.stdout


def test_the_operators_backups_become_the_metric_that_the_alert_reads() -> None:
    config = yaml.safe_load((ROOT / "monitoring" / "kube-state-metrics" / "backups.yaml").read_text())
    (resource,) = config["spec"]["resources"]
    names = {f"{resource['metricNamePrefix']}_{metric['name']}" for metric in resource["metrics"]}
    (record,) = [rule for rule in rules() if rule.get("record") == "shop:backup_age_seconds"]
    assert names == {"shop_backup_completed_timestamp_seconds"}
    assert "shop_backup_completed_timestamp_seconds" in record["expr"]
    assert resource["labelsFromPath"].keys() >= {"cluster", "state"}


def test_what_barman_backed_up_becomes_the_metric_that_the_alert_reads(tmp_path: Path) -> None:
    """On one machine and in compose: well formed, with the service as `app`, where Prometheus looks for it."""
    barman: Any = SimpleNamespace(home=tmp_path, servers=["auth", "orders"], directory=lambda server: tmp_path / server)
    (tmp_path / "orders").mkdir()
    with stamped(tmp_path / "orders", "take"):
        pass
    (tmp_path / "orders" / "completed").write_text("1795356000\n")
    told = metrics.exposition(barman)
    done = subprocess.run([promtool(), "check", "metrics"], input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    samples = [line for line in told.splitlines() if not line.startswith("#")]
    assert samples[0] == 'shop_backup_completed_timestamp_seconds{app="orders"} 1795356000'
    assert [line.rpartition(" ")[0] for line in samples[1:]] == [
        'shop_backup_succeeded_timestamp_seconds{command="take",app="orders"}'
    ]
    scraped = yaml.safe_load((ROOT / "monitoring" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    (job,) = [job for job in scraped if job["job_name"] == "backup"]
    assert [(each["names"], each["port"]) for each in job["dns_sd_configs"]] == [(["backup"], metrics.PORT)]
    services = yaml.safe_load((ROOT / "docker" / "compose.backup.yaml").read_text())["services"]
    assert set(services["prometheus"]["networks"]) <= set(services["backup"]["networks"])


def test_prometheus_of_compose_is_configured_and_tells_its_alertmanager() -> None:
    path = PROMETHEUS / "prometheus.yml"
    done = subprocess.run(
        [promtool(), "check", "config", "--syntax-only", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = yaml.safe_load(path.read_text())["alerting"]["alertmanagers"]
    assert told["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    for name in ("prometheus", "alertmanager"):
        assert services[name]["profiles"] == ["metrics"]
        assert "inner" in services[name]["networks"]


EXAMPLE = ROOT / "docker" / "example.alertmanager.yml"


def test_alertmanager_takes_the_example_as_it_is_and_filled_in(tmp_path: Path) -> None:
    filled_in = re.sub(r"^    #", "    ", EXAMPLE.read_text(), flags=re.MULTILINE)
    receivers = {each["name"]: each.keys() - {"name"} for each in yaml.safe_load(filled_in)["receivers"]}
    assert receivers == {"page": {"webhook_configs"}, "ticket": {"email_configs"}}
    (tmp_path / "filled-in.yml").write_text(filled_in)
    for path in (EXAMPLE, tmp_path / "filled-in.yml"):
        done = subprocess.run([amtool(), "check-config", path], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_goes_to_the_receiver_of_its_severity() -> None:
    for severity in {alert["labels"]["severity"] for alert in alerts()}:
        done = subprocess.run(
            [amtool(), "config", "routes", "test", f"--config.file={EXAMPLE}", f"severity={severity}", "app=orders"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [severity]
