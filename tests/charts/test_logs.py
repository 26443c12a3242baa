"""From a service's real log lines to what the store holds: the pipeline's filters, run on them; its field types."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from local.services import ROOT
from tests.charts.manifests import objects, of_kind, pods
from tests.charts.opensearch import FakeOpenSearch
from tests.charts.pipeline import Filters, parse

MONITORING = ROOT / "monitoring"
PIPELINE = MONITORING / "logstash" / "pipeline.conf"
LOGS, DEAD_LETTERS = INDICES = ("shop-logs-%{+YYYY.MM.dd}", "shop-dead-letters-%{+YYYY.MM.dd}")
REQUEST, ACCOUNT = "4f2c1d9ae8b24f6f9d0f3c7b5a1e2d33", "0199c3a2-7b1e-7c3a-9f11-2b6d0c4e5f60"

# What a service prints, by its own logging: an access line, an error with its traceback, a line with words of its own.
PRINT = f"""
import django; django.setup()
import logging
from chassis.logs import account_id, request_id
request_id.set("{REQUEST}"); account_id.set("{ACCOUNT}")
logging.getLogger("access").info(
    "request", extra={{"method": "GET", "path": "/api/v1/orders", "status": 200, "duration_ms": 12.4}}
)
try:
    {{}}["absent"]
except KeyError:
    logging.getLogger("orders.services").exception("could not confirm")
