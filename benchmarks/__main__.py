"""`make bench`: measures the platform beside a bare application, and writes docs/performance.md.

    python -m benchmarks [--rounds 3] [--seconds 4] [--only list add …] [--quick]

`--only` measures these operations, and `--quick` leaves out what takes long; both print, and write nothing.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import dataset, floor, report
from benchmarks.load import Load, Request, single_requests
from benchmarks.market import ORDERS_OF_A_BUYER, PRODUCTS, Buyer, Market, give_orders, open_market
from benchmarks.measure import WARM_UP_SECONDS, Reference, measure, without_workers
from benchmarks.meters import pids_of, processor, pss_bytes
from benchmarks.operations import Operation, Prepare, adding, all_operations, checkouts, load, order_lists
from benchmarks.steps import measure_steps
from local.errors import LocalError
from local.platform import Platform, Ports

MANY_PRODUCTS = 200_000
MANY_ORDERS = 100_000
CROWD = 64
COST_LOADS = 3
STEPS = 150
FLOORS = 400


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one load")
    parser.add_argument("--only", nargs="+", default=[], help="names of operations")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    try:
        figures = run(options)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n" + report.text(figures))
    over = [one for one in figures["operations"] if one["connections"] == 8 and one["ratio"] > one["budget"]]
    for one in over:
        print(f"over budget: {one['title']}, {one['where']}: {one['ratio']:.1f} of {one['budget']:g}")
    if not (options.only or options.quick):
        report.write(figures)
        print(f"Written: {report.PAGE.name}, {report.FIGURES.name}")
    return 0


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return all figures."""
    whole = not options.quick
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        reference = stack.enter_context(Reference(folder / "reference"))
        market = stack.enter_context(open_market(folder / "platform", products=PRODUCTS, say=say))
        buyers = market.log_in(8)
        give_orders(market, buyers[:1], each=ORDERS_OF_A_BUYER)
        chosen = [one for one in all_operations(market, buyers) if not options.only or one.name in options.only]
        results = measure(
            market,
            reference,
            chosen,
            connections=options.connections,
            rounds=options.rounds,
            seconds=options.seconds,
            say=say,
        )
        figures: dict[str, Any] = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": report.machine(),
            "rounds": options.rounds,
            "seconds": options.seconds,
            "reference_ms": reference.cpu_ms(connections=8),
            "counts": counts(market, chosen),
            "further": [],
        }
        if whole and not options.only:
            say("the steps of a checkout, and its floor")
            figures["steps"] = [asdict(step) for step in measure_steps(market, buyers[0], times=STEPS)]
            figures["floor"] = measure_floor(reference)
            figures["further"] += Further(market, reference, buyers, seconds=options.seconds).measure()
        figures["operations"] = [result.as_json() for result in results]
    if whole and not options.only:
        figures["further"].append(starting())
    return figures


def counts(market: Market, operations: Sequence[Operation]) -> dict[str, dict[str, Any]]:
    """Statements and calls between services of each operation, workers aside."""
    found = {}
    with without_workers(market), market.tally.switched_on():
        for operation in operations:
            operation.prepare(1)(1.0)
            ready = operation.prepare(1)
            with market.tally.counting() as told:
                done = ready(1.0).operations
            statements = {name: round(number / done, 1) for name, number in told.statements.items()}
            asked = sum(told.requests.values()) / done
            first = {"checkout": 4}.get(operation.name, 1)
            found[f"{operation.name} {operation.where}"] = {
                "statements": round(sum(statements.values())),
                "calls": round(asked - first),
                "by_service": {name: number for name, number in statements.items() if number >= 0.5},
            }
    return found


def measure_floor(reference: Reference) -> dict[str, float]:
    url = reference.another_database("floor")
    floor.prepare(url)
    floor.run(url, times=FLOORS)
    with processor({"postgres": reference.postgres_pid}) as spent:
        python_ms = floor.run(url, times=FLOORS)
    return {"python_ms": python_ms, "postgres_ms": spent.total * 1000 / FLOORS}


