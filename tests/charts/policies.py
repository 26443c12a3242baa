"""What NetworkPolicies let through, by the rules of networking.k8s.io/v1.

A pod that no policy of a direction selects is open in that direction; one that is selected takes what any of them
allows. A connection needs the leave of its source's egress and of its target's ingress.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.charts.manifests import Object, Pod, namespace


@dataclass(frozen=True)
class Address:
    """Something that is no pod of the cluster: a node, another network, the internet."""

    name: str
    ip: str


def allowed(
    policies: Sequence[Object], source: Pod | Address, target: Pod | Address, port: int, protocol: str = "TCP"
) -> bool:
    out = not isinstance(source, Pod) or _passes(policies, "Egress", source, target, port, protocol, owner=target)
    into = not isinstance(target, Pod) or _passes(policies, "Ingress", target, source, port, protocol, owner=target)
    return out and into


def _passes(
    policies: Sequence[Object],
    direction: str,
    selected: Pod,
    peer: Pod | Address,
    port: int,
    protocol: str,
    *,
    owner: Pod | Address,
) -> bool:
    """`owner` is whose named ports the policy's port names mean: the target's, in both directions."""
    mine = [
        policy
        for policy in policies
        if direction in policy["spec"]["policyTypes"]
        and namespace(policy) == selected.namespace
        and matches(policy["spec"]["podSelector"], selected.labels)
    ]
    if not mine:
        return True
    key, peers = ("egress", "to") if direction == "Egress" else ("ingress", "from")
    return any(
        _port_fits(rule.get("ports"), port, protocol, owner)
        and (peers not in rule or any(_is_peer(one, peer, namespace(policy)) for one in rule[peers]))
        for policy in mine
        for rule in policy["spec"].get(key) or []
    )


def _port_fits(ports: list[Object] | None, port: int, protocol: str, owner: Pod | Address) -> bool:
    if ports is None:
        return True
    for one in ports:
        wanted = one.get("port")
        if isinstance(wanted, str):
            wanted = owner.ports.get(wanted) if isinstance(owner, Pod) else None
            if wanted is None:
                continue
        if one.get("protocol", "TCP") == protocol and wanted in {None, port}:
            return True
    return False


def _is_peer(peer: Object, who: Pod | Address, policy_namespace: str) -> bool:
    if "ipBlock" in peer:
        if isinstance(who, Pod):
            return False  # pods' addresses change: policies name them by their labels
        address = ipaddress.ip_address(who.ip)
        block = peer["ipBlock"]
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(but) for but in block.get("except", [])
        )
    if isinstance(who, Address):
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": who.namespace}):
            return False
    elif who.namespace != policy_namespace:
        return False
    return "podSelector" not in peer or matches(peer["podSelector"], who.labels)


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector matches; raises KeyError for an operator that is none."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_expression(one, labels) for one in selector.get("matchExpressions") or [])


def _expression(one: dict[str, Any], labels: dict[str, str]) -> bool:
    key, values = one["key"], one.get("values", [])
    return {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[one["operator"]]