logging.getLogger("chassis.jobs").warning("a job was given up", extra={{"task": "send_mail", "attempts": 9}})
"""


@cache
def printed() -> tuple[str, ...]:
    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT / "orders_service",
        env={
            **os.environ,
            "ENVIRONMENT": "development",
            "DJANGO_SETTINGS_MODULE": "orders_service.settings",
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(done.stdout.splitlines())


def collected(line: str) -> dict[str, Any]:
    """An event as Fluent Bit posts it."""
    return {
        "collected_at": "2026-11-26T12:45:52.400000Z",
        "log": line,
        "stream": "stdout",
        "_p": "F",
        "time": "2026-11-26T12:45:52.399999999Z",
        "pod": "shop-orders-web-6d5f7c9b8-x2x7q",
        "container": "web",
    }


@pytest.fixture(scope="module")
def filters() -> Filters:
    return Filters(PIPELINE)


def test_an_access_line_keeps_who_what_and_when(filters: Filters) -> None:
    event, indices = filters.run(collected(printed()[0]))
    time = json.loads(printed()[0])["timestamp"]
    more = event.pop("more")
    assert event == {
        "@timestamp": time,
        "service": "orders",
        "level": "INFO",
        "logger": "access",
        "message": "request",
        "request_id": REQUEST,
        "account_id": ACCOUNT,
        "method": "GET",
        "path": "/api/v1/orders",
        "status": 200,
        "duration_ms": 12.4,
        "pod": "shop-orders-web-6d5f7c9b8-x2x7q",
        "container": "web",
        **({"trace_id": event["trace_id"]} if "trace_id" in event else {}),
    }
    assert more == {}
    assert indices == [LOGS]


def test_an_error_keeps_its_traceback_as_one(filters: Filters) -> None:
    event, indices = filters.run(collected(printed()[1]))
    assert (event["level"], event["message"], event["request_id"]) == ("ERROR", "could not confirm", REQUEST)
    assert event["exception"].startswith("Traceback (most recent call last):\n")
    assert event["exception"].endswith("KeyError: 'absent'")
    assert indices == [LOGS]


def test_other_words_of_a_line_are_kept_and_are_no_fields_of_their_own(filters: Filters) -> None:
    event, _ = filters.run(collected(printed()[2]))
    assert event["more"] == {"task": "send_mail", "attempts": 9}
    assert "log" not in event


def test_trace_ids_are_kept(filters: Filters) -> None:
    line = json.dumps({**json.loads(printed()[0]), "trace_id": "0af7651916cd43dd8448eb211c80319c"})
    assert filters.run(collected(line))[0]["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "cut off in the midd',
        '{"status": "ok"}',
        "LOG:  checkpoint starting: time",
        "[2026-11-26 12:45:52 +0000] [1] [INFO] Booting worker",
        "",
        "[1, 2, 3]",
    ],
)
def test_what_is_no_line_of_ours_is_kept_apart_as_it_was(filters: Filters, line: str) -> None:
    event, indices = filters.run(collected(line))
    assert indices == [DEAD_LETTERS]
    assert (event["log"], event["tags"]) == (line, ["malformed"])
    assert (event["pod"], event["container"]) == ("shop-orders-web-6d5f7c9b8-x2x7q", "web")


def test_a_process_that_dies_before_its_logging_is_set_up_is_an_error_of_its_service(filters: Filters) -> None:
    traceback = 'Traceback (most recent call last):\n  File "manage.py", line 9\nImproperlyConfigured: Set SECRET_KEY'
    event, indices = filters.run(collected(traceback))
    assert (event["service"], event["level"], event["exception"]) == ("orders", "ERROR", traceback)
    assert event["message"] == "a process ended with a traceback"
    assert indices == [LOGS]


def test_a_line_without_a_time_that_can_be_read_is_kept_with_the_time_of_its_arrival(filters: Filters) -> None:
    line = json.dumps({**json.loads(printed()[0]), "timestamp": "yesterday"})
    event, indices = filters.run(collected(line))
    assert (event["@timestamp"], event["tags"], indices) == ("now", ["untimed"], [LOGS])


SECRETS = {
    "ada.lovelace+shop@example.co.uk": "[e-mail]",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl": "[token]",
    "postgres://orders:hunter2@db:5432/orders": "postgres://[credentials]@db:5432/orders",
    "4242 4242 4242 4242": "[number]",
    "4242-4242-4242-4242": "[number]",
    "198.51.100.23": "[address]",
    "2001:db8::8a2e:370:7334": "[address]",
    "2001:0DB8:0000:0000:0000:8A2E:0370:7334": "[address]",
    "fe80::": "[address]",
    "::1": "[address]",
    "::ffff:198.51.100.23": "::ffff:[address]",
    "[2001:db8::1]:5432": "[[address]]:5432",
}


@pytest.mark.parametrize(("secret", "shown"), SECRETS.items())
def test_personal_data_is_masked_wherever_it_stands(filters: Filters, secret: str, shown: str) -> None:
    line = {
        **json.loads(printed()[1]),
        "message": f"sent to {secret} twice",
        "exc_info": f"E: {secret}\n{secret}",
        "stack_info": f"S: {secret}",
        "path": f"/{secret}",
        "error": f'"{secret}"\n{secret}\t\\ {secret}',
        "nested": {"deep": [secret, {"deeper": secret}], "count": 3, "share": 0.1234567890123456, "none": None},
    }
    event, _ = filters.run(collected(json.dumps(line)))
    assert event["message"] == f"sent to {shown} twice"
    assert event["exception"] == f"E: {shown}\n{shown}"
    assert event["stack"] == f"S: {shown}"
    # A slash may belong to an e-mail address.
    assert event["path"] in {f"/{shown}", shown}
    assert event["more"] == {
        "error": f'"{shown}"\n {shown}\t \\ {shown}',
        "nested": {"deep": [shown, {"deeper": shown}], "count": 3, "share": 0.1234567890123456, "none": None},
    }
    foreign, _ = filters.run(collected(f"LOG: {secret}"))
    assert foreign["log"] == f"LOG: {shown}"
    # What finds a line again is no personal data.
    assert (event["request_id"], event["account_id"]) == (REQUEST, ACCOUNT)
    assert "rest" not in event
    assert "tags" not in event


def test_a_cards_number_that_is_a_number_is_masked_too(filters: Filters) -> None:
    event, _ = filters.run(collected(json.dumps({**json.loads(printed()[1]), "card": 4242424242424242, "n": 42})))
    assert event["more"] == {"card": "[number]", "n": 42}


def test_what_cannot_be_read_again_after_masking_is_kept_as_masked_text(filters: Filters) -> None:
    event, indices = filters.run(collected(json.dumps({**json.loads(printed()[1]), "cards": [4242424242424242]})))
    assert event["more"] == {"text": '{"cards":[[number]]}'}
    assert (event["tags"], indices) == (["unparsed"], [LOGS])


@pytest.mark.parametrize(
    "harmless",
    [
        "at 12:45:52.399999 on 2026-11-26",
        "tests/test_cart.py::test_add and std::abc",
        "of 01234567-1234-7123-8123-123456789012",
        "took 0.1234567890123456 s",
        "00:1a:2b:3c:4d:5e",
        "f" * 32,
    ],
)
def test_times_ids_and_names_are_left_alone(filters: Filters, harmless: str) -> None:
    line = json.dumps({**json.loads(printed()[1]), "message": harmless, "error": harmless})
    event, _ = filters.run(collected(line))
    assert (event["message"], event["more"]) == (harmless, {"error": harmless})


def test_the_store_knows_every_field_that_the_pipeline_writes(filters: Filters) -> None:
    template = json.loads((MONITORING / "opensearch" / "template-logs.json").read_text())
    known = template["template"]["mappings"]["properties"]
    assert template["template"]["mappings"]["dynamic"] is False
    everything = {**json.loads(printed()[1]), "trace_id": "a", "span_id": "b", "stack_info": "c"}
    for line in (*printed(), json.dumps(everything), "Traceback (most recent call last):\nE"):
        event, _ = filters.run(collected(line))
        assert set(event) <= known.keys(), set(event) - known.keys()
    dead = json.loads((MONITORING / "opensearch" / "template-dead-letters.json").read_text())
    event, _ = filters.run(collected("no line"))
    assert set(event) <= dead["template"]["mappings"]["properties"].keys()


def test_templates_and_retention_fit_the_indices_that_are_written() -> None:
    patterns = {
        pattern
        for path in (MONITORING / "opensearch").glob("template-*.json")
        for pattern in json.loads(path.read_text())["index_patterns"]
    }
    policy = json.loads((MONITORING / "opensearch" / "retention.json").read_text())["policy"]
    assert {f"{index.removesuffix('%{+YYYY.MM.dd}')}*" for index in (LOGS, DEAD_LETTERS)} == patterns
    assert set(policy["ism_template"][0]["index_patterns"]) == patterns
    states = {state["name"]: state for state in policy["states"]}
    seen, name = [], policy["default_state"]
    while states[name]["transitions"]:
        seen.append(name)
        (step,) = states[name]["transitions"]
        name = step["state_name"]
    assert states[name]["actions"] == [{"delete": {}}]
    assert step["conditions"] == {"min_index_age": "30d"}  # what setup.sh writes RETENTION_DAYS over


def test_every_variable_of_logstash_and_fluent_bit_is_set_by_the_chart() -> None:
    """`${NAME}` without a default must come from the pod; so must what the shell scripts read."""
    for example in ("dev", "prod"):
        given = {
            pod.name: {variable["name"] for variable in pod.containers[0].get("env", [])}
            for pod in pods(objects("mylittleshopping", example))
        }
        asked = {
            "shop-logstash": PIPELINE.read_text() + (MONITORING / "logstash" / "logstash.yml").read_text(),
            "shop-fluent-bit": "".join(
                (MONITORING / "fluent-bit" / name).read_text() for name in ("common.conf", "kubernetes.conf")
            ),
        }
        for pod, text in asked.items():
            assert set(re.findall(r"\$\{(\w+)\}", text)) <= given[pod]
        assert {"OPENSEARCH_URL", "RETENTION_DAYS"} <= given["shop-log-store-setup"]


def test_logstash_keeps_its_queue_on_disk() -> None:
    settings = yaml.safe_load((MONITORING / "logstash" / "logstash.yml").read_text())
    assert (settings["queue.type"], settings["dead_letter_queue.enable"]) == ("persisted", True)
    for example in ("dev", "prod"):
        (logstash,) = [
            one
            for one in of_kind(objects("mylittleshopping", example), "StatefulSet")
            if one["metadata"]["name"] == "shop-logstash"
        ]
        (container,) = logstash["spec"]["template"]["spec"]["containers"]
        claims = {one["metadata"]["name"] for one in logstash["spec"]["volumeClaimTemplates"]}
        mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        # Logstash's own folder for the queue and for dead letters.
        assert mounted["/usr/share/logstash/data"] in claims


def test_the_two_ends_meet() -> None:
    """Fluent Bit posts to the port that the pipeline listens on; what it sends is what the pipeline decodes."""
    ((_, inputs),) = [(name, body) for name, body in parse(PIPELINE).items() if name == "input"]
    options = {key: value[0] for key, value in inputs[0][1]}
    output = sections((MONITORING / "fluent-bit" / "common.conf").read_text())["OUTPUT"][0]
    assert (inputs[0][0], options["codec"], options["port"]) == ("http", "json", 8080)
    assert (output["Name"], output["Format"], output["Retry_Limit"]) == ("http", "json", "no_limits")


@pytest.mark.parametrize("name", ["kubernetes.conf", "compose.conf"])
def test_fluent_bit_buffers_on_disk_and_takes_a_traceback_for_one(name: str) -> None:
    found = sections(expanded(name))
    assert all(one["storage.type"] == "filesystem" for one in found["INPUT"])
    assert found["SERVICE"][0]["storage.path"].startswith("/state/")
    *_, multiline = [one for one in found["FILTER"] if one["Name"] == "multiline"]
    assert (multiline["multiline.parser"], multiline["multiline.key_content"]) == ("python", "log")
    assert all(one["Match"] == "shop.*" for one in found["FILTER"] + found["OUTPUT"])


def test_what_a_container_runtime_cut_is_joined_before_anything_else_is_done_with_it() -> None:
    """Docker's fluentd driver and the runtimes of a cluster both cut lines at 16 KiB."""
    first, second, *_ = sections(expanded("compose.conf"))["FILTER"]
    assert (first["Name"], first["mode"], first["multiline.key_content"]) == ("multiline", "partial_message", "log")
    # The two exclude each other.
    assert "multiline.parser" not in first
    assert second["multiline.parser"] == "python"
    (tail,) = sections(expanded("kubernetes.conf"))["INPUT"]
    assert tail["multiline.parser"] == "cri"


