"""With one service hanging, what does not need it is about as quick as ever: measured side by side, figures shown.

The only test that asserts on times: calm and hanging rounds take turns, and only their ratio counts. Several people ask
at a time, among them as many who do need the service that hangs.
"""

import itertools
import os
import platform
import statistics
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from local.services import ROOT
from tests.needs import OPERATIONS, Prepared, fits, prepare, timed, what_needs_what, with_empty_memory
from tests.shop import Shop

REPORT = ROOT / "docs" / "proof" / "latency.md"
SERVICES = ("auth", "inventory", "orders", "payment")
REPEATABLE = (
    "POST /auth/token/revoke",
    "GET /accounts/me",
    "GET /categories",
    "GET /products",
    "GET /products/{id_or_slug}",
    "POST /carts",
    "GET /carts/{id}",
    "PUT /carts/{id}/lines/{variant}",
    "GET /addresses",
    "GET /addresses/{id}",
    "PATCH /addresses/{id}",
    "GET /checkouts/{id}",
    "GET /orders",
    "GET /orders/{id}",
    "GET /seller/sales",
)
"""What can be done any number of times. `GET /status` is not among them: to ask all services is its task."""

PEOPLE = 3
"""Who do what does not need the service; as many more do the rest, with a pause after each call."""
PAUSE_SECONDS = 0.2
ROUNDS = 2
FIRST_SECONDS = 3.0
"""Of each round. Until the breakers open, some wait half a second: shown, and not part of the ratio."""
ROUND_SECONDS = float(os.environ.get("LATENCY_SECONDS", "10"))
MOST = 1.5
LOADED = 1.25
"""Calm rounds whose medians differ by more say that the machine had other things to do."""


@dataclass
class Figures:
    """Seconds that operations took, by operation; in a round's first seconds, and later."""

    first: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    later: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    medians: list[float] = field(default_factory=list)
    """Of each round."""
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Measured:
    service: str
    calm: Figures
    hanging: Figures

    def ratio(self, name: str, of: float) -> float:
        return quantile(self.hanging.later[name], of) / quantile(self.calm.later[name], of)

    def spread(self) -> float:
        """How much the calm rounds differ among themselves."""
        return max(self.calm.medians) / min(self.calm.medians)

    def too_slow(self) -> list[str]:
        """Each operation by its median; all together, each against its own calm median, by the slowest twentieth."""
        found = [f"{name}: {self.ratio(name, 0.5):.2f}" for name in self.calm.later if self.ratio(name, 0.5) > MOST]
        if self.tail() > MOST:
            found.append(f"the slowest twentieth: {self.tail():.2f}")
        return found

    def tail(self) -> float:
        calm = {name: quantile(took, 0.5) for name, took in self.calm.later.items()}

        def slowest(figures: Figures) -> float:
            return quantile([each / calm[name] for name, took in figures.later.items() for each in took], 0.95)

        return slowest(self.hanging) / slowest(self.calm)


def quantile(values: Sequence[float], of: float) -> float:
    return sorted(values)[min(len(values) - 1, int(of * len(values)))]


@pytest.fixture(scope="module")
def all_measured() -> list[Measured]:
    return []


@pytest.mark.parametrize("service", SERVICES)
def test_what_does_not_need_a_hanging_service_is_as_quick_as_ever(
    shop: Shop, all_measured: list[Measured], service: str
) -> None:
    measured = measure(shop, service)
    if measured.too_slow() and measured.spread() > LOADED:
        measured = measure(shop, service)
    all_measured.append(measured)
    write_report(all_measured)
    assert measured.calm.wrong == measured.hanging.wrong == []
    assert measured.too_slow() == [], f"calm rounds differed by {measured.spread():.2f}; see {REPORT}"


