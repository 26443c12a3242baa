"""Terraform: formatted, alike for every hosting provider, valid where the provider is at hand, and fit for the charts.

What cannot be had here is parsed only: docs/operations/unproven.md.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

from local.charts import NAMESPACE, helm
from local.services import ROOT, SERVICES
from tests.charts.tools import provider_mirror, terraform

TERRAFORM = ROOT / "terraform"
CLUSTERS = ["cluster-aws", "cluster-scaleway"]
ENVIRONMENTS = ["aws", "scaleway"]
NAMES = [service.name for service in SERVICES]


@cache
def parsed(folder: Path) -> dict[str, dict[str, Any]]:
    """A module's blocks by kind and name: variables, outputs, modules."""
    found: dict[str, dict[str, Any]] = {"variable": {}, "output": {}, "module": {}}
    for path in sorted(folder.glob("*.tf")):
        document = hcl2.loads(path.read_text())
        for kind, names in found.items():
            for block in document.get(kind, []):
                ((name, body),) = [(key, value) for key, value in block.items() if not key.startswith("__")]
                names[name.strip('"')] = body
    return found


def run(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([terraform(), *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_everything_is_formatted() -> None:
    done = run("fmt", "-check", "-recursive", "-no-color", cwd=TERRAFORM)
    assert done.returncode == 0, f"run `terraform fmt -recursive terraform`:\n{done.stdout}"


def test_every_file_parses() -> None:
    files = sorted(TERRAFORM.glob("**/*.tf"))
    assert len(files) > 15
    for path in files:
        hcl2.loads(path.read_text())


def test_clusters_take_the_same_variables_and_give_the_same_outputs() -> None:
    one, other = (TERRAFORM / "modules" / name for name in CLUSTERS)
    assert (one / "variables.tf").read_text() == (other / "variables.tf").read_text()
    outputs = [parsed(folder)["output"] for folder in (one, other)]
    assert sorted(outputs[0]) == sorted(outputs[1])
    assert len(outputs[0]) >= 9
    for name, output in outputs[0].items():
        assert output["description"] == outputs[1][name]["description"], name
        assert output.get("sensitive") == outputs[1][name].get("sensitive"), name
        # Objects have the same attributes.
        shapes = [re.findall(r"[{,]\s*'?\"?(\w+)'?\"?\s*[:=]", str(each[name]["value"])) for each in outputs]
        if name not in {"load_balancer_annotations", "ingress_addresses", "service_cidrs", "autoscaler"}:
            assert shapes[0] == shapes[1], name
        if name in {"kubernetes", "backup_bucket", "backup_keys", "image_bucket", "image_keys"}:
            assert len(shapes[0]) >= 2
    assert all(output.get("sensitive") for name, output in outputs[0].items() if "key" in name or name == "kubernetes")


def test_each_cluster_gets_an_autoscaler() -> None:
    """Of the hosting provider, or one that the platform installs: pools have a max, and full nodes rely on it."""
    scaleway = (TERRAFORM / "modules" / "cluster-scaleway" / "cluster.tf").read_text()
    assert "autoscaling            = true" in scaleway
    aws = (TERRAFORM / "modules" / "cluster-aws" / "cluster.tf").read_text()
    platform = (TERRAFORM / "modules" / "platform" / "main.tf").read_text()
    (account,) = re.findall(r'service_account = "(.+)"', aws[aws.index('"aws_eks_pod_identity_association"') :])
    installed = platform[platform.index('"helm_release" "autoscaler"') :].split("\n}\n")[0]
    assert f'serviceAccount = {{ name = "{account}" }}' in installed
    assert 'namespace  = "kube-system"' in installed


def test_environments_differ_in_the_cluster_alone() -> None:
    one, other = (TERRAFORM / "environments" / name for name in ENVIRONMENTS)
    for name in ("variables.tf", "outputs.tf"):
        assert (one / name).read_text() == (other / name).read_text()
    mains = [(folder / "main.tf").read_text().splitlines() for folder in (one, other)]
    different = [(a, b) for a, b in zip(*mains, strict=True) if a != b]
    assert [b.replace("scaleway", "aws") for _, b in different] == [a for a, _ in different]
    for folder in (one, other):
        text = (folder / "providers.tf").read_text()
        assert 'backend "s3"' in text, "the state must not lie on somebody's disk"
        assert "encrypt      = true" in text
        assert "use_lockfile = true" in text


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_gives_each_module_what_it_asks_for_and_no_more(name: str) -> None:
    folder = TERRAFORM / "environments" / name
    blocks = parsed(folder)
    used = set()
    for module, body in blocks["module"].items():
        source = (folder / body["source"].strip('"')).resolve()
        known = parsed(source)["variable"]
        given = {key for key in body if not key.startswith("__")} - {"source"}
        assert given <= known.keys(), f"{module} does not know {given - known.keys()}"
        needed = {key for key, variable in known.items() if "default" not in variable}
        assert needed <= given, f"{module} needs {needed - given}"
        for reference, output in re.findall(r"module\.(\w+)\.(\w+)", str(body)):
            target = (folder / blocks["module"][reference]["source"].strip('"')).resolve()
            assert output in parsed(target)["output"], f"{reference} has no output {output}"
        used |= set(re.findall(r"var\.(\w+)", str(body)))
    texts = "".join(path.read_text() for path in folder.glob("*.tf"))
    assert set(re.findall(r"var\.(\w+)", texts)) == set(blocks["variable"])
    # What operators decide can be said here, not only in the module.
    decided = (TERRAFORM / "modules" / "platform" / "variables.tf").read_text().split("# What the operators decide.")[1]
    assert set(re.findall(r'^variable "(\w+)"', decided, re.MULTILINE)) <= set(blocks["variable"])
    for reference, output in re.findall(r"module\.(\w+)\.(\w+)", texts):
        target = (folder / blocks["module"][reference]["source"].strip('"')).resolve()
        assert output in parsed(target)["output"]


@pytest.mark.parametrize("path", sorted(TERRAFORM.glob("modules/*")), ids=lambda path: path.name)
def test_modules_declare_what_they_use_and_use_what_they_declare(path: Path) -> None:
    text = "".join(file.read_text() for file in path.glob("*.tf"))
    assert set(re.findall(r"\bvar\.(\w+)", text)) == set(parsed(path)["variable"])
    for variable, body in parsed(path)["variable"].items():
        assert body.get("description"), variable
    declared = set(re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE))
    declared |= {(f"data.{kind}", name) for kind, name in re.findall(r'^data "(\w+)" "(\w+)"', text, re.MULTILINE)}
    providers = "aws|scaleway|helm|kubernetes|random"
    for kind, name in re.findall(rf"\b((?:data\.)?(?:{providers})_\w+)\.(\w+)", text):
        assert (kind, name) in declared, f"{kind}.{name}"


@pytest.fixture(scope="module")
def aws_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the module, made ready with the provider that lies on this machine."""
    folder = tmp_path_factory.mktemp("terraform") / "cluster-aws"
    shutil.copytree(TERRAFORM / "modules" / "cluster-aws", folder)
    mirror = provider_mirror("hashicorp/aws")
    done = run("init", "-backend=false", f"-plugin-dir={mirror}", "-input=false", "-no-color", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_aws_cluster_is_valid_and_is_what_it_should_be(aws_module: Path) -> None:
    """`terraform test` validates first; its provider answers for itself."""
    done = run("test", "-no-color", cwd=aws_module)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success! 6 passed, 0 failed." in done.stdout


BOOTSTRAP: dict[str, Any] = {
    "bucket": "old-backups",
    "region": "eu-west-3",
    "endpoint": "s3.eu-west-3.amazonaws.com",
    "uri_style": "host",
    "folder": "/mylittleshopping",
    "access_key": "a",
    "secret_key": "b",
    "cipher_pass": "c",
    "until": "2026-11-26 14:05:00+00",
}
KEPT: dict[str, Any] = {
    "service_keys": {name: {"secret_key": f"old {name}", "field_encryption_key": f"old key {name}"} for name in NAMES},
    "client_secret": "old client",
    "auditor": "old auditor",
    "reconciler": "old reconciler",
}
# What secrets.tf draws, by providers that cannot be had here.
DRAWN: dict[str, Any] = {
    "service_keys": {name: {"secret_key": f"new {name}", "field_encryption_key": f"new key {name}"} for name in NAMES},
    "client_secret": "new client",
    "auditor": "new auditor",
    "reconciler": "new reconciler",
    "metrics_token": "new token",
}
MOVED = {"bootstrap": BOOTSTRAP, "kept_secrets": KEPT}
LOG_STORE = {
    "url": "https://logs.example.com:9200",
    "egress": [{"cidr": "203.0.113.10/32", "port": 9200}],
    "username": "shop",
    "password": "f",
}


class Platform:
    """The platform module's own thinking: what it makes of variables without any provider."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        module = TERRAFORM / "modules" / "platform"
        for name in ("variables.tf", "values.tf", "keys.tf"):
            shutil.copy(module / name, folder)
        (folder / "output.tf").write_text(
            'variable "drawn" {}\nlocals {\n  drawn = var.drawn\n}\n'
            'output "found" {\n  sensitive = true\n  value = {\n'
            "    databases = local.databases_values, mylittleshopping = local.platform_values\n"
            "    service_keys = local.service_keys, client_secret = local.client_secret\n"
            "    install_seconds = local.install_seconds, alertmanager = local.alertmanager_config\n"
            "    auditor = local.auditor_secret, reconciler = local.reconciler_secret\n"
            "  }\n}\n"
        )
        done = run("init", "-no-color", cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr

    def apply(self, **more: Any) -> "subprocess.CompletedProcess[str]":
        (self.folder / "terraform.tfvars.json").write_text(json.dumps({**VARIABLES, "drawn": DRAWN, **more}))
        return run("apply", "-auto-approve", "-no-color", cwd=self.folder)

    def found(self, **more: Any) -> dict[str, Any]:
        """Everything that it gives to charts and secrets. What Terraform prints is wrapped at some width."""
        done = self.apply(**more)
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(run("output", "-json", "found", cwd=self.folder).stdout)
        return found

    def refusal(self, **more: Any) -> str:
        done = self.apply(**more)
        assert done.returncode != 0, "it was taken"
        return re.sub(r"[\s│]+", " ", done.stdout + done.stderr)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return Platform(tmp_path_factory.mktemp("platform"))


VARIABLES: dict[str, Any] = {
    "backup_bucket": {
        "bucket": "shop-backups-1",
        "region": "fr-par",
        "endpoint": "s3.fr-par.scw.cloud",
        "uri_style": "host",
    },
    "backup_keys": {"access_key": "a", "secret_key": "b"},
    "image_bucket": {
        "bucket": "shop-images-1",
        "region": "fr-par",
        "endpoint": "https://s3.fr-par.scw.cloud",
        "public_url": "https://shop-images-1.s3.fr-par.scw.cloud/",
    },
    "image_keys": {"access_key": "a", "secret_key": "b"},
    "load_balancer_annotations": {},
    "proxy_protocol": True,
    "autoscaler": None,
    "storage_class": "sbs-5k",
    "api_cidrs": ["0.0.0.0/0"],
    "service_cidrs": ["172.20.0.0/16"],
    "domain": "shop.example.com",
    "frontend_url": "https://www.shop.example.com",
    "acme_email": "operators@example.com",
    "alert_receiver": {"webhook_url": "https://alerts.example.com/hook"},
    "image": {"registry": "registry.example.com", "tag": "1.4.2"},
    "mailjet": {"api_key": "a", "api_secret": "b", "from": "Shop <shop@shop.example.com>"},
    "stripe": {"secret_key": "a", "webhook_secret": "b"},
}


@pytest.mark.parametrize("more", [{}, MOVED, {"log_store": LOG_STORE}], ids=["plain", "moved", "logs outside"])
def test_the_platform_modules_values_are_what_the_charts_take(
    platform: Platform, more: dict[str, Any], tmp_path: Path
) -> None:
    """values.tf needs no provider: Terraform works it out, and Helm renders both charts with it."""
    values = platform.found(**more)
    for chart, release in (("databases", "shop-databases"), ("mylittleshopping", "shop")):
        given = tmp_path / f"{chart}.yaml"
        given.write_text(yaml.safe_dump(values[chart]))
        _renders(chart, release, given)
        assert values[chart]["networkPolicy"]["serviceCidrs"] == ["172.20.0.0/16"]
    assert values["databases"]["bootstrap"]["enabled"] is ("bootstrap" in more)


def test_migrations_wait_for_databases_that_are_restored(platform: Platform) -> None:
    plain, moving = (platform.found(**each) for each in ({}, MOVED))
    for found in (plain, moving):
        migrations = found["mylittleshopping"]["migrations"]
        assert migrations["waitSeconds"] < migrations["deadlineSeconds"] < found["install_seconds"]
    # 20 GiB at 2 GiB a minute are ten minutes; hours are for the large.
    assert moving["mylittleshopping"]["migrations"]["waitSeconds"] >= 4 * 3600
    assert "timeout   = local.install_seconds" in (TERRAFORM / "modules" / "platform" / "main.tf").read_text()


def test_a_platform_that_moved_writes_nothing_until_reconcile_has_seen_its_databases(platform: Platform) -> None:
    def restored(**more: str) -> Any:
        moved = {**MOVED, "bootstrap": {**BOOTSTRAP, **more}}
        return platform.found(**moved)["mylittleshopping"]["restored"]

    assert restored() == dict.fromkeys(NAMES, "2026-11-26 14:05:00+00")
    earlier = {"until": "", "recovery_point": "2026-11-26 13:55:00+00"}
    assert restored(**earlier) == dict.fromkeys(NAMES, "2026-11-26 13:55:00+00")
    assert platform.found(kept_secrets=KEPT)["mylittleshopping"]["restored"] == {}
    refusal = platform.refusal(**{**MOVED, "bootstrap": {**BOOTSTRAP, "until": ""}})
    assert "say up to when the backups hold everything" in refusal


def test_a_platform_that_moved_keeps_its_keys_when_the_move_is_over(platform: Platform) -> None:
    """Other keys than those that its rows are encrypted with would make them unreadable."""
    kept = KEPT.keys()
    drawn, moving, moved = (platform.found(**each) for each in ({}, MOVED, {"kept_secrets": KEPT}))
    assert {key: drawn[key] for key in kept} == {key: DRAWN[key] for key in kept}
    assert {key: moving[key] for key in kept} == {key: moved[key] for key in kept} == KEPT
    assert (moving["databases"]["bootstrap"]["enabled"], moved["databases"]["bootstrap"]["enabled"]) == (True, False)
    assert "bootstrap needs kept_secrets" in platform.refusal(bootstrap=BOOTSTRAP)
    some = {**KEPT, "service_keys": {"auth": KEPT["service_keys"]["auth"]}}
    assert "the keys of all five services" in platform.refusal(kept_secrets=some)


def test_alerts_reach_somebody(platform: Platform) -> None:
    mail = {
        "to": "operators@example.com",
        "from": "alerts@example.com",
        "smarthost": "mail.example.com:587",
        "username": "a",
        "password": "b",
    }
    for receiver, ways in (
        ({"webhook_url": "https://alerts.example.com/hook"}, {"webhook_configs"}),
        ({"email": mail}, {"email_configs"}),
        ({"webhook_url": "https://alerts.example.com/hook", "email": mail}, {"webhook_configs", "email_configs"}),
    ):
        config = platform.found(alert_receiver=receiver)["alertmanager"]
        receivers = {each["name"]: each for each in config["receivers"]}
        assert receivers["operators"].keys() - {"name"} == ways
        route = config["route"]
        assert route["receiver"] == "operators"
        assert {each["receiver"] for each in route["routes"]} <= receivers.keys()
        silent = [each["matchers"] for each in route["routes"] if each["receiver"] == "nobody"]
        assert silent == [['severity=~"none|info"']], "none of ours: tests/charts/test_alerts.py"
    assert "webhook_url or email" in platform.refusal(alert_receiver={})
    main = (TERRAFORM / "modules" / "platform" / "main.tf").read_text()
    assert "alertmanager = { config = local.alertmanager_config }" in re.sub(" +", " ", main)


OLD, NEW = "o" * 43 + "=", "n" * 43 + "="


def test_an_encryption_key_is_replaced_with_the_former_one_beside_it(platform: Platform) -> None:
    """And a platform that moves meanwhile takes both along."""
    kept = {**KEPT, "service_keys": {**KEPT["service_keys"], "auth": {"secret_key": "a", "field_encryption_key": NEW}}}
    former = {"former_field_encryption_keys": {"auth": [OLD]}}
    during = platform.found(kept_secrets=kept, **former)["service_keys"]
    assert during["auth"]["field_encryption_key"] == f"{NEW},{OLD}"
    assert during["orders"] == KEPT["service_keys"]["orders"]
    moved = {**kept, "service_keys": during}
    assert platform.found(kept_secrets=moved)["service_keys"] == during
    assert platform.found(kept_secrets=moved, **former)["service_keys"] == during
    assert platform.found(kept_secrets=kept)["service_keys"]["auth"]["field_encryption_key"] == NEW
    assert "each is 32 bytes" in platform.refusal(former_field_encryption_keys={"auth": ["short"]})
    assert "by the name of a service" in platform.refusal(former_field_encryption_keys={"search": [OLD]})


@pytest.mark.parametrize(
    ("drawn", "told"),
    [
        ({"client_secret": "another"}, {"aggregator"}),
        ({"reconciler": "another"}, {"aggregator"}),
        ({"metrics_token": "another"}, set(NAMES)),
    ],
    ids=str,
)
def test_a_replaced_secret_changes_the_release(platform: Platform, drawn: dict[str, str], told: set[str]) -> None:
    """Helm upgrades nothing otherwise: it is what registers callers anew, and starts pods, which read secrets once."""

    def annotations(drawn: dict[str, Any]) -> dict[str, Any]:
        services = platform.found(drawn=drawn)["mylittleshopping"]["services"]
        return {name: service["podAnnotations"] for name, service in services.items()}

    before, after = annotations(DRAWN), annotations({**DRAWN, **drawn})
    assert {name for name in NAMES if before[name] != after[name]} == told


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"mailjet": {**VARIABLES["mailjet"], "api_secret": ""}}, "mailjet: api_key, api_secret and from must not"),
        ({"stripe": {**VARIABLES["stripe"], "secret_key": " "}}, "stripe: secret_key and webhook_secret must not"),
        ({"registry_login": {"username": "a", "password": ""}}, "registry_login: username and password must not"),
    ],
    ids=["mailjet", "stripe", "registry"],
)
def test_secrets_that_are_empty_are_refused(platform: Platform, more: dict[str, Any], message: str) -> None:
    assert message in platform.refusal(**more)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_example_of_variables_assigns_no_secret(name: str) -> None:
    """What a file assigns counts more than TF_VAR_… in the environment."""
    folder = TERRAFORM / "environments" / name
    given = hcl2.loads((folder / "terraform.tfvars.example").read_text())
    variables = parsed(folder)["variable"]
    secret = {key for key, body in variables.items() if body.get("sensitive")}
    assert {key for key in given if not key.startswith("__")} & secret == set()
    needed = {key for key, body in variables.items() if "default" not in body}
    assert needed - secret <= given.keys()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_one_environment_puts_out_another_takes_in(name: str) -> None:
    folder = TERRAFORM / "environments" / name
    takes = (folder / "variables.tf").read_text()
    for variable in ("bootstrap", "kept_secrets"):
        needed = re.findall(r"^    (\w+)\s+= (?!optional)", _block(takes, variable), re.MULTILINE)
        assert set(needed) == set({"bootstrap": BOOTSTRAP, "kept_secrets": KEPT}[variable]) - {"until"}
        # The module's own has the same attributes: it would not be told of others.
        module = (TERRAFORM / "modules" / "platform" / "variables.tf").read_text()
        assert _type(_block(takes, variable)) == _type(_block(module, variable))
    given = (folder / "outputs.tf").read_text()
    assert "module.platform.kept_secrets" in given[given.index('output "kept_secrets"') :]
    made = (TERRAFORM / "modules" / "platform" / "outputs.tf").read_text()
    made = made[made.index('output "kept_secrets"') :]
    assert set(re.findall(r"(\w+) = local\.\w+", made)) == set(KEPT)


