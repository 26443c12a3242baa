"""Restores each service's latest backup into a database of its own, reads all of it, and throws it away.

    restore_check.py SERVICE…

Each service's scratch cluster is the manifest CHECK_FOLDER/SERVICE.json, which the operator fills from the bucket. A
restored database passes when its rows reach close enough to now, its migrations are there, every constraint is
validated and every table can be read to its end, checksums included. Exit code 1 when one of them fails; the others
are checked all the same.
"""

import base64
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
from psycopg2 import sql

POD = Path(os.environ.get("POD_FILES", "/var/run/secrets/kubernetes.io/serviceaccount"))
FOLDER = Path(os.environ["CHECK_FOLDER"])
TIMEOUT = float(os.environ["CHECK_TIMEOUT_SECONDS"])
MAX_AGE_HOURS = float(os.environ["CHECK_MAX_AGE_HOURS"])
POLL = float(os.environ.get("CHECK_POLL_SECONDS", "10"))
API = os.environ.get("KUBERNETES_API", "https://kubernetes.default.svc")


class CheckError(Exception):
    """The backup of a service did not restore to what it should be."""


def main(services: list[str]) -> int:
    failed = []
    for service in services:
        started = time.monotonic()
        try:
            found = check(service)
        except (CheckError, OSError, psycopg2.Error) as error:
            failed.append(service)
            say(service, f"FAILED after {time.monotonic() - started:.0f} s: {error}", level="ERROR")
        else:
            say(service, f"restored and read in {time.monotonic() - started:.0f} s: {found}")
    return 1 if failed else 0


def check(service: str) -> str:
    """Return what was found in a service's restored backup. Raises CheckError for what must not be."""
    manifest = json.loads((FOLDER / f"{service}.json").read_text())
    deadline = time.monotonic() + TIMEOUT
    with scratch_cluster(service, manifest, deadline) as address:
        return inspect(address)


@contextmanager
def scratch_cluster(service: str, manifest: dict[str, Any], deadline: float) -> Iterator[str]:
    """Yields the address of the restored database; the cluster is removed whatever happens."""
    name = manifest["metadata"]["name"]
    clusters = f"/apis/{manifest['apiVersion']}/namespaces/{namespace()}/perconapgclusters"
    remove(f"{clusters}/{name}", deadline)  # what a check that was cut off has left behind
    ask("POST", clusters, manifest)
    say(service, f"{name} is being restored")
    try:
        wait_until_ready(service, f"{clusters}/{name}", deadline)
        secret = ask("GET", f"/api/v1/namespaces/{namespace()}/secrets/{name}-pguser-{service}")
        if secret is None:
            raise CheckError(f"the operator made no secret {name}-pguser-{service}")
        yield base64.b64decode(secret["data"]["uri"]).decode()
    finally:
        remove(f"{clusters}/{name}", time.monotonic() + 300)


def wait_until_ready(service: str, path: str, deadline: float) -> None:
    last = ""
    while True:
        cluster = ask("GET", path) or {}
        state = str(cluster.get("status", {}).get("state", "unknown"))
        if state == "ready":
            return
        if state != last:
            say(service, f"is {state}")
            last = state
        if time.monotonic() > deadline:
            raise CheckError(f"still {state} after {TIMEOUT:.0f} s")
        time.sleep(POLL)


def remove(path: str, deadline: float) -> None:
    """Deletes an object and waits until it is gone; nothing happens when it is not there."""
    if ask("DELETE", path) is None:
        return
    while ask("GET", path) is not None:
        if time.monotonic() > deadline:
            raise CheckError(f"{path.rsplit('/', 1)[-1]} does not go away; remove it by hand")
        time.sleep(POLL)


def inspect(address: str) -> str:
    with closing(psycopg2.connect(address, connect_timeout=20)) as session, session.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = sorted(cursor.fetchall())
        if "django_migrations" not in [table for _, table in tables]:
            raise CheckError("there is no table django_migrations: this is no service's database")
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        if unsure := [row[0] for row in cursor.fetchall()]:
            raise CheckError(f"constraints that are not validated: {', '.join(unsure)}")
        # Periodic tasks move their next turn on every few seconds: the latest one tells up to when there are rows.
        cursor.execute("SELECT extract(epoch FROM now() - max(due_at)) / 3600 FROM jobs_schedule")
        age = cursor.fetchone()[0]
        if age is None or age > MAX_AGE_HOURS:
            raise CheckError(
                f"the newest rows are {age or 0:.1f} h old, more than {MAX_AGE_HOURS:g}: backups or WAL are missing"
            )
        rows = 0
        for schema, table in tables:
            # Every row as text: pages, checksums and large values are all read.
            cursor.execute(
                sql.SQL("SELECT count(*), sum(length(t::text)) FROM {} t").format(sql.Identifier(schema, table))
            )
            rows += cursor.fetchone()[0]
    return f"{len(tables)} tables, {rows} rows, the newest {max(float(age), 0):.1f} h old"


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Return the cluster's answer, None for 404. Raises OSError when it does not answer, CheckError when it refuses."""
    request = urllib.request.Request(f"{API}{path}", method=method)  # noqa: S310 - the cluster's own address
    request.add_header("Authorization", f"Bearer {(POD / 'token').read_text()}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    context = ssl.create_default_context(cafile=str(POD / "ca.crt")) if API.startswith("https") else None
    try:
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise CheckError(f"{method} {path}: {error.code} {error.read()[:300].decode(errors='replace')}") from error


def namespace() -> str:
    return (POD / "namespace").read_text().strip()


def say(service: str, text: str, *, level: str = "INFO") -> None:
    print(json.dumps({"service": service, "level": level, "logger": "restore_check", "message": text}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
