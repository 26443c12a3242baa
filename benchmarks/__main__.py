"""`make bench`: measures the platform beside a bare application, and writes docs/performance.md.

    python -m benchmarks [--rounds 3] [--seconds 4] [--only list add …] [--quick]

`--only` measures these operations, and `--quick` leaves out what takes long; both print, and write nothing.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import dataset, floor, report
from benchmarks.load import Request, single_requests, without_errors
from benchmarks.market import PRODUCTS, Market, open_market
from benchmarks.measure import Reference, measure, measured, without_workers
from benchmarks.meters import pids_of, processor, pss_bytes
from benchmarks.operations import (
    FIRST_PAGE,
    Operation,
    Prepare,
    adding,
    all_operations,
    checkouts,
    following,
    load,
    order_lists,
    regular,
)
from benchmarks.steps import measure_steps
from local.errors import LocalError
from local.platform import Platform, Ports

MANY_PRODUCTS = 200_000
MANY_ORDERS = 100_000
CROWD = 64
COST_LOADS = 3
COUNTED_SECONDS = 2.0
CONNECTIONS = (1, 8)
HALF_WAY = "page half way down the list"
STEPS = 150
FLOORS = 400


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of one load")
    parser.add_argument("--only", nargs="+", default=[], help="names of operations")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    try:
        figures = run(options)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n" + report.text(figures))
    for one in figures["operations"]:
        if one["connections"] == 8 and one["ratio"] > one["budget"]:
            print(f"over budget: {one['title']}, {one['where']}: {one['ratio']:.1f} of {one['budget']:g}")
    for one in figures["further"]:
        if not one["within"]:
            print(f"over budget: {one['what']}: {one['found']} of {one['budget']}")
    if is_whole(options):
        report.write(figures)
        print(f"Written: {report.PAGE.name}, {report.FIGURES.name}")
    return 0


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure, and return all figures."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-")))
        reference = stack.enter_context(Reference(folder / "reference"))
        figures: dict[str, Any] = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": report.machine() | {"postgresql": reference.version},
            "rounds": options.rounds,
            "seconds": options.seconds,
        }
        market = stack.enter_context(open_market(folder / "platform", products=PRODUCTS, say=say))
        chosen = [one for one in all_operations(market) if not options.only or one.name in options.only]
        results = measure(
            market,
            reference,
            chosen,
            connections=CONNECTIONS,
            rounds=options.rounds,
            seconds=options.seconds,
            say=say,
        )
        figures["operations"] = [result.as_json() for result in results]
        figures["counts"] = counts(market, chosen)
        figures["further"] = []
        if is_whole(options):
            say("the steps of a checkout, and its floor")
            figures["steps"] = [asdict(step) for step in measure_steps(market, times=STEPS)]
            figures["floor"] = measure_floor(reference)
            figures["further"] = Further(market, reference, folder, seconds=options.seconds).measure()
    if is_whole(options):
        figures["further"].append(starting())
    return figures


def is_whole(options: argparse.Namespace) -> bool:
    return not (options.only or options.quick)


def counts(market: Market, operations: Sequence[Operation]) -> dict[str, dict[str, Any]]:
    """Statements and calls between services of each operation, workers aside."""
    found = {}
    with without_workers(market), market.tally.switched_on():
        for operation in operations:
            operation.prepare(1)(COUNTED_SECONDS)
            ready = operation.prepare(1)
            with market.tally.counting() as told:
                done = without_errors(ready(COUNTED_SECONDS)).operations
            statements = {name: round(number / done, 1) for name, number in told.statements.items()}
            asked = sum(told.requests.values()) / done
            found[f"{operation.name} {operation.where}"] = {
                "statements": round(sum(statements.values())),
                "calls": round(asked - operation.calls),
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

    def __init__(self, market: Market, reference: Reference, folder: Path, *, seconds: float) -> None:
        self.market, self.reference, self.folder, self.seconds = market, reference, folder, seconds
        self.rows: list[dict[str, Any]] = []

    def measure(self) -> list[dict[str, Any]]:
        for part in (self.hot_item, self.cached_page, self.scale, self.memory, self.past):
            self.reference.measure()
            part()
        return self.rows

    def hot_item(self) -> None:
        say("one hot item against many")
        crowd = self.market.log_in(CROWD)
        hot = self.market.variants[0][0]
        dataset.receive_stock(self.market.platform, variant=hot, pieces=900_000)
        apart: list[float] = []
        together: list[float] = []
        for _ in range(COST_LOADS):
            for found, wanted in ((apart, None), (together, hot)):
                done = without_errors(checkouts(self.market, crowd, of=wanted)(CROWD)(self.seconds))
                found.append(done.operations / done.seconds)
        what = f"checkouts of one hot item by {CROWD} buyers, against those of different items"
        speed = statistics.median(together) / statistics.median(apart)
        self._row(what, "≥ 0.8 of the throughput", f"{speed:.2f}", within=speed >= 0.8)

    def cached_page(self) -> None:
        say("a page from the cache")
        self.market.restart("aggregator", CATALOGUE_CACHE_SECONDS="5")
        found = self._costs(first_page(self.market, "aggregator"))
        self.market.restart("aggregator", CATALOGUE_CACHE_SECONDS="0")
        what = "list of 20 through the public API, from its cache (`CATALOGUE_CACHE_SECONDS`)"
        middle = statistics.median(found)
        text = f"{middle:.1f} ({min(found):.1f}–{max(found):.1f})"
        self._row(what, "≤ 3", text, within=middle <= 3)

    def scale(self) -> None:
        say(f"{MANY_PRODUCTS} products")
        before = {name: self._costs(one) for name, one in catalogue_reads(self.market, PRODUCTS).items()}
        dataset.add_products(self.market.platform, up_to=MANY_PRODUCTS)
        after = {name: self._costs(one) for name, one in catalogue_reads(self.market, MANY_PRODUCTS).items()}
        for name, found in after.items():
            what = f"{name}, {MANY_PRODUCTS:,} products against {PRODUCTS:,}"
            self._compare(what, found, before[name], most=1.5)
        what = f"page half way down a list of {MANY_PRODUCTS:,}, against the first"
        self._compare(what, after[HALF_WAY], after["first page"], most=1)

    def memory(self) -> None:
        say("memory")
        platform = self.market.platform
        for service in platform.services:
            self.market.restart(service.name, WEB_WORKERS="1", WEB_THREADS="16")
        buyers = self.market.log_in(8)
        for prepare in (
            checkouts(self.market, buyers),
            order_lists(self.market, buyers[0]),
            first_page(self.market, "inventory"),
        ):
            without_errors(prepare(8)(self.seconds))
        megabytes = {
            kind: sum(pss_bytes(pid) for pid in pids_of(platform, kinds=[kind]).values()) / 2**20
            for kind in ("web", "worker", "postgres", "wal")
        }
        ours = megabytes["web"] + megabytes["worker"]
        what = "memory after load, one web process of 16 threads a service, and the workers (PSS)"
        self._row(what, "≤ 750 MB", f"{ours:.0f} MB", within=ours <= 750)
        self._row("their PostgreSQLs besides", "", f"{megabytes['postgres']:.0f} MB")
        self._row("who receives their logs, besides", "", f"{megabytes['wal']:.0f} MB")

    def past(self) -> None:
        """On a platform of its own, which has hardly any orders at first."""
        say(f"{MANY_ORDERS} orders of the past")
        self.market.platform.stop()
        with open_market(self.folder / "past", products=PRODUCTS, say=say) as self.market:
            market = self.market
            operations = {
                "order list": order_lists(market, regular(market)),
                "add to cart": adding(market, market.platform.url("aggregator")),
                "checkout": checkouts(market, market.log_in(8)),
            }
            few, before = {}, {}
            for name, one in operations.items():
                few[name] = dataset.orders_of(market.platform)
                before[name] = self._costs(one)
            dataset.add_past(market.platform, orders=MANY_ORDERS)
            self.reference.measure()
            for name, one in operations.items():
                what = f"{name}, with {MANY_ORDERS:,} orders against {few[name]} and those of its own"
                self._compare(what, self._costs(one), before[name], most=1)

    def _costs(self, prepare: Prepare) -> list[float]:
        """CPU of an operation as ratios to the reference's, of several loads."""
        pids = pids_of(self.market.platform)
        return [
            measured(self.reference, pids, prepare, connections=8, seconds=self.seconds).ratio
            for _ in range(COST_LOADS)
        ]

    def _compare(self, what: str, found: Sequence[float], with_: Sequence[float], *, most: float) -> None:
        """The medians' quotient, and how far it is off if the loads differ by chance."""
        least, greatest = min(found) / max(with_), max(found) / min(with_)
        middle = statistics.median(found) / statistics.median(with_)
        budget = f"≤ {most:g} ×" if most > 1 else "1 × but for chance"
        within = middle <= most if most > 1 else least <= 1
        self._row(what, budget, f"{middle:.2f} × ({least:.2f}–{greatest:.2f})", within=within)

    def _row(self, what: str, budget: str, found: str, *, within: bool = True) -> None:
        self.rows.append({"what": what, "budget": budget, "found": found, "within": within})
        say(f"{what}: {found}" + (f" (budget {budget})" if budget else ""))


