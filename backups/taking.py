"""Taking backups: which kind, on which parent, and forgetting those that the policy needs no more."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import psycopg2  # type: ignore[import-untyped]

from backups.barman import TAKES, Backup, Barman, KilledError, Say, Server, end_leftovers
from backups.files import write_whole
from local.errors import LocalError
from local.holds import hold
from local.postgres import BACKUP_ROLE, set_aside_ended_log

RECEIVER_TIMEOUT = 30
LOG_TIMEOUT = 120
"""Seconds for the log that a backup needs to arrive."""
PROGRESS_SECONDS = 5.0
HOLE = "hole"
"""The file beside a server's backups that says since when its log has a hole, until a full backup is behind it."""


def alone(barman: Barman, server: str) -> AbstractContextManager[None]:
    """Keeps others from the server's backups until the end; raises LocalError when somebody is at work on them."""
    return hold(barman.directory(server), "backed up")


def take(barman: Barman, server: str, kind: str | None, *, say: Say) -> Backup:
    """Takes a backup of the server: `full`, `incremental`, or by the policy. Raises LocalError when it is in doubt.

    Within `alone`, as what it changes in the catalogue nobody else may.
    """
    mend_slot(barman, server, say=say)
    _wait_for_the_receiver(barman.servers[server])
    receive(barman, server)
    clear_unfinished(barman, server, say=say)
    known = barman.backups(server)
    if barman.encryption is None and any(each.is_encrypted for each in known):
        raise LocalError(f"{server}: its backups are encrypted: BACKUP_ENCRYPTION_KEY must name the key.")
    parent, why = parent_for(known, barman, server, now=datetime.now(UTC))
    if kind == "full":
        parent, why = None, "as asked"
    elif kind == "incremental" and parent is None:
        raise LocalError(f"{server}: an incremental backup is not possible: {why}. Take a full one: TYPE=full.")
    before = {backup.id for backup in known}
    if parent is None:
        say(f"{server}: full backup ({why})")
        _copy(barman, server, None, say=say)
    else:
        say(f"{server}: incremental backup on {parent.id}")
        try:
            _copy(barman, server, parent, say=say)
        except LocalError as error:
            killed = isinstance(error, KilledError)
            if killed or kind == "incremental" or not _is_about_the_parent(str(error)):
                raise
            say(f"{server}: not possible on {parent.id}, so a full one. {error}")
            _copy(barman, server, None, say=say)
    new = [backup for backup in barman.backups(server) if backup.id not in before]
    if len(new) != 1 or not new[0].is_good:
        raise LocalError(f"{server}: Barman says that it is done, but lists {new or 'nothing new'}.")
    if new[0].parent is None:
        (barman.directory(server) / HOLE).unlink(missing_ok=True)
    return new[0]


def _copy(barman: Barman, server: str, parent: Backup | None, *, say: Say) -> None:
    on_parent = [] if parent is None else ["--incremental", parent.id]
    try:
        with _progress(barman, server, say=say):
            barman.run("backup", "--wait", f"--wait-timeout={LOG_TIMEOUT}", *on_parent, server, say=lambda _line: None)
    except LocalError:
        with suppress(LocalError):  # what failed first is what matters; the next backup tries again
            clear_unfinished(barman, server, say=say)
        raise


