"""Rendered manifests: objects, the pods that they make, and what pods refer to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from local.charts import EXAMPLES, NAMESPACE, Example, render

Object = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod as a workload makes it; network policies see its namespace, labels and named ports."""

    name: str
    namespace: str
    labels: dict[str, str]
    spec: Object = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    owner: Object = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.namespace, self.name))

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]


@cache
def rendered(chart: str, example: str) -> str:
    return render(example_of(chart, example))


def example_of(chart: str, example: str) -> Example:
    return next(one for one in EXAMPLES if (one.chart, one.name) == (chart, example))


@cache
def objects(chart: str, example: str) -> tuple[Object, ...]:
    """The objects of an example, in the order of rendering."""
    return tuple(each for each in load(rendered(chart, example)))


def load(text: str) -> list[Object]:
    return [each for each in yaml.load_all(text, Loader=yaml.CSafeLoader) if each]


def namespace(thing: Object) -> str:
    return str(thing["metadata"].get("namespace", NAMESPACE))


def of_kind(things: tuple[Object, ...], *kinds: str) -> list[Object]:
    return [each for each in things if each["kind"] in kinds]


def title(thing: Object) -> str:
    return f"{thing['kind']} {thing['metadata']['name']}"


def template(thing: Object) -> Object | None:
    """The pod template of a workload: its metadata and spec; None for what makes no pods."""
    if thing["kind"] == "Pod":
        return thing
    if thing["kind"] not in {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}:
        return None
    maker = thing["spec"]["jobTemplate"]["spec"] if thing["kind"] == "CronJob" else thing["spec"]
    found: Object = maker["template"]
    return found


def pods(things: tuple[Object, ...]) -> list[Pod]:
    """A pod of each workload."""
    found = []
    for thing in things:
        made = template(thing)
        if made is not None:
            ports = {
                port["name"]: int(port["containerPort"])
                for container in made["spec"]["containers"]
                for port in container.get("ports", [])
            }
            name = thing["metadata"]["name"]
            found.append(Pod(name, namespace(thing), made["metadata"]["labels"], made["spec"], ports, thing))
    return found


def secret_keys(pod: Pod) -> Iterator[tuple[str, str | None]]:
    """Each secret, and key in it, that a pod cannot start without; None for the key where all of it is mounted."""
    for container in pod.containers:
        for variable in container.get("env", []):
            if reference := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield reference["name"], reference["key"]
        yield from ((each["secretRef"]["name"], None) for each in container.get("envFrom", []) if "secretRef" in each)
    for volume in pod.spec.get("volumes", []):
        if "secret" in volume:
            yield from _items(volume["secret"]["secretName"], volume["secret"])
        sources = volume.get("projected", {}).get("sources", [])
        for secret in (source["secret"] for source in sources if "secret" in source):
            yield from _items(secret["name"], secret)
    yield from ((reference["name"], None) for reference in pod.spec.get("imagePullSecrets", []))


def config_maps(pod: Pod) -> Iterator[tuple[str, str | None]]:
    """Each ConfigMap, and key in it, that a pod refers to."""
    for container in pod.containers:
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                yield source["configMapRef"]["name"], None
    for volume in pod.spec.get("volumes", []):
        if "configMap" in volume:
            yield from _items(volume["configMap"]["name"], volume["configMap"])


def _items(name: str, source: Object) -> Iterator[tuple[str, str | None]]:
    items = source.get("items")
    if items:
        for item in items:
            yield name, item["key"]
    else:
        yield name, None