def expanded(name: str) -> str:
    """A file of Fluent Bit's with those that it includes, where it includes them."""
    text = (MONITORING / "fluent-bit" / name).read_text()
    return re.sub(r"^@INCLUDE (.+)$", lambda included: expanded(included[1]), text, flags=re.MULTILINE)


def sections(text: str) -> dict[str, list[dict[str, str]]]:
    """Fluent Bit's classic format: sections of keys and values."""
    found: dict[str, list[dict[str, str]]] = {}
    for line in _lines(text):
        if line.startswith("["):
            found.setdefault(line.strip("[]"), []).append({})
            latest = found[line.strip("[]")][-1]
        elif not line.startswith("@"):
            key, value = line.split(None, 1)
            latest[key] = value
    return found


def _lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


def set_up(store: FakeOpenSearch, **variables: str) -> None:
    done = subprocess.run(
        ["sh", MONITORING / "opensearch" / "setup.sh"],
        env={**os.environ, "OPENSEARCH_URL": store.url, "SETUP_TRIES": "2", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stores_setup_asks_for_what_the_api_takes() -> None:
    """setup.sh against a server that speaks OpenSearch's API; the second time the policy is named by its version."""
    with FakeOpenSearch() as store:
        for days in ("30", "7"):
            set_up(store, RETENTION_DAYS=days, OPENSEARCH_USER="shop", OPENSEARCH_PASSWORD='pa"ss')
    assert store.documents["/_index_template/shop-logs"]["index_patterns"] == ["shop-logs-*"]
    assert store.documents["/_index_template/shop-dead-letters"]["index_patterns"] == ["shop-dead-letters-*"]
    ages = json.dumps(store.documents["/_plugins/_ism/policies/shop-retention"])
    assert '"7d"' in ages
    assert '"30d"' not in ages
    assert store.credentials == {'shop:pa"ss'}
    # A cluster's store has no Dashboards of ours.
    assert not [path for path in store.documents if path.startswith("/api/")]


def test_a_changed_retention_reaches_the_indices_that_are_there() -> None:
    with FakeOpenSearch() as store:
        set_up(store, RETENTION_DAYS="30")
        of_before = store.documents["/_plugins/_ism/policies/shop-retention"]
        ours, others = ["shop-logs-2026.11.25", "shop-dead-letters-2026.11.25"], ["somebody-elses"]
        store.managed = dict.fromkeys([*ours, *others], of_before)
        set_up(store, RETENTION_DAYS="7")
    assert {index for index, policy in store.managed.items() if '"7d"' in json.dumps(policy)} == set(ours)


def test_dashboards_are_told_what_to_show_and_may_be_told_again() -> None:
    with FakeOpenSearch() as store:
        for _time in range(2):
            set_up(store, DASHBOARDS_URL=store.url)
    saved = {tuple(path.split("/")[3:]): body for path, body in store.documents.items() if path.startswith("/api/")}
    patterns = {ident: body["attributes"] for (kind, ident), body in saved.items() if kind == "index-pattern"}
    assert {one["title"] for one in patterns.values()} == {f"{i.removesuffix('%{+YYYY.MM.dd}')}*" for i in INDICES}
    assert {one["timeFieldName"] for one in patterns.values()} == {"@timestamp"}
    search = saved["search", "shop-errors"]
    source = json.loads(search["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    (reference,) = search["references"]
    assert (reference["name"], reference["type"]) == (source["indexRefName"], "index-pattern")
    template = json.loads((MONITORING / "opensearch" / "template-logs.json").read_text())
    fields = template["template"]["mappings"]["properties"]
    assert patterns[reference["id"]]["title"] in template["index_patterns"]
    assert set(search["attributes"]["columns"]) <= fields.keys()
    assert set(re.findall(r"(\w+):", source["query"]["query"])) <= fields.keys()


def test_compose_names_its_dashboards_to_the_setup() -> None:
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    assert services["opensearch-setup"]["environment"]["DASHBOARDS_URL"] == "http://opensearch-dashboards:5601"
    assert services["opensearch-setup"]["networks"] == services["opensearch-dashboards"]["networks"]
