"""An audit's report: figures of what was seen, and what is wrong, for people and for programs."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from audits.rules import Finding
from audits.snapshot import Amount, Snapshot


def figures(seen: Snapshot) -> dict[str, str]:
    """What was judged, counted."""
    checkouts = Counter(each.state for each in seen.checkouts.values() if seen.judges(each.created_at))
    orders = [each for each in seen.orders.values() if each.state == "confirmed" and seen.judges(each.created_at)]
    captured = [each for each in seen.payments.values() if each.state == "captured" and seen.judges(each.created_at)]
    entries = [entry for entry in seen.book if seen.judges(entry.created_at)]
    return {
        "checkouts": _counted(checkouts),
        "confirmed orders": str(len(orders)),
        "pieces sold": str(sum(line.quantity for order in orders for line in order.lines)),
        "money captured": _money([payment.amount for payment in captured if payment.amount is not None]),
        "money taken, by the provider's book": _money([entry.taken for entry in entries]),
        "money given back, by the provider's book": _money([entry.refunded for entry in entries]),
        "reservations": _counted(
            Counter(each.state for each in seen.reservations.values() if seen.judges(each.created_at))
        ),
        "variants": str(len(seen.stock)),
        "jobs not done": _counted(Counter(job.state for job in seen.jobs)),
        "answers of buyers": str(len(seen.record.checkouts) + len(seen.record.orders)),
    }


def as_markdown(seen: Snapshot, findings: Sequence[Finding]) -> str:
    since = "the beginning" if seen.since is None else _moment(seen.since)
    lines = [f"# Audit of {_moment(seen.read_at)}", "", f"Of what began since {since}.", "", "| seen | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in figures(seen).items()]
    lines += ["", f"## {len(findings) or 'No'} finding{'' if len(findings) == 1 else 's'}", ""]
    if findings:
        lines += ["| finding | what | where |", "|---|---|---|"]
    for finding in findings:
        where = ", ".join(f"{name} {ident}" for name, ident in finding.ids)
        lines.append(f"| {finding.code} | {_cell(finding.message)} | {where} |")
    return "\n".join(lines).rstrip() + "\n"


def as_json(seen: Snapshot, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "read_at": seen.read_at.isoformat(),
        "since": seen.since and seen.since.isoformat(),
        "figures": figures(seen),
        "findings": [
            {"code": finding.code, "message": finding.message, "ids": dict(finding.ids)} for finding in findings
        ],
        "unread": {},
    }


def _counted(counts: "Counter[str]") -> str:
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{counts.total()}: {states}" if states else "0"


def _money(amounts: Sequence[Amount]) -> str:
    sums: Counter[str] = Counter()
    for amount in amounts:
        sums[amount.currency] += amount.amount
    return ", ".join(str(Amount(value, currency)) for currency, value in sorted(sums.items())) or "none"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
