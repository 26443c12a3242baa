"""What is measured: processor time and memory of processes, statements of databases, calls between services."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg2  # type: ignore[import-untyped]

from local.errors import LocalError
from local.platform import Platform

NO_STATEMENTS = re.compile(
    r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|RESET|SHOW|DISCARD)\b"
    r"|SELECT \S+ FROM ONLY .* FOR KEY SHARE"
    r"|SELECT orders_check_sums\("
)
"""What is no statement of the application's own; the second and the third are asked by constraints at the commit."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all that descend from it, ended ones included once they are reaped.

    Raises `LocalError` when the process itself has ended, since what it spent is not known any more.
    """
    total = 0.0
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess as error:
        raise LocalError(f"Process {pid} ended while it was measured.") from error
    for process in family:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_bytes(pid: int) -> int:
    """Memory of a process and its descendants, what they share divided among those who share it."""
    root = psutil.Process(pid)
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):  # a session that ended meanwhile
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


@dataclass
class Spent:
    """Seconds of processor by process of the platform, e.g. `inventory-web`."""

    by_process: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return sum(self.by_process.values())


@contextmanager
def processor(pids: Mapping[str, int]) -> Iterator[Spent]:
    """Tells afterwards what the processes, by name, have spent meanwhile."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    spent = Spent()
    yield spent
    spent.by_process = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}


def pids_of(platform: Platform, *, kinds: Iterable[str] = ("web", "worker", "postgres", "wal")) -> dict[str, int]:
    """Process ids of the platform by process name, those of all services; `wal` receives a database's log."""
    names = [f"{service.name}-{kind}" for service in platform.services for kind in kinds]
    return {name: pid for name in names if (pid := platform.process(name).pid) is not None}


@dataclass
class Counts:
    """Statements by service, and answered requests by service, internal calls among them."""

    statements: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)


class Tally:
    """Counts what a platform's databases and services were asked; its PostgreSQLs preload pg_stat_statements.

    It counts only while it is asked to: what that costs is not the platform's. Workers must be stopped meanwhile, since
    their statements cannot be told from those of requests.
    """

    SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_utility": "off"}

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._connections = {}
        for name, server in platform.postgres.items():
            connection = psycopg2.connect(server.superuser_url())
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            self._connections[name] = connection
        self._switch(track="none", query_ids="off")

    @contextmanager
    def switched_on(self) -> Iterator[None]:
        """Sessions end first: what they prepared before has no identity by which it would be counted."""
        self._switch(track="top", query_ids="on")
        self._ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> current_database()")
        yield
        self._switch(track="none", query_ids="off")

    @contextmanager
    def counting(self) -> Iterator[Counts]:
        """Tells afterwards what was asked meanwhile."""
        sizes = {name: self._log(name).stat().st_size for name in self._connections}
        self._ask("SELECT pg_stat_statements_reset()")
        counts = Counts()
        yield counts
        for name in self._connections:
            counts.statements[name] = self._statements(name)
            counts.requests[name] = sum(1 for _line in access_lines(self._log(name), since=sizes[name]))

    def _switch(self, *, track: str, query_ids: str) -> None:
        self._ask(f"ALTER SYSTEM SET pg_stat_statements.track = '{track}'")
        self._ask(f"ALTER SYSTEM SET compute_query_id = '{query_ids}'")
        self._ask("SELECT pg_reload_conf()")
        time.sleep(1)  # until every process has read it

    def _ask(self, statement: str) -> None:
        for connection in self._connections.values():
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def _statements(self, name: str) -> int:
        with self._connections[name].cursor() as cursor:
            cursor.execute(
                "SELECT query, calls FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid"
                " WHERE d.datname = %s",
                [name],
            )
            return sum(calls for text, calls in cursor if not NO_STATEMENTS.match(text))

    def _log(self, name: str) -> Path:
        return self.platform.process(f"{name}-web").log

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


def access_lines(log: Path, *, since: int = 0) -> Iterator[dict[str, object]]:
    """The access lines that a service wrote after so many bytes of its log, without those of probes."""
    with log.open("rb") as file:
        file.seek(since)
        for line in file:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("logger") == "access" and not str(entry.get("path", "")).endswith(("/livez", "/readyz")):
                yield entry