@contextmanager
def _progress(barman: Barman, server: str, *, say: Say) -> Iterator[None]:
    """Says every few seconds how far the backup is."""
    began, ended = time.monotonic(), threading.Event()

    def tell() -> None:
        while not ended.wait(PROGRESS_SECONDS):
            say(f"{server}: {_phase(barman.servers[server])}, after {time.monotonic() - began:.0f} s")

    teller = threading.Thread(target=tell, name=f"progress {server}", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _phase(server: Server) -> str:
    try:
        with _connected(server) as cursor:
            cursor.execute(
                "SELECT phase, backup_streamed / 1048576.0, backup_total / 1048576.0 FROM pg_stat_progress_basebackup"
            )
            row = cursor.fetchone()
    except LocalError:
        return "its database does not answer"
    if row is None:
        return "before or after the copy"
    phase, streamed, total = row
    return f"{phase}, {streamed:,.1f} MiB" + ("" if total is None else f" of {total:,.1f} MiB")


def _is_about_the_parent(error: str) -> bool:
    return any(word in error for word in ("WAL summaries", "manifest", "parent", "timeline"))


def parent_for(known: Sequence[Backup], barman: Barman, server: str, *, now: datetime) -> tuple[Backup | None, str]:
    """The backup that the next one can be incremental on; or none, and why."""
    good = [backup for backup in known if backup.is_good]
    if not good:
        return None, "there is none yet"
    newest = good[0]
    if hole_since(barman, server) is not None:
        return None, "the log has a hole since the last one"
    if not is_whole(barman, newest, good):
        return None, f"the chain that {newest.id} stands on is broken"
    if newest.timeline != current_timeline(barman.servers[server]):
        return None, "the database was restored since the last one"
    first = (chain_of(newest, good) or [newest])[-1]
    age = now - (first.ended_at or now)
    if age >= timedelta(days=barman.policy.full_every_days):
        return None, f"the last full one, {first.id}, is {age.days} days old"
    return newest, ""


def chain_of(backup: Backup, known: Sequence[Backup]) -> list[Backup] | None:
    """The backup, its parent, and so on to the full one; None when one of them is missing."""
    by_id = {each.id: each for each in known}
    chain = [backup]
    while (parent := chain[-1].parent) is not None:
        if parent not in by_id:
            return None
        chain.append(by_id[parent])
    return chain


def is_whole(barman: Barman, backup: Backup, known: Sequence[Backup]) -> bool:
    """Whether all that the backup stands on is there, in the catalogue and on the disk."""
    chain = chain_of(backup, known)
    folder = barman.directory(backup.server) / "base"
    return chain is not None and all((folder / each.id).is_dir() for each in chain)


def _wait_for_the_receiver(server: Server) -> None:
    """Returns once something receives the log, as it does again a moment after its database was started."""
    deadline = time.monotonic() + RECEIVER_TIMEOUT
    while True:
        with _connected(server) as cursor:  # a transaction sees the same all the time
            cursor.execute("SELECT FROM pg_stat_replication WHERE application_name = 'barman_receive_wal'")
            if cursor.rowcount:
                return
        if time.monotonic() > deadline:
            raise LocalError(f"{server.name}: nothing receives its log, without which no backup can be restored.")
        time.sleep(0.2)


def mend_slot(barman: Barman, server: str, *, say: Say) -> bool:
    """Has the log received anew where the database has thrown away what it kept for that; returns whether it had to.

    It keeps so much and no more (`max_slot_wal_keep_size`), and the slot is of no use from then on.
    """
    if not slot_is_lost(barman.servers[server]):
        return False
    until = received_until(barman, server) or datetime.now(UTC)
    say(
        f"{server}: THE LOG HAS A HOLE. It was not received since {until:%Y-%m-%d %H:%M:%S} UTC, and the database has "
        "thrown it away by now. No moment from then until the next full backup can be restored."
    )
    folder = barman.directory(server)
    (folder / HOLE).write_text(until.isoformat())
    with suppress(LocalError):  # what it leaves is found in `ended`
        barman.run("archive-wal", server, say=lambda _line: None)
    # Or it would be asked for what follows them, for ever.
    set_aside_ended_log(folder / "streaming", current_timeline(barman.servers[server]) + 1)
    with _connected(barman.servers[server]) as cursor:
        cursor.execute("SELECT pg_drop_replication_slot(%s)", [BACKUP_ROLE])
        cursor.execute("SELECT pg_create_physical_replication_slot(%s, true)", [BACKUP_ROLE])
    return True


def slot_is_lost(server: Server) -> bool:
    with _connected(server) as cursor:
        cursor.execute("SELECT FROM pg_replication_slots WHERE slot_name = %s AND wal_status = 'lost'", [BACKUP_ROLE])
        return bool(cursor.rowcount)


def hole_since(barman: Barman, server: str) -> datetime | None:
    """Since when the log has a hole that no full backup is behind; None when it has none."""
    try:
        return datetime.fromisoformat((barman.directory(server) / HOLE).read_text())
    except FileNotFoundError:
        return None


def receive(barman: Barman, server: str) -> None:
    """Takes what was received of the log into Barman's archive; the first time, has something to take."""
    if any((barman.directory(server) / "wals").glob("[0-9A-F]*")):
        barman.run("archive-wal", server, say=lambda _line: None)
    else:  # Barman takes no backup without a segment in its archive
        end_segment(barman, server, of_nothing=True)


def end_segment(barman: Barman, server: str, *, of_nothing: bool = False) -> None:
    """Has all of the log until now archived, by beginning another segment (`of_nothing`: even if nothing is in it).

    Raises LocalError when it does not come.
    """
    with _connected(barman.servers[server]) as cursor:
        if of_nothing:
            cursor.execute(_WRITE_SOMETHING)
        cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
        (ended,) = cursor.fetchone()
        # Barman takes no segment before something is in the next one, and in a database at rest nothing ever is.
        cursor.execute(_WRITE_SOMETHING)
    deadline = time.monotonic() + LOG_TIMEOUT
    while True:
        barman.run("archive-wal", server, say=lambda _line: None)
        if any((barman.directory(server) / "wals").glob(f"*/{ended}")):
            return
        if time.monotonic() > deadline:
            raise LocalError(f"{server}: its log was not received in {LOG_TIMEOUT} s: does {server}-wal run?")
        time.sleep(0.1)


_WRITE_SOMETHING = "SELECT pg_logical_emit_message(false, 'backups', 'for the log alone', flush => true)"


def clear_unfinished(barman: Barman, server: str, *, say: Say) -> None:
    """Removes what a backup left behind that was killed or failed: nobody can restore it."""
    # Those that only read there are of somebody who restores or verifies meanwhile.
    end_leftovers(barman.directory(server) / "base", TAKES)
    for ident, status in list(barman.statuses(server).items()):
        if status in {"FAILED", "STARTED", "EMPTY"}:
            say(f"{server}: removing {ident}, which was not finished")
            barman.run("delete", server, ident, say=lambda _line: None)


def expire(barman: Barman, server: str, *, say: Say) -> list[str]:
    """Deletes what no restore within the recovery window needs, a full one with all its incrementals; returns ids.

    Within `alone`.
    """
    now = datetime.now(UTC)
    known = barman.backups(server)
    if broken := newest_broken(known, now=now, barman=barman):
        say(f"{server}: {broken.id} cannot be restored, so older ones may be needed: none is deleted")
        return []
    deleted = []
    for full in obsolete(known, now=now, barman=barman):
        say(f"{server}: {full.id} and what stands on it are past the recovery window")
        barman.run("delete", server, full.id, say=lambda _line: None)
        deleted.append(full.id)
    _forget_old_segments(barman, server, now=now)
    return deleted


def newest_broken(known: Sequence[Backup], *, now: datetime, barman: Barman) -> Backup | None:
    """The newest backup of the window whose chain is broken, if there is one."""
    horizon = now - timedelta(days=barman.policy.recovery_window_days)
    within = [each for each in known if each.is_good and each.ended_at is not None and each.ended_at > horizon]
    return next((each for each in within if not is_whole(barman, each, known)), None)


def obsolete(known: Sequence[Backup], *, now: datetime, barman: Barman) -> list[Backup]:
    """The full backups to delete, oldest first.

    To restore the oldest moment of the window, the last full backup before it is needed, and all of its children. One
    that is gone from the disk does not stand in for it.
    """
    policy = barman.policy
    horizon = now - timedelta(days=policy.recovery_window_days)
    fulls = [each for each in known if each.is_good and each.parent is None and each.ended_at]  # newest first
    whole = [each for each in fulls if is_whole(barman, each, known)]
    needed = next((at for at, full in enumerate(whole) if full.ended_at and full.ended_at <= horizon), None)
    if needed is None:
        return []
    kept = whole[: max(needed + 1, policy.least_full_backups)]
    return list(reversed(fulls[fulls.index(kept[-1]) + 1 :]))


def _forget_old_segments(barman: Barman, server: str, *, now: datetime) -> None:
    """Of timelines that ended, where Barman does not look."""
    horizon = now.timestamp() - barman.policy.recovery_window_days * 86400
    for path in (barman.directory(server) / "ended").glob("*"):
        if path.stat().st_mtime < horizon:
            path.unlink()


def current_timeline(server: Server) -> int:
    with _connected(server) as cursor:
        cursor.execute("SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int")
        return int(cursor.fetchone()[0])


def received_until(barman: Barman, server: str) -> datetime | None:
    """Until when all that was committed is in the log that was received; None when nothing was."""
    try:
        with _connected(barman.servers[server]) as cursor:
            cursor.execute(
                "SELECT now() FROM pg_stat_replication"
                " WHERE application_name = 'barman_receive_wal' AND flush_lsn >= pg_current_wal_flush_lsn() - 65536"
            )
            if row := cursor.fetchone():
                moment: datetime = row[0]
                return moment.astimezone(UTC)
    except LocalError:
        pass  # the database is down: the files tell
    folder = barman.directory(server)
    times = [path.stat().st_mtime for path in [*folder.glob("streaming/[0-9A-F]*"), *folder.glob("wals/*/[0-9A-F]*")]]
    return datetime.fromtimestamp(max(times), UTC) if times else None


class _connected:  # noqa: N801 - psycopg2's own context manager does not close
    def __init__(self, server: Server) -> None:
        try:
            self._connection = psycopg2.connect(
                host=server.host,
                port=server.port,
                user=BACKUP_ROLE,
                password=server.password,
                dbname="postgres",
                connect_timeout=5,
            )
        except psycopg2.OperationalError as error:
            raise LocalError(f"{server.name}: its database does not answer: {error}") from error

    def __enter__(self) -> "psycopg2.extensions.cursor":
        return self._connection.cursor()

    def __exit__(self, *_error: object) -> None:
        self._connection.close()


# What was verified


def note_verified(barman: Barman, server: str, ident: str) -> None:
    """Notes that the backup was restored elsewhere and everything in it could be read."""
    known = verified(barman, server) | {ident: datetime.now(UTC).isoformat(timespec="seconds")}
    write_whole(barman.directory(server) / "verified.json", json.dumps(known, indent=1) + "\n")


def verified(barman: Barman, server: str) -> dict[str, str]:
    """When which backup was verified, by id."""
    try:
        found: dict[str, str] = json.loads((barman.directory(server) / "verified.json").read_text())
    except FileNotFoundError:
        return {}
    return found
