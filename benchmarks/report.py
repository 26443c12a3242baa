"""The figures as JSON, and the page that shows them with charts."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.load import wrk
from local.services import ROOT

FIGURES = ROOT / "benchmarks" / "figures.json"
PAGE = ROOT / "docs" / "performance.md"
PICTURES = ROOT / "docs" / "performance"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"

# CPU milliseconds an operation, measured on another machine of the same kind with PostgreSQL 15; the least where a
# system has several ways. The reference cost 0.31 ms there, as told in docs/performance.md.
PEERS: dict[str, dict[str, float]] = {
    "list": {"Medusa 2.21": 29, "Vendure 3.7": 8.4, "Saleor 3.23": 85, "django-oscar 4.2": 46},
    "detail": {"Medusa 2.21": 26, "Vendure 3.7": 10.8, "Saleor 3.23": 64, "django-oscar 4.2": 9.4},
    "search": {"Medusa 2.21": 46, "Vendure 3.7": 84, "Saleor 3.23": 48, "django-oscar 4.2": 1000},
    "add": {"Medusa 2.21": 107, "Vendure 3.7": 17.6, "Saleor 3.23": 172, "django-oscar 4.2": 26},
    "checkout": {"Medusa 2.21": 996, "Vendure 3.7": 211, "Saleor 3.23": 773, "django-oscar 4.2": 84},
}
PEERS_REFERENCE_MS = 0.31
Part = tuple[str, str, float, float]
"""Of a checkout: name, service, and milliseconds of CPU in its processes and in its PostgreSQL."""
OURS = "#1f4e9c"
OTHERS = "#b5bcc6"
SERVICES = {
    "inventory": "#1f4e9c",
    "orders": "#2a7f3f",
    "payment": "#b9770e",
    "aggregator": "#7d3c98",
    "workers": "#c0392b",
    "backups": "#16a085",
    "floor": "#555555",
}


def machine() -> dict[str, str]:
    """Where, and with what."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    told = subprocess.run([wrk(), "-v"], capture_output=True, text=True, check=False).stdout
    return {
        "machine": f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()}",
        "python": platform.python_version(),
        "django": version("django"),
        "gunicorn": version("gunicorn"),
        "psycopg2": version("psycopg2-binary"),
        "wrk": told.split()[1] if told.startswith("wrk ") else "of unknown version",
    }


def write(figures: Mapping[str, Any]) -> None:
    """Keep the figures, draw them, and put them into the page between its two marks."""
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    PICTURES.mkdir(exist_ok=True)
    mpl.rcParams["svg.hashsalt"] = "performance"
    _draw_peers(figures)
    _draw_checkout(figures)
    before, _begin, rest = PAGE.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text(figures)}\n{END}{after}")


