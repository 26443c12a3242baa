"""`python -m backups <command>`: backups, restores and dumps; `make help` lists the same commands.

Needs the workspace's own interpreter with the group `backups` (`python3 -m local.bootstrap backups`). Every command
ends with an exit code other than 0 when anything is in doubt.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from backups import dumping, listing, media, metrics, offsite, restoring, serving, taking
from backups.setup import NO_DUMPS, Setup, in_a_container, on_this_machine
from backups.stamps import stamped
from local.__main__ import INTERRUPTED, interrupt
from local.errors import LocalError
from local.holds import hold
from local.processes import warn
from local.run import VAR, relative


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        return run(options)
    except LocalError as error:
        warn(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="python -m backups", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = result.add_subparsers(dest="command", required=True)
    take = commands.add_parser("take", help="a backup of one service, or of all")
    take.add_argument("--type", choices=["full", "incremental"], help="default: what the policy says")
    commands.add_parser("list", help="all backups, and what is in doubt about them")
    verify = commands.add_parser("verify", help="restore the newest backup elsewhere and read all of it")
    verify.add_argument("--backup", help="another backup's id")
    restore = commands.add_parser("restore", help="put a service's database back to a moment")
    restore.add_argument("--at", required=True, help="e.g. 2026-11-22 14:05 (UTC, unless it says otherwise), or latest")
    restore.add_argument("--timeline", type=int, help="of which restore's history; default: the present one")
    commands.add_parser("forget", help="delete the old data that restores and loads have kept")
    dump = commands.add_parser("dump", help="plain SQL of a service's database")
    load = commands.add_parser("load", help="put such a dump in place of a service's database")
    commands.add_parser("copy", help="copy what is new to BACKUP_S3")
    commands.add_parser("fetch", help="bring back what BACKUP_S3 holds, on a new machine for one")
    commands.add_parser("serve", help="receive the logs, and do everything else by the policy's clock, until SIGTERM")
    reachable = commands.add_parser("reachable", help="whether a backup leads to a moment")
    reachable.add_argument("--service", required=True)
    reachable.add_argument("--at", default="latest")
    point = commands.add_parser(
        "recovery-point", help="until when the database that was restored last holds everything"
    )
    point.add_argument("--service", required=True)
    for command in (dump, load):
        command.add_argument("--file", type=Path, required=command is load)
    for command in (take, verify, restore, dump, load, *(commands.choices[name] for name in ("list", "forget"))):
        command.add_argument("--service", required=command in {restore, load}, help="default: all")
    return result


def run(options: argparse.Namespace) -> int:
    setup = in_a_container() if "BACKUP_HOME" in os.environ else on_this_machine()
    match options.command:
        case "take":
            code = take(setup, options.service, options.type)
        case "list":
            code = list_all(setup, options.service)
        case "verify":
            code = verify(setup, options.service, options.backup)
        case "restore":
            code = restore(setup, options.service, at=moment(options.at), timeline=options.timeline)
        case "forget":
            code = forget(setup, options.service)
        case "dump":
            code = dump(setup, options.service, options.file)
        case "load":
            code = load(setup, options.service, options.file)
        case _:
            code = run_elsewhere(setup, options)
    return code


def run_elsewhere(setup: Setup, options: argparse.Namespace) -> int:
    """What the backup container needs beside the rest."""
    match options.command:
        case "copy":
            return copy(setup)
        case "fetch":
            return offsite.fetch(setup.barman, say=say)
        case "reachable":
            require_one(setup, options.service)
            restoring.require_reachable(setup.barman, options.service, at=moment(options.at), timeline=None)
            return 0
        case "recovery-point":
            return recovery_point(setup, options.service)
        case _:
            return serving.serve(setup, say=say)


def say(line: str) -> None:
    print(line, flush=True)


def moment(text: str) -> datetime | None:
    """The moment that a person means; None for the last. Raises LocalError for what is none, or not yet past."""
    if text.strip().lower() == "latest":
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise LocalError(f"AT={text!r} is no time like 2026-11-22 14:05, nor latest.") from error
    if found > datetime.now(UTC):
        raise LocalError(f"AT={text!r} is {restoring.shown(found)}, which has not come yet.")
    return found


def require_one(setup: Setup, name: str) -> None:
    """Raises LocalError unless that is the name of a service."""
    if not name:
        raise LocalError(f"Which service? SERVICE= is one of: {', '.join(setup.places)}.")
    setup.services(name)


def alone(setup: Setup, command: str, name: str) -> AbstractContextManager[None]:
    """Keeps the same command of the same service away until the end."""
    lock = setup.barman.home / "locks" / f"{command}-{name}"
    lock.mkdir(mode=0o700, exist_ok=True)
    return hold(lock, "done")


def warn_of(name: str, error: LocalError) -> None:
    text = str(error)
    warn(text if text.startswith(f"{name}: ") else f"{name}: {text}")


def take(setup: Setup, service: str | None, kind: str | None) -> int:
    """Each service on its own: one that fails stops no other. What is past the window is forgotten afterwards."""
    failed = []
    lines: list[tuple[str, ...]] = [listing.COLUMNS]
    for name in setup.services(service):
        try:
            with taking.alone(setup.barman, name), stamped(setup.barman.directory(name), "take"):
                backup = taking.take(setup.barman, name, kind, say=say)
                files = media.snapshot(setup.barman, name, setup.media[name], backup.id)
                taking.expire(setup.barman, name, say=say)
                media.forget(setup.barman, name, {each.id for each in setup.barman.backups(name)})
            metrics.note_completed(setup.barman, name)
        except LocalError as error:
            failed.append(name)
            warn_of(name, error)
            continue
        if files:
            say(f"{name}: {files} media files are in its snapshot")
        lines += [row for row in listing.rows(setup.barman, name, now=datetime.now(UTC)) if row[1] == backup.id]
    if len(lines) > 1:
        say("\n" + listing.table(lines))
    if failed:
        warn(f"No backup of: {', '.join(failed)}.")
    return 1 if failed else 0


def copy(setup: Setup) -> int:
    try:
        with stamped(setup.barman.home, "copy"):
            offsite.copy(setup.barman, say=say)
    finally:
        metrics.write(setup.barman)
    return 0


def list_all(setup: Setup, service: str | None) -> int:
    names, now = setup.services(service), datetime.now(UTC)
    lines = [row for name in names for row in listing.rows(setup.barman, name, now=now)]
    if lines:
        say(listing.table([listing.COLUMNS, *lines]) + "\n")
    for name in names:
        metrics.note_completed(setup.barman, name)
        say(listing.log_line(setup.barman, name))
        for kept in setup.places[name].replaced():
            say(f"{name}: a restore has kept {kept.name}; {setup.forgetting(name)} deletes it")
    found = [doubt for name in names for doubt in listing.doubts(setup.barman, name, now=now)]
    if os.environ.get("BACKUP_S3"):
        found += listing.doubts_of_the_copy(setup.barman, now=now)
    for doubt in found:
        warn(f"In doubt: {doubt}")
    return 1 if found else 0


def verify(setup: Setup, service: str | None, ident: str | None) -> int:
    failed = []
    for name in setup.services(service):
        try:
            with alone(setup, "verify", name), stamped(setup.barman.directory(name), "verify"):
                found = verify_one(setup, name, ident)
        except LocalError as error:
            failed.append(name)
            warn_of(name, error)
        else:
            say(
                f"{name}: {found.backup.id} was restored elsewhere in {found.seconds:.1f} s: {len(found.rows)} tables, "
                f"{sum(found.rows.values()):,} rows, until {restoring.shown(found.recovery_point)}; all could be read"
            )
    metrics.write(setup.barman)
    return 1 if failed else 0


def verify_one(setup: Setup, name: str, ident: str | None) -> restoring.Restored:
    taking.receive(setup.barman, name)
    backup = None if ident is None else setup.barman.backup(name, ident)
    folder = setup.barman.home / "verifying" / name
    found = restoring.verify(setup.barman, setup.places[name], folder, backup=backup, say=say)
    if found.notes:
        raise LocalError("; ".join(found.notes))
    taking.note_verified(setup.barman, name, found.backup.id)
    return found


def restore(setup: Setup, name: str, *, at: datetime | None, timeline: int | None) -> int:
    require_one(setup, name)
    place = setup.places[name]
    restoring.require_reachable(setup.barman, name, at=at, timeline=timeline)
    with hold(setup.holds[name]):
        say(f"{name}: to {restoring.shown(at)}; the service answers 503 meanwhile, the others go on")
        setup.make_down(name)
        taking.receive(setup.barman, name)
        restored = restoring.restore(setup.barman, place, at=at, timeline=timeline, record=setup.record, say=say)
        report = restoring.write_report(setup.barman, restored)
    say("")
    say(f"{name} was restored from {restored.backup.kind} backup {restored.backup.id} in {restored.seconds:.1f} s.")
    say(f"  holds what was committed until {restored.recovery_point:%Y-%m-%d %H:%M:%S.%f} UTC")
    say(f"  {len(restored.rows)} tables, {sum(restored.rows.values()):,} rows, all read; report: {relative(report)}")
    if restored.replaced:
        say(f"  the old data is kept as {restored.replaced}; {setup.forgetting(name)} deletes it")
    say("  it can be read now; it refuses writes until `make reconcile` has compared the services")
    try:
        files = media.bring_back(setup.barman, name, setup.media[name])
    except LocalError as error:
        raise LocalError(f"{name} is restored, but not all of its media files: {error}") from error
    if files:
        say(f"  {files} media files that were missing are back")
    return 0


def recovery_point(setup: Setup, name: str) -> int:
    require_one(setup, name)
    reports = sorted((setup.barman.directory(name) / "restores").glob("*.json"))
    if not reports:
        raise LocalError(f"{name} was not restored here.")
    say(json.loads(reports[-1].read_text())["recovery_point"])
    return 0


def forget(setup: Setup, service: str | None) -> int:
    """Each service on its own: one whose database is down stops no other."""
    failed = []
    for name in setup.services(service):
        try:
            forget_one(setup, name)
        except LocalError as error:
            failed.append(name)
            warn_of(name, error)
    return 1 if failed else 0


def forget_one(setup: Setup, name: str) -> None:
    if not setup.places[name].data.parent.exists():
        raise LocalError(f"The data of {name} is not mounted here: use {setup.forgetting(name)}.")
    for kept in setup.places[name].replaced():
        say(f"{name}: deleting {kept.name}")
        shutil.rmtree(kept)
    if setup.superuser is not None and setup.places[name].data.exists():
        for database in dumping.forget_replaced(setup.superuser(name), name):
            say(f"{name}: dropped {database}")


def dump(setup: Setup, service: str | None, file: Path | None) -> int:
    names = setup.services(service)
    if file is not None and len(names) > 1:
        raise LocalError("FILE= is for one service: say SERVICE= too.")
    for name in names:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        target = file or VAR / "dumps" / f"{name}-{stamp}.sql"
        size = dumping.dump(name, setup.login(name), target, say=say)
        say(f"{name}: {restoring.mib(size)} of SQL; `make load SERVICE={name} FILE={relative(target)}` puts it back")
    return 0


def load(setup: Setup, name: str, file: Path) -> int:
    require_one(setup, name)
    if setup.superuser is None:
        raise LocalError(NO_DUMPS)
    if not file.is_file():
        raise LocalError(f"Which dump? FILE={'' if file == Path() else file} names no file.")
    until = dumping.moment_of(name, file)
    with alone(setup, "load", name):
        kept = dumping.load(
            name,
            setup.login(name),
            setup.superuser(name),
            file,
            say=say,
            record=lambda url: setup.record_load(name, url, until),
        )
    say(f"{name} holds what was committed until {restoring.shown(until)}; the old database is kept as {kept}.")
    say("It refuses writes until `make reconcile` has compared the services; `make restore-forget` drops the old one.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
