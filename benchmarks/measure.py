"""Rounds of load, the reference's between them, and what each operation cost."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from benchmarks.load import Load, Request, single_requests
from benchmarks.market import Market
from benchmarks.meters import pids_of, processor
from benchmarks.operations import Operation
from benchmarks.reference import TABLE
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
    """One load of one operation."""

    operations: int
    seconds: float
    p50: float
    p95: float
    p99: float
    errors: int
    cpu_ms: float
    ratio: float
    by_process: dict[str, float] = field(default_factory=dict)


@dataclass
class Result:
    """An operation's rounds at one number of connections."""

    name: str
    title: str
    where: str
    budget: float
    connections: int
    rounds: list[Round] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(each.ratio for each in self.rounds)

    @property
    def cpu_ms(self) -> float:
        return statistics.median(each.cpu_ms for each in self.rounds)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "cpu_ms": self.cpu_ms}


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
        time.sleep(1.5)
        self.cpu_ms(connections=8)
        return self

    def __exit__(self, *_: object) -> None:
        self._web.stop(5)
        self._postgres.stop()

    @property
    def postgres_pid(self) -> int:
        return self._postgres.process.pid or 0

    def another_database(self, name: str) -> str:
        """The URL of a new database at the reference's PostgreSQL."""
        return self._postgres.provide(name)

    def cpu_ms(self, *, connections: int) -> float:
        """Milliseconds of processor that a request costs now."""
        pids = {"web": self._web.pid or 0, "postgres": self._postgres.process.pid or 0}
        requests = [Request(f"/?after={page * 20}") for page in range(100)]
        base = f"http://{LOOPBACK}:{self._port}"
        with processor(pids) as spent:
            loads = [
                single_requests(base, requests, connections=connections, seconds=1.0) for _ in range(REFERENCE_LOADS)
            ]
        if errors := sum(load.errors for load in loads):
            raise RuntimeError(f"the reference failed {errors} times")
        return spent.total * 1000 / sum(load.operations for load in loads)


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
    """Run every operation in every round, a load of the reference before each."""
    results = [
        Result(operation.name, operation.title, operation.where, operation.budget, count)
        for operation in operations
        for count in connections
    ]
    pids = pids_of(market.platform)
    by_key = {(operation.name, operation.where): operation for operation in operations}
    for number in range(1, rounds + 1):
        for result in results:
            operation = by_key[result.name, result.where]
            operation.prepare(result.connections)(WARM_UP_SECONDS)
            ready = operation.prepare(result.connections)
            basis = reference.cpu_ms(connections=8)
            with processor(pids) as spent:
                load = ready(seconds)
            result.rounds.append(round_of(load, spent.by_process, basis))
            last = result.rounds[-1]
            say(
                f"round {number}: {operation.title}, {operation.where}, {result.connections} connections: "
                f"{load.operations / load.seconds:.0f}/s, {last.cpu_ms:.2f} ms, ratio {last.ratio:.1f} "
                f"(budget {operation.budget:g})" + (f", {load.errors} ERRORS {load.notes[:1]}" if load.errors else "")
            )
    return results


def round_of(load: Load, by_process: Mapping[str, float], basis: float) -> Round:
    cost = {name: seconds * 1000 / load.operations for name, seconds in by_process.items()}
    total = sum(cost.values())
    return Round(load.operations, load.seconds, load.p50, load.p95, load.p99, load.errors, total, total / basis, cost)


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
