"""`make backups`: what there is, from when, and whether anything about it is in doubt."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from backups.barman import Backup, Barman
from backups.restoring import mib
from backups.stamps import stamp
from backups.taking import hole_since, is_whole, received_until, verified

COLUMNS = ("service", "backup", "kind", "parent", "size", "took", "age", "verified", "status")


def rows(barman: Barman, server: str, *, now: datetime) -> list[tuple[str, ...]]:
    """A line for each backup, the newest first."""
    known, proven = barman.backups(server), verified(barman, server)
    return [
        (
            server,
            backup.id,
            backup.kind,
            backup.parent or "-",
            mib(backup.size),
            f"{backup.seconds:.1f} s",
            age(now - backup.ended_at) if backup.ended_at else "-",
            "yes" if backup.id in proven else "no",
            _status(barman, backup, known),
        )
        for backup in known
    ]


def _status(barman: Barman, backup: Backup, known: Sequence[Backup]) -> str:
    if not backup.is_good:
        return backup.status.lower().replace("_", " ")
    return "good" if is_whole(barman, backup, known) else "chain broken"


def doubts(barman: Barman, server: str, *, now: datetime) -> list[str]:
    """What somebody should look at."""
    found = []
    known = barman.backups(server)
    good = [each for each in known if each.is_good and _status(barman, each, known) == "good"]
    if not good:
        found.append(f"{server}: there is no good backup: make backup SERVICE={server}")
    elif now - (good[0].ended_at or now) > timedelta(hours=barman.policy.alert_after_hours):
        found.append(f"{server}: the last good backup is {age(now - (good[0].ended_at or now))} old")
    found += [
        f"{server}: {each.id} is {_status(barman, each, known)}"
        for each in known
        if _status(barman, each, known) != "good"
    ]
    if (since := hole_since(barman, server)) is not None:
        found.append(f"{server}: the log has a hole since {since:%Y-%m-%d %H:%M} UTC: make backup SERVICE={server}")
    until = received_until(barman, server)
    if until is None or now - until > timedelta(seconds=barman.policy.alert_log_seconds):
        found.append(f"{server}: the log was last received {'never' if until is None else age(now - until) + ' ago'}")
    for command in ("take", "verify"):
        last = stamp(barman.directory(server), command)
        if last.failed is not None and last.failed_last:
            found.append(f"{server}: {command} failed {age(now - last.failed)} ago: {last.error}")
    proven = stamp(barman.directory(server), "verify").succeeded or _first(good)
    if proven is not None and now - proven > timedelta(days=barman.policy.alert_unverified_days):
        found.append(f"{server}: no backup was verified for {age(now - proven)}: make verify-backup SERVICE={server}")
    return found


def doubts_of_the_copy(barman: Barman, *, now: datetime) -> list[str]:
    """What somebody should look at where backups are copied elsewhere."""
    last = stamp(barman.home, "copy")
    if last.failed is not None and last.failed_last:
        return [f"the copy failed {age(now - last.failed)} ago: {last.error}"]
    copied = last.succeeded or min(
        filter(None, (_first(barman.backups(each)) for each in barman.servers)), default=None
    )
    if copied is not None and now - copied > timedelta(minutes=barman.policy.alert_uncopied_minutes):
        return [f"the copy is {age(now - copied)} old" if last.succeeded else "nothing was ever copied"]
    return []


def _first(backups: Sequence[Backup]) -> datetime | None:
    """Since when there is any."""
    return min((each.ended_at for each in backups if each.ended_at), default=None)


def log_line(barman: Barman, server: str) -> str:
    until = received_until(barman, server)
    return f"{server}: log received until {until:%Y-%m-%d %H:%M:%S} UTC" if until else f"{server}: no log received yet"


def table(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def age(passed: timedelta) -> str:
    seconds = max(0.0, passed.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