def text(figures: Mapping[str, Any]) -> str:
    bases = [each["reference_ms"] for one in figures["operations"] for each in one["rounds"]]
    lines = [
        f"Measured on {figures['date']}: {_where(figures)}; {figures['rounds']} rounds of {figures['seconds']:g} s, "
        "each figure the median of the rounds. A request to the reference, over 8 connections, cost "
        f"{statistics.median(bases):.2f} ms ({min(bases):.2f}–{max(bases):.2f}); `×` is the ratio to what it cost just "
        "before and after each load, in brackets the least and the greatest. SQL: statements in all services; calls: "
        "those between services.",
    ]
    for connections in sorted({one["connections"] for one in figures["operations"]}, reverse=True):
        number = f"{connections} connections" if connections > 1 else "one connection"
        lines += ["", f"Over {number}:", ""]
        lines += [
            "| operation | where | budget × | × | CPU ms | a second | p50 | p95 | p99 ms | SQL | calls |",
            "|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for one in figures["operations"]:
            if one["connections"] == connections:
                count = figures["counts"][f"{one['name']} {one['where']}"]
                ratios = [each["ratio"] for each in one["rounds"]]
                budget = f"{one['budget']:g}" if connections == 8 else ""
                lines.append(
                    f"| {one['title']} | {one['where']} | {budget} "
                    f"| **{one['ratio']:.1f}** ({min(ratios):.1f}–{max(ratios):.1f}) | {one['cpu_ms']:.2f} "
                    f"| {one['per_second']:.0f} | {one['p50']:.1f} | {one['p95']:.1f} | {one['p99']:.1f} "
                    f"| {count['statements']} | {count['calls']} |"
                )
    if figures["further"]:
        lines += ["", "Further:", "", "| | budget | measured |", "|---|---|---|"]
        lines += [f"| {row['what']} | {row['budget']} | {row['found']} |" for row in figures["further"]]
        lines += _steps(figures)
    return "\n".join(lines) + "\n"


def _where(figures: Mapping[str, Any]) -> str:
    made = figures["machine"]
    programs = {"Python": "python", "Django": "django", "gunicorn": "gunicorn", "psycopg2": "psycopg2"}
    programs |= {"PostgreSQL": "postgresql", "wrk": "wrk"}
    return ", ".join([made["machine"], *(f"{name} {made[key]}" for name, key in programs.items())])


def _parts(figures: Mapping[str, Any]) -> list[Part]:
    """What a checkout consists of."""
    bars = [(step["name"], step["service"], step["web_ms"], step["postgres_ms"]) for step in figures["steps"]]
    rounds = _whole(figures)["rounds"]
    parts = {name: statistics.median(each["by_process"][name] for each in rounds) for name in rounds[0]["by_process"]}
    bars.append(("saga and doors", "aggregator", parts["aggregator-web"], parts["aggregator-postgres"]))
    workers = sum(cost for name, cost in parts.items() if name.endswith("-worker"))
    bars.append(("mail and other jobs", "workers", workers, 0.0))
    receivers = sum(cost for name, cost in parts.items() if name.endswith("-wal"))
    bars.append(("receiving the logs", "backups", receivers, 0.0))
    return bars


def _whole(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    """The checkout over one connection, like its steps."""
    return next(one for one in figures["operations"] if one["name"] == "checkout" and one["connections"] == 1)


def _steps(figures: Mapping[str, Any]) -> list[str]:
    """The rows of a checkout's steps, each made by itself at the service that does it, and then the floor."""
    lines = [
        "",
        "The calls of a checkout, each by itself, and what else it takes; one connection, CPU in ms:",
        "",
    ]
    lines += ["| what | service | its processes | its PostgreSQL |", "|---|---|---|---|"]
    parts, floor, whole = _parts(figures), figures["floor"], _whole(figures)["cpu_ms"]
    lines += [f"| {name} | {service} | {own:.1f} | {postgres:.1f} |" for name, service, own, postgres in parts]
    together = sum(own + postgres for _name, _service, own, postgres in parts)
    lowest = floor["python_ms"] + floor["postgres_ms"]
    return [
        *lines,
        f"| **together** | | **{sum(part[2] for part in parts):.1f}** | **{sum(part[3] for part in parts):.1f}** |",
        "| the same as one transaction of one program in one database: the floor | | "
        f"{floor['python_ms']:.1f} | {floor['postgres_ms']:.1f} |",
        "",
        f"Together {together:.1f} ms; a checkout measured as a whole {whole:.1f} ms: {whole / lowest:.0f} times the "
        f"{lowest:.1f} ms of its floor.",
    ]


def _draw_peers(figures: Mapping[str, Any]) -> None:
    found = figures["operations"]
    ours = {one["name"]: one for one in found if one["connections"] == 8 and one["where"] == "public"}
    figure = Figure(figsize=(10, 6.8))
    panels = figure.subplots(len(PEERS), 1)
    for panel, (name, peers) in zip(panels, PEERS.items(), strict=True):
        milliseconds = {"Mylittleshopping": ours[name]["cpu_ms"]} | peers
        costs = {"Mylittleshopping": ours[name]["ratio"]}
        costs |= {peer: cost / PEERS_REFERENCE_MS for peer, cost in peers.items()}
        names = list(reversed(costs))
        panel.barh(names, [costs[one] for one in names], color=[OTHERS] * len(peers) + [OURS])
        ratios = [each["ratio"] for each in ours[name]["rounds"]]
        spread = [[costs["Mylittleshopping"] - min(ratios)], [max(ratios) - costs["Mylittleshopping"]]]
        panel.errorbar(costs["Mylittleshopping"], len(peers), xerr=spread, color="black", linewidth=1)
        panel.set_xscale("log")
        panel.set_xlim(1, 12_000)
        panel.set_title(ours[name]["title"], fontsize=9, loc="left")
        panel.tick_params(labelsize=7)
        for place, one in enumerate(names):
            label = f"{costs[one]:.0f} × ({milliseconds[one]:.4g} ms)"
            edge = max(ratios) if one == names[-1] else costs[one]
            panel.text(edge * 1.12, place, label, va="center", fontsize=7)
    panels[-1].set_xlabel("CPU of an operation, as a multiple of the reference's (logarithmic)", fontsize=8)
    _save(figure, "peers.svg", f"{_where(figures)}; line: the spread of {figures['rounds']} rounds")


def _draw_checkout(figures: Mapping[str, Any]) -> None:
    floor, parts = figures["floor"], _parts(figures)
    bars = [*parts, ("floor", "floor", floor["python_ms"], floor["postgres_ms"])]
    figure = Figure(figsize=(10, 4.8))
    steps, stacks = figure.subplots(1, 2, width_ratios=[4, 1])
    for place, part in enumerate(bars):
        service = part[1]
        label = service if service not in steps.get_legend_handles_labels()[1] else None
        _stack(steps, place, part, label=label)
    steps.set_xticks(range(len(bars)), [bar[0] for bar in bars], rotation=35, ha="right", fontsize=8)
    steps.set_ylabel("CPU ms of one checkout")
    steps.legend(fontsize=7)
    height = 0.0
    for part in parts:
        height = _stack(stacks, 0, part, bottom=height, edgecolor="white", linewidth=0.5)
    _stack(stacks, 1, bars[-1])
    stacks.set_xticks([0, 1], ["together", "floor"], fontsize=8)
    figure.suptitle("Where a checkout of two lines spends its CPU (hatched: PostgreSQL)", fontsize=10)
    costs = [each["cpu_ms"] for each in _whole(figures)["rounds"]]
    _save(figure, "checkout.svg", f"{_where(figures)}; measured as one {min(costs):.1f} to {max(costs):.1f} ms")


def _stack(panel: Any, place: int, part: Part, *, bottom: float = 0.0, label: str | None = None, **look: Any) -> float:
    """Draw a part's processes, and hatched its PostgreSQL upon them; return where that ends."""
    _name, service, own, postgres = part
    panel.bar(place, own, bottom=bottom, color=SERVICES[service], label=label, **look)
    panel.bar(place, postgres, bottom=bottom + own, color=SERVICES[service], alpha=0.45, hatch="//", **look)
    return bottom + own + postgres


def _save(figure: Figure, name: str, caption: str) -> None:
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.text(0.01, 0.01, caption, fontsize=6, color="#555555")
    figure.savefig(PICTURES / name, metadata={"Date": None})