def first_page(market: Market, service: str) -> Prepare:
    return load(partial(single_requests, market.platform.url(service)), [Request(FIRST_PAGE)])


def catalogue_reads(market: Market, products: int) -> dict[str, Prepare]:
    """Reads of the catalogue at its service."""
    send = partial(single_requests, market.platform.url("inventory"))
    paths = {
        "first page": FIRST_PAGE,
        HALF_WAY: half_way(market, products),
        "a category": "/api/v1/products?category=kitchen",
        "a range of prices, cheapest first": "/api/v1/products?min_price=5000&max_price=9000&ordering=price",
        "search of half the products": f"/api/v1/products?search={dataset.COMMON_WORD}",
    }
    return {name: load(send, [Request(path)]) for name, path in paths.items()}


def half_way(market: Market, products: int) -> str:
    """The address of the page after half of the products."""
    door = market.connection("inventory")
    path = "/api/v1/products?page_size=100"
    for _ in range(products // 200):
        path = following(door, path)
    door.close()
    return path.replace("page_size=100", "page_size=20")


def starting() -> dict[str, Any]:
    """How long the platform takes until it is ready, in a folder that was prepared before."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        ports = Ports.free()
        with Platform(Path(folder), ports=ports):
            pass
        began = time.monotonic()
        with Platform(Path(folder), ports=ports):
            took = time.monotonic() - began
    what = "from start to ready, in a prepared folder"
    return {"what": what, "budget": "≤ 12 s", "found": f"{took:.1f} s", "within": took <= 12}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
