"""Who reaches whom: the policies of both charts, weighed for every pair of pods, and for what lies outside.

What must be let through: the aggregator calls every service; every service fetches keys from auth and tells news to
the aggregator; each its own database; auth and orders Mailjet, payment Stripe, inventory its bucket. Nothing else.
"""

from functools import cache
from itertools import product
from typing import Any

import pytest

from local.charts import NAMESPACE
from local.services import SERVICES
from tests.charts.manifests import Pod, objects, of_kind, pods
from tests.charts.policies import Address, allowed

NAMES = [service.name for service in SERVICES]
HTTP, METRICS, POSTGRES, ELSE = 8000, 8080, 5432, 9999
EXAMPLES = ["dev", "prod"]


def outsider(name: str, namespace: str, **labels: str) -> Pod:
    return Pod(name, namespace, {key.replace("__", "/").replace("_", "-"): value for key, value in labels.items()})


STRANGERS = [
    outsider("gateway", "gateway"),
    outsider("gateway", "envoy-gateway-system"),
    Pod("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}),
    outsider("grafana", "monitoring"),
    outsider("operator", "postgres-operator"),
    outsider("stranger", "default"),
    outsider("neighbour", NAMESPACE),
    # One that claims to be the aggregator, from another namespace.
    Pod(
        "impostor",
        "default",
        {
            "app.kubernetes.io/name": "mylittleshopping",
            "app.kubernetes.io/instance": "shop",
            "app.kubernetes.io/component": "aggregator",
            "mylittleshopping/process": "web",
        },
    ),
    Pod("dns", "kube-system", {"k8s-app": "kube-dns"}),
]
DATABASES = {
    name: Pod(
        f"shop-{name}-main-0",
        NAMESPACE,
        {
            "postgres-operator.crunchydata.com/cluster": f"shop-{name}",
            "postgres-operator.crunchydata.com/data": "postgres",
        },
        ports={"postgres": POSTGRES},
    )
    for name in NAMES
}
SCRATCH = {
    name: Pod(
        f"shop-check-{name}-main-0",
        NAMESPACE,
        {"postgres-operator.crunchydata.com/cluster": f"shop-check-{name}"},
        ports={"postgres": POSTGRES},
    )
    for name in NAMES
}
INTERNET = Address("internet", "198.51.100.7")
ADDRESSES = [
    INTERNET,
    Address("log store", "203.0.113.10"),
    Address("private network", "10.20.30.40"),
    Address("another private network", "192.168.1.1"),
    Address("the cloud's metadata", "169.254.169.254"),
]


@cache
def cluster(example: str) -> tuple[list[Any], list[Pod]]:
    things = objects("mylittleshopping", example) + objects("databases", example)
    return of_kind(things, "NetworkPolicy"), pods(things)


def named(example: str, component: str, process: str) -> Pod:
    wanted = {"app.kubernetes.io/component": component, "mylittleshopping/process": process}
    return next(pod for pod in cluster(example)[1] if wanted.items() <= pod.labels.items())


def expected(example: str) -> set[tuple[str, str, int]]:
    """Who may open a connection to whom, at which port: all of it."""
    found: set[tuple[str, str, int]] = set()
    gateway = "gateway/gateway" if example == "prod" else "envoy-gateway-system/gateway"
    for name in NAMES:
        web, worker, migrate = (f"{NAMESPACE}/shop-{name}-{kind}" for kind in ("web", "worker", "migrate"))
        found |= {
            (gateway, web, HTTP),
            ("monitoring/prometheus", web, HTTP),
            ("monitoring/prometheus", worker, METRICS),
        }
        found.add((f"{NAMESPACE}/shop-test", web, HTTP))
        called = set(NAMES) - {name} if name == "aggregator" else {"auth", "aggregator"} - {name}
        for source, other in product((web, worker), called):
            found.add((source, f"{NAMESPACE}/shop-{other}-web", HTTP))
        for source in (web, worker, migrate):
            found.add((source, f"{NAMESPACE}/shop-{name}-main-0", POSTGRES))
    logs = NAMESPACE if example == "dev" else "mylittleshopping-logs"
    found.add((f"{logs}/shop-fluent-bit", f"{NAMESPACE}/shop-logstash", 8080))
    if example == "dev":
        for writer in ("shop-logstash", "shop-log-store-setup"):
            found.add((f"{NAMESPACE}/{writer}", f"{NAMESPACE}/shop-log-store", 9200))
        # Its database is somewhere else; the operator's does not exist.
        found -= {each for each in found if each[1].endswith("shop-payment-main-0")}
    else:
        for name in NAMES:
            found.add((f"{NAMESPACE}/shop-restore-check", f"{NAMESPACE}/shop-check-{name}-main-0", POSTGRES))
    return found


@pytest.mark.parametrize("direction", ["both", "Ingress", "Egress"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_pair_of_pods_may_talk_or_not_as_designed(example: str, direction: str) -> None:
    """Each direction alone too: what one lets through too much, the other would hide."""
    policies, ours = cluster(example)
    if direction != "both":
        policies = [
            {**policy, "spec": {**policy["spec"], "policyTypes": [direction]}}
            for policy in policies
            if direction in policy["spec"]["policyTypes"]
        ]
    # Whom we have no policy for may go out as it likes.
    sources = ours if direction == "Egress" else [*ours, *(pod for pod in STRANGERS if pod.name != "operator")]
    databases = [pod for name, pod in DATABASES.items() if example == "prod" or name != "payment"]
    targets = [*ours, *databases, *(SCRATCH.values() if example == "prod" else [])]
    ports = {HTTP, METRICS, POSTGRES, ELSE, 9200, 9600, 2020}
    open_ = {
        (f"{source.namespace}/{source.name}", f"{target.namespace}/{target.name}", port)
        for source, target, port in product(sources, targets, ports)
        if source != target and allowed(policies, source, target, port)
    }
    assert len(sources) * len(targets) * len(ports) > 3000
    names = {f"{pod.namespace}/{pod.name}" for pod in sources}
    wanted = {each for each in expected(example) if each[0] in names}
    assert open_ - wanted == set(), "more is let through than the design names"
    assert wanted - open_ == set(), "what the design needs is not let through"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_operator_reaches_its_servers_and_nobody_elses(example: str) -> None:
    policies, ours = cluster(example)
    operator = next(each for each in STRANGERS if each.name == "operator")
    assert all(
        allowed(policies, operator, DATABASES[name], port) for name in ["auth", "orders"] for port in (5432, 8008)
    )
    assert not any(allowed(policies, operator, pod, port) for pod in ours for port in (HTTP, METRICS, 9200))


@pytest.mark.parametrize("example", EXAMPLES)
def test_dns_answers_every_pod_at_its_port_alone(example: str) -> None:
    policies, ours = cluster(example)
    dns = next(each for each in STRANGERS if each.name == "dns")
    for pod in ours:
        assert allowed(policies, pod, dns, 53, "UDP"), pod.name
        assert allowed(policies, pod, dns, 53, "TCP"), pod.name
        assert not allowed(policies, pod, dns, 443), pod.name


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_internet_is_reached_by_those_who_need_it_and_by_https_alone(example: str) -> None:
    policies, ours = cluster(example)
    reached = {
        (pod.name, address.name, port)
        for pod, address, port in product(ours, ADDRESSES, (443, 80, 5432, 9200, 6443, ELSE))
        if allowed(policies, pod, address, port) and pod.name != "shop-restore-check"
    }
    wanted: set[tuple[str, str, int]] = set()
    if example == "prod":
        for name in ("auth", "orders", "payment", "inventory"):  # Mailjet, Mailjet, Stripe, images
            for process in ("web", "worker"):
                wanted |= {(f"shop-{name}-{process}", where, 443) for where in ("internet", "log store")}
        wanted |= {(f"shop-{name}", "log store", 9200) for name in ("logstash", "log-store-setup")}
    assert reached == wanted


@pytest.mark.parametrize("example", EXAMPLES)
def test_nobody_comes_in_from_outside_but_by_the_route(example: str) -> None:
    policies, ours = cluster(example)
    assert not [
        (pod.name, address.name)
        for pod, address in product(ours, ADDRESSES)
        for port in pod.ports.values()
        if allowed(policies, address, pod, port)
    ]


def test_a_database_outside_and_probes_by_address_are_let_through_where_named() -> None:
    from local.charts import render
    from tests.charts.manifests import example_of, load

    more = [
        "services.orders.database.secret=far",
        "services.orders.database.egress[0].cidr=203.0.113.5/32",
        "services.orders.database.egress[0].port=6432",
        "databases.tls.caSecret=system",
        "networkPolicy.nodeCidrs[0]=10.8.0.0/16",
    ]
    things = tuple(load(render(example_of("mylittleshopping", "prod"), "--set", ",".join(more))))
    policies, ours = of_kind(things, "NetworkPolicy"), pods(things)
    far, node = Address("far", "203.0.113.5"), Address("node", "10.8.3.4")
    assert {pod.name for pod in ours if allowed(policies, pod, far, 6432)} == {
        "shop-orders-web",
        "shop-orders-worker",
        "shop-orders-migrate",
    }
    orders_web = next(pod for pod in ours if pod.name == "shop-orders-web")
    assert not allowed(policies, orders_web, DATABASES["orders"], POSTGRES)
    assert allowed(policies, node, orders_web, HTTP)
    assert not allowed(policies, Address("other node", "10.9.3.4"), orders_web, HTTP)


def test_where_the_network_sees_services_addresses_databases_are_reached_by_them() -> None:
    """Amazon's CNI: a database's address is a Service's, whose pods it cannot know by the Service's selector."""
    from local.charts import render
    from tests.charts.manifests import example_of, load

    named_so = ("--set", "networkPolicy.serviceCidrs[0]=172.20.0.0/16")
    charts = ("mylittleshopping", "databases")
    things = tuple(thing for chart in charts for thing in load(render(example_of(chart, "prod"), *named_so)))
    policies, ours = of_kind(things, "NetworkPolicy"), pods(things)
    service = Address("a Service", "172.20.7.8")
    assert {pod.name for pod in ours if allowed(policies, pod, service, POSTGRES)} == {
        *(f"shop-{name}-{process}" for name in NAMES for process in ("web", "worker", "migrate")),
        "shop-restore-check",
    }
    closed, known = cluster("prod")
    assert not [pod.name for pod in known if allowed(closed, pod, service, POSTGRES)]
    # Nothing else opens with it, and no database lets another's service in.
    ports = (HTTP, METRICS, 9200, ELSE)
    assert not [pod.name for pod in ours for port in ports if allowed(policies, pod, service, port)]
    orders = next(pod for pod in ours if pod.name == "shop-orders-web")
    assert not allowed(policies, orders, DATABASES["auth"], POSTGRES)


def test_the_rules_are_weighed_as_kubernetes_does() -> None:
    """The evaluator itself: open without a policy, closed by an empty one, open again by any that allows."""
    a, b = Pod("a", "one", {"app": "a"}), Pod("b", "two", {"app": "b"}, ports={"http": 80})

    def policy(namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
        return {"metadata": {"name": "p", "namespace": namespace}, "spec": spec}

    nothing = policy("two", {"podSelector": {}, "policyTypes": ["Ingress"]})
    by_label = policy(
        "two",
        {
            "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["b"]}]},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "a"}}}], "ports": [{"port": "http"}]}],
        },
    )
    everywhere = policy(
        "two",
        {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "a"}}}]}],
        },
    )
    assert allowed([], a, b, 80)
    assert not allowed([nothing], a, b, 80)
    # A podSelector alone means the policy's own namespace.
    assert not allowed([nothing, by_label], a, b, 80)
    assert allowed([by_label], Pod("a", "two", {"app": "a"}), b, 80)
    assert not allowed([by_label], Pod("a", "two", {"app": "a"}), b, 81)
    assert allowed([nothing, everywhere], a, b, 81)
    out = policy("one", {"podSelector": {}, "policyTypes": ["Egress"], "egress": []})
    assert not allowed([out], a, b, 80)
    but = {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}],
    }
    assert allowed([policy("one", but)], a, Address("far", "198.51.100.7"), 443)
    assert not allowed([policy("one", but)], a, Address("near", "10.1.1.1"), 443)