class Further:
    """The budgets that are no single operation's, each a row of the page."""

    def __init__(self, market: Market, reference: Reference, buyers: Sequence[Buyer], *, seconds: float) -> None:
        self.market, self.reference, self.buyers, self.seconds = market, reference, buyers, seconds
        self.rows: list[dict[str, str]] = []

    def measure(self) -> list[dict[str, str]]:
        for part in (self.hot_item, self.cached_page, self.past, self.scale, self.memory):
            part()
        return self.rows

    def hot_item(self) -> None:
        say("one hot item against many")
        crowd = self.market.log_in(CROWD)
        hot = self.market.variants[0][0]
        dataset.set_stock(self.market.platform, variant=hot, pieces=900_000)
        apart = [checkouts(self.market, crowd)(CROWD)(self.seconds) for _ in range(2)]
        together = [checkouts(self.market, crowd, of=hot)(CROWD)(self.seconds) for _ in range(2)]
        if errors := [note for one in apart + together for note in one.notes]:
            raise LocalError(f"{len(errors)} checkouts failed: {errors[0]}")
        speed = max(map(throughput, together)) / max(map(throughput, apart))
        what = f"checkouts of one hot item by {CROWD} buyers, against those of different items"
        self._row(what, "≥ 0.8 of the throughput", f"{speed:.2f}")

    def cached_page(self) -> None:
        say("a page from the cache")
        self.market.restart("aggregator", CATALOGUE_CACHE_SECONDS="5")
        page = load(
            lambda requests, **options: single_requests(self._public, requests, **options),
            [Request("/api/v1/products?page_size=20")],
        )
        found = self._cost(page)
        self.market.restart("aggregator", CATALOGUE_CACHE_SECONDS="0")
        what = "list of 20 through the public API, from its cache (`CATALOGUE_CACHE_SECONDS`)"
        self._row(what, "≤ 3", f"{found:.1f}")

    def past(self) -> None:
        say(f"{MANY_ORDERS} orders of the past")
        operations = {
            "checkout": checkouts(self.market, self.buyers),
            "order list": order_lists(self.market, self.buyers),
            "add to cart": adding(self.market, self._public),
        }
        before = {name: self._cost(operation) for name, operation in operations.items()}
        dataset.add_past(self.market.platform, orders=MANY_ORDERS)
        for name, operation in operations.items():
            found = self._cost(operation) / before[name]
            self._row(f"{name}, with {MANY_ORDERS:,} orders against some hundreds", "1 ×", f"{found:.2f} ×")

    def scale(self) -> None:
        say(f"{MANY_PRODUCTS} products")
        before = {name: self._cost(operation) for name, operation in catalogue_reads(self.market).items()}
        dataset.add_products(self.market.platform, up_to=MANY_PRODUCTS)
        after = {name: self._cost(operation) for name, operation in catalogue_reads(self.market).items()}
        for name, found in after.items():
            what = f"{name}, {MANY_PRODUCTS:,} products against {PRODUCTS:,}"
            self._row(what, "≤ 1.5 ×", f"{found / before[name]:.2f} ×")
        deep = after["page deep in the list"] / after["first page"]
        self._row(f"page deep in a list of {MANY_PRODUCTS:,}, against the first", "1 ×", f"{deep:.2f} ×")

    def memory(self) -> None:
        say("memory")
        for service in self.market.platform.services:
            self.market.restart(service.name, WEB_WORKERS="1", WEB_THREADS="16")
        first_page = catalogue_reads(self.market)["first page"]
        for operation in (checkouts(self.market, self.buyers), order_lists(self.market, self.buyers), first_page):
            operation(8)(self.seconds)
        ours = pids_of(self.market.platform, kinds=("web", "worker"))
        megabytes = sum(pss_bytes(pid) for pid in ours.values()) / 2**20
        what = "memory after load, one web process of 16 threads a service, and the workers (PSS)"
        self._row(what, "≤ 750 MB", f"{megabytes:.0f} MB")

    @property
    def _public(self) -> str:
        return self.market.platform.url("aggregator")

    def _cost(self, operation: Prepare) -> float:
        """CPU of an operation as a ratio to the reference's, each the least of several loads."""
        costs, bases = [], []
        pids = pids_of(self.market.platform)
        for _ in range(COST_LOADS):
            operation(8)(WARM_UP_SECONDS)
            ready = operation(8)
            bases.append(self.reference.cpu_ms(connections=8))
            with processor(pids) as spent:
                done = ready(self.seconds)
            if done.errors:
                raise LocalError(f"{done.errors} operations failed: {done.notes[:1]}")
            costs.append(spent.total * 1000 / done.operations)
        return min(costs) / min(bases)

    def _row(self, what: str, budget: str, found: str) -> None:
        self.rows.append({"what": what, "budget": budget, "found": found})
        say(f"{what}: {found} (budget {budget})")


def throughput(done: Load) -> float:
    return done.operations / done.seconds


def catalogue_reads(market: Market) -> dict[str, Any]:
    """Reads of the catalogue at its service."""
    send = single_requests
    base = market.platform.url("inventory")

    def reading(path: str) -> Any:
        return load(lambda requests, **options: send(base, requests, **options), [Request(path)])

    return {
        "first page": reading("/api/v1/products?page_size=20"),
        "page deep in the list": reading(deep_page(market)),
        "a category": reading("/api/v1/products?category=kitchen"),
        "a range of prices, cheapest first": reading("/api/v1/products?min_price=5000&max_price=9000&ordering=price"),
        "search of half the products": reading(f"/api/v1/products?search={dataset.COMMON_WORD}"),
    }


def deep_page(market: Market) -> str:
    """The address of a page about 1,500 products deep, whatever their number."""
    door = market.connection("inventory")
    path = "/api/v1/products?page_size=100"
    for _ in range(15):
        following = door.expect(200, "GET", path)["next"]
        path = following[following.index("/api/") :]
    door.close()
    return path.replace("page_size=100", "page_size=20")


def starting() -> dict[str, str]:
    """How long the platform takes until it is ready, in a folder that was prepared before."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        ports = Ports.free()
        with Platform(Path(folder), ports=ports):
            pass
        began = time.monotonic()
        with Platform(Path(folder), ports=ports):
            took = time.monotonic() - began
    return {"what": "from start to ready, in a prepared folder", "budget": "≤ 12 s", "found": f"{took:.1f} s"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
