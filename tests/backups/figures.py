"""`make drill-report`: what backups cost and give, measured here, into docs/operations/backups.md and backups.svg.

    python -m tests.backups.figures DRILL_FIGURES.json

takes the recovery point and time from the drill's file, measures the rest itself, and writes both.
"""

import json
import os
import platform as machine
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import psycopg2  # type: ignore[import-untyped]
from matplotlib.figure import Figure

from backups import restoring, taking
from backups.barman import Backup, Barman, Server
from backups.policy import Policy
from backups.restoring import Place
from local.platform import Platform, Ports
from local.ports import LOOPBACK, free_ports
from local.postgres import SUPERUSER, Postgres, processes_in
from local.services import ROOT, SERVICES
from tests.shop import Shop

PAGE = ROOT / "docs" / "operations" / "backups.md"
CHART = ROOT / "docs" / "operations" / "backups.svg"
BEGIN, END = "<!-- figures: written by make drill-report -->", "<!-- end of the figures -->"
ROWS = 400_000
"""Of about 800 bytes each."""
CHECKOUTS = 100
ROUNDS = 3
MIB = 1024 * 1024


@dataclass(frozen=True)
class Step:
    """A backup of a database in which that was changed, and its restore."""

    name: str
    backup: Backup
    seconds: float
    restore_seconds: float


def sizes_and_times() -> list[Step]:
    """Of a database of some 330 MB: the full backup, and incremental ones after changes here and there."""
    folder = Path(tempfile.mkdtemp(prefix="figures-"))
    server = Postgres(name="figures", folder=folder / "pg", port=free_ports(1)[0], log=folder / "postgres.log")
    home = folder / "backups"
    server.start()
    receiver = None
    try:
        server.provide("figures")
        password = server.provide_backup_role()
        receiver = server.log_receiver(home / "figures" / "streaming", home / "locks" / ".figures-receive-wal.lock")
        receiver.start()
        barman = Barman(home, [Server("figures", LOOPBACK, server.port, password)], Policy.read())
        place = Place("figures", server.data, SUPERUSER, log=folder / "restore.log")
        connection = psycopg2.connect(server.url("figures"))
        connection.autocommit = True
        steps = []
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE goods (id int PRIMARY KEY, content text)")
            cursor.execute("INSERT INTO goods SELECT n, repeat(md5(n::text), 24) FROM generate_series(1, %s) n", [ROWS])
            # Or autovacuum would change all of it once more after the first backup.
            cursor.execute("VACUUM (FREEZE, ANALYZE) goods")
            for name, change in [
                ("full", None),
                ("incremental, nothing changed", None),
                ("incremental, 1 % changed in one place", "id <= %s / 100"),
                ("incremental, 1 % changed here and there", "id %% 100 = 0 AND %s > 0"),
                ("incremental, 10 % changed in one place", "id <= %s / 10"),
            ]:
                if change is not None:
                    cursor.execute(f"UPDATE goods SET content = md5(content) || content WHERE {change}", [ROWS])
                started = time.monotonic()
                backup = taking.take(barman, "figures", "full" if name == "full" else "incremental", say=print)
                seconds = time.monotonic() - started
                found = restoring.verify(barman, place, folder / "verifying", backup=backup, say=lambda _line: None)
                assert found.rows == {"goods": ROWS}
                steps.append(Step(name, backup, seconds, found.seconds))
                print(f"{name}: {backup.size / MIB:.1f} MiB, {seconds:.1f} s, restored in {found.seconds:.1f} s")
        connection.close()
        return steps
    finally:
        server.stop()
        if receiver is not None:
            receiver.stop()
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU for one checkout, of all PostgreSQL's processes together."""

    without: list[float]
    with_backups: list[float]


def cost_of_the_log() -> Cost:
    """Checkouts with and without receiving and summarizing the log, in turns on the same data."""
    folder, ports = Path(tempfile.mkdtemp(prefix="figures-")), Ports.free()
    found: dict[bool, list[float]] = {False: [], True: []}
    try:
        for number in range(ROUNDS):
            for backups in (number % 2 == 0, number % 2 == 1):
                found[backups].append(_milliseconds_per_checkout(folder, ports, backups=backups))
                print(f"{'with' if backups else 'without'} backups: {found[backups][-1]:.2f} ms of CPU for a checkout")
    finally:
        shutil.rmtree(folder)
    return Cost(without=found[False], with_backups=found[True])


