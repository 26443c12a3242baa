"""Rounds of load, the reference's between them, and what each operation cost."""

import os
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from benchmarks.load import Request, single_requests, without_errors
from benchmarks.market import Market
from benchmarks.meters import pids_of, processor
from benchmarks.operations import Operation, Prepare
from benchmarks.reference import TABLE
from local.errors import LocalError
from local.ports import LOOPBACK, free_ports
from local.postgres import Postgres
from local.processes import Process
from local.services import ROOT

WARM_UP_SECONDS = 1.0
REFERENCE_LOADS = 3
"""Of a second each, in place of a single long one: how the connections happen to fall on the reference's two processes
changes its cost by a third, and stays as it is until they are closed.
"""


@dataclass
class Round:
    """One load of one operation: milliseconds; `reference_ms` is what the reference cost just before and after."""

    operations: int
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu_ms: float
    reference_ms: float
    ratio: float
    by_process: dict[str, float]


@dataclass
class Result:
    """An operation's rounds at one number of connections."""

    name: str
    title: str
    where: str
    budget: float
    connections: int
    rounds: list[Round] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        names = ("per_second", "p50", "p95", "p99", "cpu_ms", "ratio")
        medians = {name: statistics.median(getattr(each, name) for each in self.rounds) for name in names}
        return asdict(self) | medians


class Reference:
    """The bare application with a PostgreSQL of its own."""

    def __init__(self, folder: Path) -> None:
        database_port, self._port = free_ports(2)
        self._postgres = Postgres(
            name="reference", folder=folder / "postgres", port=database_port, log=folder / "postgres.log"
        )
        self._folder = folder

    def __enter__(self) -> "Reference":
        self._postgres.start()
        url = self._postgres.provide("reference")
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(TABLE)
        self._web = Process(
            name="reference-web",
            argv=[
                sys.executable, "-m", "gunicorn", "benchmarks.reference:application", "--no-control-socket",
                "-k", "gthread", "-w", "2", "--threads", "8", "--keep-alive", "75", "-b", f"{LOOPBACK}:{self._port}",
            ],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            log=self._folder / "web.log",
        )  # fmt: skip
        self._web.start()
        self._wait()
        self.measure()
        return self

    def _wait(self) -> None:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((LOOPBACK, self._port), timeout=1).close()
            except OSError as error:
                if time.monotonic() > until:
                    raise LocalError(f"The reference does not start: {self._folder / 'web.log'}") from error
                time.sleep(0.1)
            else:
                return

    def __exit__(self, *_: object) -> None:
        self._web.stop(5)
        self._postgres.stop()

    @property
    def version(self) -> str:
        """PostgreSQL's."""
        with psycopg2.connect(self._postgres.superuser_url()) as connection, connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return str((cursor.fetchone() or ("",))[0])

    @property
    def postgres_pid(self) -> int:
        return self._postgres.process.pid or 0

    def another_database(self, name: str) -> str:
        """The URL of a new database at the reference's PostgreSQL."""
        return self._postgres.provide(name)

    def measure(self) -> float:
        """Milliseconds of processor that a request costs now, over 8 connections; kept as `latest`."""
        pids = {"web": self._web.pid or 0, "postgres": self.postgres_pid}
        requests = [Request(f"/?after={page * 20}") for page in range(100)]
        base = f"http://{LOOPBACK}:{self._port}"
        with processor(pids) as spent:
            loads = [
                without_errors(single_requests(base, requests, connections=8, seconds=1.0))
                for _ in range(REFERENCE_LOADS)
            ]
        self.latest = spent.total * 1000 / sum(load.operations for load in loads)
        return self.latest


def measured(
    reference: Reference, pids: Mapping[str, int], prepare: Prepare, *, connections: int, seconds: float
) -> Round:
    """One round, between two measurements of the reference. Raises `LocalError` when an operation fails."""
    prepare(connections)(WARM_UP_SECONDS)
    ready = prepare(connections)
    before = reference.latest
    with processor(pids) as spent:
        load = without_errors(ready(seconds))
    basis = (before + reference.measure()) / 2
    by_process = {name: each * 1000 / load.operations for name, each in spent.by_process.items()}
    cpu_ms = sum(by_process.values())
    return Round(
        load.operations,
        load.operations / load.seconds,
        *(load.p50, load.p95, load.p99),
        cpu_ms,
        basis,
        cpu_ms / basis,
        by_process,
    )


def measure(
    market: Market,
    reference: Reference,
    operations: Sequence[Operation],
    *,
    connections: Sequence[int],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> list[Result]:
    """Run every operation in every round."""
    planned = [
        (operation, Result(operation.name, operation.title, operation.where, operation.budget, count))
        for operation in operations
        for count in connections
    ]
    pids = pids_of(market.platform)
    reference.measure()
    for number in range(1, rounds + 1):
        for operation, result in planned:
            now = measured(reference, pids, operation.prepare, connections=result.connections, seconds=seconds)
            result.rounds.append(now)
            say(
                f"round {number}: {operation.title}, {operation.where}, {result.connections} connections: "
                f"{now.per_second:.0f}/s, {now.cpu_ms:.2f} ms, ratio {now.ratio:.1f} (budget {operation.budget:g})"
            )
    return [result for _operation, result in planned]


@contextmanager
def without_workers(market: Market) -> Iterator[None]:
    """Stop the job workers meanwhile, whose statements cannot be told from those of requests."""
    names = [f"{service.name}-worker" for service in market.platform.services]
    for name in names:
        market.platform.stop_process(name)
    try:
        yield
    finally:
        for name in names:
            market.platform.start_process(name)
