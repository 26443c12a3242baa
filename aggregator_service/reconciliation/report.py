"""A run's report, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from reconciliation.comparison import PROPOSALS, Difference
from reconciliation.world import Restored

UNDECIDED = "A worker goes on with them. Run reconcile again: it says what became of them."


def as_markdown(
    *,
    restores: Sequence[Restored],
    since: datetime | None,
    found: Sequence[Difference],
    left: Sequence[Difference],
    undecided: Sequence[UUID],
    applied: bool,
) -> str:
    """`found` was repaired, or would be; `left` is for a person. What began after `since` was compared, or all."""
    lines = ["# Reconcile", ""]
    writes = "it writes again" if applied else "it refuses writes until APPLY=1"
    for restore in restores:
        lines.append(f"- {restore.service} was restored to {restore.recovery_point:%Y-%m-%d %H:%M:%S} UTC; {writes}.")
    if not restores:
        lines.append("- No service waits for this: nothing was restored, or it has been released.")
    lines.append(f"- Compared: {'everything' if since is None else f'what began after {since:%Y-%m-%d %H:%M:%S} UTC'}.")
    title = "repaired" if applied else "to be repaired (APPLY=1 does)"
    lines += ["", f"## {len(found) or 'Nothing'} {title}", "", *_table(found, proposals=True)]
    lines += ["", f"## {len(left) or 'Nothing'} left to a person", "", *_table(left, proposals=False)]
    if undecided:
        lines += ["", f"## {len(undecided)} checkouts are still under way", "", UNDECIDED, ""]
        lines += [f"- {checkout}" for checkout in undecided]
    return "\n".join(lines).rstrip() + "\n"


def as_json(
    *,
    restores: Sequence[Restored],
    since: datetime | None,
    found: Sequence[Difference],
    left: Sequence[Difference],
    undecided: Sequence[UUID],
    applied: bool,
) -> dict[str, Any]:
    return {
        "restores": [
            {"service": each.service, "id": str(each.id), "recovery_point": each.recovery_point.isoformat()}
            for each in restores
        ],
        "since": None if since is None else since.isoformat(),
        "applied": applied,
        "differences": [_as_json(each) for each in found],
        "left": [_as_json(each) for each in left],
        "undecided": [str(checkout) for checkout in undecided],
        "unread": {},
    }


def summary(found: Iterable[Difference], left: Sequence[Difference], undecided: Sequence[UUID]) -> str:
    counts = Counter(difference.code for difference in found)
    codes = ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
    under_way = f", {len(undecided)} checkouts under way" if undecided else ""
    return (
        f"reconcile: {counts.total()} repaired{f' ({codes})' if codes else ''}, {len(left)} left to a person{under_way}"
    )


def _as_json(difference: Difference) -> dict[str, Any]:
    return {
        "code": difference.code,
        "cause": difference.cause,
        "repair": difference.repair,
        "ids": dict(difference.ids),
    }


def _table(differences: Sequence[Difference], *, proposals: bool) -> list[str]:
    if not differences:
        return []
    head = ["| difference | cause | repair | of what |", "|---|---|---|---|"]
    rows = []
    for each in differences:
        repair = PROPOSALS[each.repair] if each.repair is not None else "a person decides"
        rows.append(f"| {each.code} | {_cell(each.cause)} | {repair} | {each.subject} |")
    return head + rows


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