def _block(text: str, variable: str) -> str:
    return text[text.index(f'variable "{variable}"') :].split("\n}\n", 1)[0]


def _type(block: str) -> str:
    return block[block.index("type = ") :].split("\n  })", 1)[0]


def _renders(chart: str, release: str, values: Path, more: Sequence[str] = ()) -> None:
    done = helm("template", release, ROOT / "helm" / chart, "--namespace", NAMESPACE, "--values", values, *more)
    assert done.returncode == 0, done.stderr


EDGE = TERRAFORM / "modules" / "platform" / "edge"


def edge(*settings: str) -> dict[str, dict[str, Any]]:
    """The edge chart's objects by kind."""
    more = [part for one in ("acmeEmail=a@example.com", *settings) for part in ("--set", one)]
    done = helm("template", "shop-edge", EDGE, *more, "--namespace", NAMESPACE)
    assert done.returncode == 0, done.stderr
    return {each["kind"]: each for each in yaml.safe_load_all(done.stdout)}


def test_the_edge_chart_renders() -> None:
    assert set(edge()) == {"EnvoyProxy", "GatewayClass", "ClusterIssuer"}
    refused = helm("template", "shop-edge", EDGE)
    assert "whom does Let's Encrypt tell?" in refused.stderr


def test_the_gateway_outlives_a_node() -> None:
    made = edge()["EnvoyProxy"]["spec"]["provider"]["kubernetes"]
    assert made["envoyDeployment"]["replicas"] > made["envoyPDB"]["minAvailable"] >= 1
    spread = made["envoyDeployment"]["pod"]["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    labels = {each.removeprefix("gateway.envoyproxy.io/") for each in spread[0]["labelSelector"]["matchLabels"]}
    assert labels == {"owning-gateway-name", "owning-gateway-namespace"}


def test_callers_keep_their_addresses_behind_a_load_balancer_that_connects_for_them() -> None:
    """It says whose connection it is, and the Gateway listens for that: both or neither, or nothing is understood."""
    for name in CLUSTERS:
        outputs = parsed(TERRAFORM / "modules" / name)["output"]
        told = '"service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2"'
        assert outputs["proxy_protocol"]["value"] is (told in str(outputs["load_balancer_annotations"]["value"]))
    policy = edge("proxyProtocol=true")["ClientTrafficPolicy"]
    assert policy["spec"]["enableProxyProtocol"] is True
    (target,) = policy["spec"]["targetRefs"]
    # The chart's Gateway has the release's name.
    release = re.search(r'"helm_release" "platform" \{\n  name +\= "(\w+)"', (EDGE.parent / "main.tf").read_text())
    assert release is not None
    assert (target["kind"], target["name"]) == ("Gateway", release[1])


def test_secrets_that_charts_ask_for_are_those_that_terraform_makes() -> None:
    """Names and keys of values.tf's secrets, against those in secrets.tf."""
    module = TERRAFORM / "modules" / "platform"
    made = (module / "secrets.tf").read_text() + (module / "keys.tf").read_text()
    named = set(re.findall(r'"(shop-[a-z$\{\}.-]+|registry)"', (module / "values.tf").read_text()))
    for name in named - {"shop-letsencrypt"}:
        assert f'name      = "{name.replace("${service}", "${each.key}")}"' in made, name
    from tests.charts.manifests import objects, pods, secret_keys

    asked = {(name, key) for pod in pods(objects("mylittleshopping", "prod")) for name, key in secret_keys(pod) if key}
    for name, key in asked:
        if name.endswith("-secrets") or name in {"shop-metrics", "shop-log-store"}:
            assert re.search(rf"\b{key}\s+=", made), f"{name}: {key}"