def measure(shop: Shop, service: str) -> Measured:
    promised = {name: what_needs_what()[service][name]["hanging"] for name in REPEATABLE}
    prepared = prepare(shop)
    shop.anonymous.check(prepared.undecided.check_out(), 201)
    measured = Measured(service, Figures(), Figures())
    for _ in range(ROUNDS):
        for figures in (measured.calm, measured.hanging):
            # In both, so that neither has the advantage: an aggregator that remembers neither keys nor names.
            with_empty_memory(shop, "aggregator-web")
            if figures is measured.hanging:
                shop.platform.process(f"{service}-web").pause()
            try:
                one_round(prepared, promised, figures, calm=figures is measured.calm)
            finally:
                shop.platform.process(f"{service}-web").resume()
            shop.wait_until_whole()
    return measured


def one_round(prepared: Prepared, promised: dict[str, str], figures: Figures, *, calm: bool) -> None:
    asked = [name for name in REPEATABLE if promised[name] != "503"]
    others = [name for name in REPEATABLE if promised[name] == "503"]
    began = time.monotonic()
    lock = threading.Lock()
    took_later: list[float] = []

    def person(number: int) -> None:
        names = itertools.islice(itertools.cycle(asked), number * len(asked) // PEOPLE, None)
        while (elapsed := time.monotonic() - began) < ROUND_SECONDS:
            name = next(names)
            # Other Idempotency-Keys each time.
            answer, took = timed(OPERATIONS[name], replace(prepared, keys=uuid.uuid4()))
            with lock:
                if wrong := fits(answer, "works" if calm else promised[name]):
                    figures.wrong.append(f"{name}: {wrong}")
                if elapsed < FIRST_SECONDS:
                    figures.first[name].append(took)
                else:
                    figures.later[name].append(took)
                    took_later.append(took)

    def other(number: int) -> None:
        for name in itertools.islice(itertools.cycle(others), number, None):
            if time.monotonic() - began > ROUND_SECONDS:
                return
            OPERATIONS[name](replace(prepared, keys=uuid.uuid4()))
            time.sleep(PAUSE_SECONDS)

    with ThreadPoolExecutor(2 * PEOPLE) as pool:
        rest = [pool.submit(other, number) for number in range(PEOPLE) if others]
        for done in [*(pool.submit(person, number) for number in range(PEOPLE)), *rest]:
            done.result()
    figures.medians.append(statistics.median(took_later))


def write_report(all_measured: Sequence[Measured]) -> None:
    """The figures as Markdown, with what they were measured on."""
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    lines = [
        "# Latency while a service hangs",
        "",
        f"Written by `make latency` on {machine}.",
        "",
        f"One service is stopped by `SIGSTOP` in {ROUNDS} rounds of {ROUND_SECONDS:.0f} s, which take turns with",
        "as many calm ones; each begins with an aggregator that remembers nothing.",
        f"{PEOPLE} people do one after the other, without a pause, what does not need the service,",
        f"while {PEOPLE} more do what does (which costs the machine less where it fails at once).",
        "",
        f"Figures are milliseconds after the first {FIRST_SECONDS:.0f} s; the ratio is hanging to calm.",
        f"At most {MOST} is asked of each median, and of the slowest twentieth of all calls, each compared with",
        "the calm median of its operation.",
    ]
    for one in all_measured:
        slow = sum(took > 0.4 for values in one.hanging.first.values() for took in values)
        count = sum(map(len, one.hanging.first.values()))
        longest = max(took for values in one.hanging.first.values() for took in values)
        lines += [
            "",
            f"## {one.service} hangs",
            "",
            "| operation | calls | calm median | hanging median | ratio | calm p95 | hanging p95 | ratio |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, calm in one.calm.later.items():
            hanging = one.hanging.later[name]
            cells = [f"{name}", f"{len(calm)} + {len(hanging)}"]
            for of in (0.5, 0.95):
                cells += [f"{quantile(values, of) * 1000:.0f}" for values in (calm, hanging)]
                cells.append(f"{one.ratio(name, of):.2f}")
            lines.append(f"| {' | '.join(cells)} |")
        lines += [
            "",
            f"The slowest twentieth of all: {one.tail():.2f}. Calm rounds differed by {one.spread():.2f}.",
            f"In the first {FIRST_SECONDS:.0f} s of the hanging rounds {slow} of {count} calls took more than 0.4 s,"
            f" the longest {longest:.2f} s.",
        ]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(lines) + "\n")