def _milliseconds_per_checkout(folder: Path, ports: Ports, *, backups: bool) -> float:
    platform = Platform(folder, ports=ports, backups=backups)
    if not backups:
        for server in platform.postgres.values():
            server.process.argv += ["-c", "summarize_wal=off"]
    with platform:
        if not backups:
            for server in platform.postgres.values():  # or its slot would keep the log
                server.as_superuser(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active;"
                )
        shop = Shop(platform, {})
        item, buyer = shop.item(stock=CHECKOUTS * 2), shop.buyer()
        _buy(shop, buyer, item, 10)  # connections are made, plans and pages are known
        time.sleep(2)
        before = _cpu_milliseconds(platform)
        _buy(shop, buyer, item, CHECKOUTS)
        time.sleep(3)  # mails are queued, the log is summarized
        return (_cpu_milliseconds(platform) - before) / CHECKOUTS


def _buy(shop: Shop, buyer: Any, item: Any, count: int) -> None:
    for _ in range(count):
        answer = shop.basket(buyer, item).check_out()
        assert answer.status_code == 201, answer.text


def _cpu_milliseconds(platform: Platform) -> float:
    """User and system time of all PostgreSQLs, those of their children that ended, and who receives their log."""
    ticks = 0
    for service in SERVICES:
        server = platform.postgres[service.name]
        pids = processes_in(server.data)
        pids += [platform.process(f"{service.name}-wal").pid or 0] if platform.backups else []
        for pid in pids:
            fields = Path("/proc", str(pid), "stat").read_text().rpartition(") ")[2].split()
            # Only the first process of a server has waited for the others.
            ticks += sum(int(field) for field in fields[11 : 15 if pid == server.process.pid else 13])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def chart(steps: Sequence[Step]) -> None:
    mpl.rcParams |= {"svg.hashsalt": "backups", "font.size": 9}
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    sizes, times = figure.subplots(1, 2, sharey=True)
    names = [step.name.replace("incremental, ", "") for step in steps]
    places = range(len(steps))
    sizes.barh(places, [step.backup.size / MIB for step in steps], color="#4878a8")
    sizes.set_xlabel("size, MiB")
    sizes.set_yticks(places, names)
    sizes.invert_yaxis()
    times.barh([at - 0.2 for at in places], [step.seconds for step in steps], 0.4, color="#4878a8", label="backup")
    times.barh([at + 0.2 for at in places], [s.restore_seconds for s in steps], 0.4, color="#d89048", label="restore")
    times.set_xlabel("seconds")
    times.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    figure.savefig(CHART, format="svg", metadata={"Date": None})


def text(recovery: dict[str, Any], steps: Sequence[Step], cost: Cost) -> str:
    def pair(values: Sequence[float]) -> str:
        return f"{statistics.median(values):.1f} ms ({', '.join(f'{value:.1f}' for value in values)})"

    lost = (
        f"{recovery['rpo_seconds'] * 1000:.0f} ms: {recovery['lost']} of {recovery['acknowledged']} "
        "acknowledged commits lost"
    )
    more = statistics.median(cost.with_backups) / statistics.median(cost.without) - 1
    lines = [
        BEGIN,
        "",
        f"Measured on {os.cpu_count()} cores at a load of {os.getloadavg()[2]:.0f}, Python {machine.python_version()}, "
        "PostgreSQL 18, all on one disk.",
        "",
        "| | |",
        "|---|---|",
        f"| recovery point after `rm -rf` of the data and `kill -9` under a steady load of commits | {lost} |",
        f"| recovery time of it, from the command to the first answer | {recovery['rto_seconds']:.1f} s |",
        f"| PostgreSQL's CPU for a checkout, without receiving and summarizing the log | {pair(cost.without)} |",
        f"| the same with it | {pair(cost.with_backups)}: {more:+.0%} |",
        "",
        f"A database of {steps[0].backup.size / MIB:.0f} MiB; the restore ends with everything read and checked.",
        "",
        "| backup | size | of the full one | taken in | restored in |",
        "|---|---|---|---|---|",
        *(
            f"| {step.name} | {step.backup.size / MIB:.1f} MiB | {step.backup.size / steps[0].backup.size:.0%} "
            f"| {step.seconds:.1f} s | {step.restore_seconds:.1f} s |"
            for step in steps
        ),
        "",
        f"![Sizes and times of backups]({CHART.name})",
        "",
        END,
    ]
    return "\n".join(lines)


def main(file: str) -> None:
    recovery = json.loads(Path(file).read_text())["recovery"]
    steps = sizes_and_times()
    cost = cost_of_the_log()
    chart(steps)
    page = PAGE.read_text()
    before, _begin, rest = page.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    PAGE.write_text(before + text(recovery, steps, cost) + after)


if __name__ == "__main__":
    main(sys.argv[1])
