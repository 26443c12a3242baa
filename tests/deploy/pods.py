"""The chart's example for development as pods of podman, within one container of Docker.

podman plays pods, deployments, jobs, secrets and config maps as they are rendered, but for what it knows no field for,
which is put in other words here: secrets projected from several others, the pod's address in the environment, and
probes, which it would ask with a program that the images do not have. Services become aliases on its network. Nothing
of it knows network policies, routes or autoscalers. What the operator would have made stands in for `helm/databases`:
for each service a PostgreSQL that takes encrypted connections alone, with the secrets that name it.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from local.charts import EXAMPLES
from local.services import ROOT, SERVICES
from tests.deploy.engine import Engine

Object = dict[str, Any]
NAME = "shop-pods"
NETWORK = "shop"
POSTGRES = "standin-encrypting-postgres"
EXAMPLE = next(one for one in EXAMPLES if (one.chart, one.name) == ("mylittleshopping", "dev"))
HOST = "api.shop.localhost"
# What containers in a container need, but for what Docker itself is not allowed on some machines.
ALLOWED = (
    *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--device-cgroup-rule", "a *:* rwm"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined"),
    *("--security-opt", "apparmor=unconfined", "--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup"),
)
PROBES = ("startupProbe", "livenessProbe", "readinessProbe", "lifecycle")
OPEN_TLS = """
cp /tls/server.crt /tls/server.key "$PGDATA"
chmod 600 "$PGDATA/server.key"
sed -i 's/^host all all all/hostssl all all all/' "$PGDATA/pg_hba.conf"
"""


class Pods:
    """podman in a container of Docker, and what it plays."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._rendered = [one for one in yaml.safe_load_all(EXAMPLE.rendered.read_text()) if one]
        self._secrets = {one["metadata"]["name"]: one for one in self._rendered if one["kind"] == "Secret"}

    def start(self) -> str:
        """Start podman, with the images of version 1 under the names that the example has; return its version."""
        self.stop()
        self._engine.run(
            *("run", "--detach", "--name", NAME, "--volume", f"{NAME}:/var/lib/containers"), *ALLOWED, "standin-podman"
        )
        self._write(
            "/etc/containers/containers.conf",
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            '[network]\nfirewall_driver = "iptables"\n',
        )
        named = [POSTGRES]
        for service in SERVICES:
            name = f"localhost/mylittleshopping/{service.name}:dev"
            self._engine.run("tag", f"mylittleshopping/{service.name}:1", name)
            named.append(name)
        move = f'"$DOCKER" save {" ".join(named)} | "$DOCKER" exec --interactive {NAME} podman load --quiet'
        done = subprocess.run(
            ["sh", "-c", move],
            env=self._engine.environment | {"DOCKER": self._engine.docker},
            capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.podman("network", "create", NETWORK)
        return self.podman("version", "--format", "{{.Client.Version}}").strip()

    def stop(self) -> None:
        self._engine.run("rm", "--force", "--volumes", NAME, check=False)
        self._engine.run("volume", "rm", "--force", NAME, check=False)

    def podman(self, *arguments: str, check: bool = True) -> str:
        return self._engine.run(
            "exec", "--env", "PODMAN_IGNORE_CGROUPSV1_WARNING=1", NAME, "podman", *arguments, check=check
        ).stdout

    @property
    def url(self) -> str:
        """Where the aggregator's pod is reached; it answers to the name HOST."""
        networks = self._engine.inspect(NAME)["NetworkSettings"]["Networks"]
        return f"http://{networks['bridge']['IPAddress']}:8000"

    # What is played

    def play_databases(self) -> None:
        names = [f"shop-{service.name}-primary" for service in SERVICES]
        key, certificate = self._folder / "server.key", self._folder / "server.crt"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", "/CN=shop"]
        alternatives = f"subjectAltName={','.join(f'DNS:{one}' for one in names)}"
        subprocess.run(
            [*command, "-addext", alternatives, "-keyout", key, "-out", certificate], check=True, capture_output=True
        )
        role = (ROOT / "docker" / "postgres" / "role.sh").read_text()
        for service, name in zip(SERVICES, names, strict=True):
            self._play(
                _secret(f"{name}-files", postgres_password="no-secret-postgres", database_password="no-secret"),
                _secret(f"{name}-tls", **{path.name: path.read_text() for path in (key, certificate)}),
                _config_map(f"{name}-setup", **{"1-role.sh": role, "2-tls.sh": OPEN_TLS}),
                self._database(service.name, name),
                alias=name,
            )
            url = f"postgres://{service.name}:no-secret@{name}:5432/{service.name}"
            for secret in (
                _secret(f"shop-{service.name}-pguser-{service.name}", uri=url),
                _secret(f"shop-{service.name}-cluster-cert", **{"ca.crt": certificate.read_text()}),
            ):
                self._secrets[secret["metadata"]["name"]] = secret

    def _database(self, service: str, name: str) -> Object:
        mounts = {"files": "/run/secrets", "tls": "/tls", "setup": "/docker-entrypoint-initdb.d"}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name},
            "spec": {
                "containers": [
                    {
                        "name": "postgres",
                        "image": f"{POSTGRES}:latest",
                        "imagePullPolicy": "Never",
                        "args": ["postgres", "-cssl=on", "-cssl_cert_file=server.crt", "-cssl_key_file=server.key"],
                        "env": [
                            {"name": "SERVICE", "value": service},
                            {"name": "POSTGRES_USER", "value": "provisioning"},
                            {"name": "POSTGRES_PASSWORD_FILE", "value": "/run/secrets/postgres_password"},
                        ],
                        "volumeMounts": [{"name": kind, "mountPath": path} for kind, path in mounts.items()],
                    }
                ],
                "volumes": [
                    {"name": "files", "secret": {"secretName": f"{name}-files", "defaultMode": 0o444}},
                    {"name": "tls", "secret": {"secretName": f"{name}-tls", "defaultMode": 0o444}},
                    {"name": "setup", "configMap": {"name": f"{name}-setup", "defaultMode": 0o444}},
                ],
            },
        }

    def play(self, kind: str, name: str, *options: str) -> None:
        """Play one rendered object under the name of its service, if it serves one."""
        (found,) = [one for one in self._rendered if (one["kind"], one["metadata"]["name"]) == (kind, name)]
        maps = [one for one in self._rendered if one["kind"] == "ConfigMap" and one["metadata"]["name"] in str(found)]
        self._play(*maps, *self._translated(found), *options, alias=name.removesuffix("-web"))

    def _translated(self, found: Object) -> list[Object]:
        """The object in podman's words, after the secrets that it mounts."""
        played: Object = json.loads(json.dumps(found).replace("$(POD_IP)", "127.0.0.1"))
        name = f"{played['metadata']['name']}-secrets"
        pod = played["spec"] if played["kind"] == "Pod" else played["spec"]["template"]["spec"]
        files: dict[str, str] = {}
        for volume in pod.get("volumes", []):
            for source in volume.pop("projected", {}).get("sources", []):
                given = self._secrets[source["secret"]["name"]]["stringData"]
                files |= {item["path"]: given[item["key"]] for item in source["secret"]["items"]}
                # Kubernetes gives them to the pod's group.
                volume["secret"] = {"secretName": name, "defaultMode": 0o444}
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            for unknown in PROBES:
                container.pop(unknown, None)
            container["env"] = [one for one in container.get("env", []) if "valueFrom" not in one]
        return [_secret(name, **files), played] if files else [played]

    def _play(self, *parts: Object | str, alias: str) -> None:
        objects = [one for one in parts if not isinstance(one, str)]
        options = [one for one in parts if isinstance(one, str)]
        self._write(f"/tmp/{alias}.yaml", yaml.safe_dump_all(objects))
        self.podman("kube", "play", "--network", f"{NETWORK}:alias={alias}", *options, f"/tmp/{alias}.yaml")

    def _write(self, path: str, content: str) -> None:
        kept = self._folder / "written"
        kept.write_text(content)
        self._engine.run("cp", str(kept), f"{NAME}:{path}")

    # What became of it

    def exit_codes(self, pod: str) -> dict[str, int]:
        """Of the containers of a pod that ends by itself, once all have ended."""
        names = self.podman("ps", "--all", "--filter", f"pod={pod}", "--format", "{{.Names}}").split()
        ours = [name for name in names if not name.endswith("-infra")]
        self.podman("wait", *ours)
        return {name: self.inspect(name)["State"]["ExitCode"] for name in ours}

    def logs(self, pod: str) -> str:
        done = self._engine.run("exec", NAME, "podman", "pod", "logs", pod, check=False)
        return done.stdout + done.stderr

    def has_database(self, service: str) -> bool:
        asked = ("pg_isready", "--host", "127.0.0.1", "--username", service, "--dbname", service)
        said = self.podman("exec", f"shop-{service}-primary-postgres", *asked, check=False)
        return "accepting connections" in said

    def inspect(self, container: str) -> Object:
        found: list[Object] = json.loads(self.podman("inspect", container))
        return found[0]

    def is_ready(self, service: str) -> bool:
        probe = ("python", "-m", "chassis.probe")
        return "ok" in self.podman("exec", f"shop-{service}-web-pod-web", *probe, check=False)

    def give(self, container: str, path: str, content: str) -> None:
        """Write a file where the container may write."""
        self._write("/tmp/given", content)
        self._engine.run(
            "exec", NAME, "sh", "-c", f"podman exec --interactive {container} sh -c 'cat > {path}' < /tmp/given"
        )


def _secret(name: str, **content: str) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": content}


def _config_map(name: str, **content: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": content}
