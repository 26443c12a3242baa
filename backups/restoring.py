"""Restoring a database to a moment: built beside, checked, swapped; the old data is kept until somebody says otherwise.

    data                       what the database server runs on
    data.building              where a restore builds; of a killed one, the next removes it
    data.restored-<stamp>      built and checked, about to become `data`
    data.replaced-<stamp>      what was `data` before

A kill at any line leaves one of two: the old `data`, untouched, or the new one in its place.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import psycopg2.extensions  # type: ignore[import-untyped]

from backups import segments
from backups.barman import RESTORES, Backup, Barman, KilledError, Say, end_leftovers, lsn, require_not_killed
from backups.files import write_whole
from backups.taking import chain_of, is_whole
from local.errors import LocalError
from local.postgres import BACKUP_ROLE, as_ordinary_user, binaries
from local.processes import Process

SCRATCH_PORT = 5432
"""Part of the name of its socket: nothing listens on the network."""
SPARE_BYTES = 64 * 1024 * 1024


class BeyondTheLogError(LocalError):
    """The log ends before the moment that was asked for."""


class NoRoomError(LocalError):
    """The disk has no room for what a restore builds."""


@dataclass(frozen=True)
class Place:
    """Where a database's data lies, and what its superuser is called."""

    name: str
    data: Path
    superuser: str
    log: Path

    @property
    def building(self) -> Path:
        return self.data.with_name(f"{self.data.name}.building")

    def replaced(self) -> list[Path]:
        """Old data that restores have put aside, the oldest first."""
        return sorted(self.data.parent.glob(f"{self.data.name}.replaced-*"))


@dataclass(frozen=True)
class Scratch:
    """A restored database that runs where nobody but its owner can reach it."""

    place: Place
    folder: Path

    def connect(self, database: str) -> Any:
        return psycopg2.connect(
            host=str(self.folder), port=SCRATCH_PORT, user=self.place.superuser, dbname=database, connect_timeout=5
        )

    def ask(self, database: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        connection = self.connect(database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


@dataclass(frozen=True)
class Restored:
    """What a restore led to."""

    service: str
    backup: Backup
    asked: datetime | None
    recovery_point: datetime
    timeline: int
    rows: dict[str, int]
    seconds: float
    steps: dict[str, float] = field(default_factory=dict)
    replaced: str | None = None
    notes: tuple[str, ...] = ()


Recorder = Callable[[Scratch, datetime, Backup], None]


class Steps:
    """Says what is being done, and remembers how long each part took."""

    def __init__(self, name: str, say: Say) -> None:
        self.name, self._say = name, say
        self.began = time.monotonic()
        self.seconds: dict[str, float] = {}
        self.notes: list[str] = []

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        self.say(f"{what} …")
        yield
        self.seconds[what] = round(time.monotonic() - started, 2)

    def say(self, text: str) -> None:
        self._say(f"[{time.monotonic() - self.began:5.1f} s] {self.name}: {text}")

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.say(text)


def restore(
    barman: Barman, place: Place, *, at: datetime | None, timeline: int | None, record: Recorder, say: Say
) -> Restored:
    """Puts the database's data back to what it was at that moment (None: the last that is known).

    The database must be down. Raises LocalError, and nothing is changed, when a check fails.
    """
    steps = Steps(place.name, say)
    remove_leftovers(place)
    try:
        built = build(
            *(barman, place, place.building), at=at, timeline=timeline, steps=steps, record=record, old=place.data
        )
        with steps.step("putting the restored data in place"):
            replaced = swap(place)
    finally:
        shutil.rmtree(place.building, ignore_errors=True)
    return replace(built, replaced=replaced.name if replaced else None)


def verify(barman: Barman, place: Place, folder: Path, *, backup: Backup | None, say: Say) -> Restored:
    """Restores the backup (None: the newest) to the last moment, elsewhere, and reads everything; then forgets it."""
    steps = Steps(place.name, say)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return build(barman, place, folder, at=None, timeline=None, steps=steps, record=None, only=backup)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_reachable(barman: Barman, server: str, *, at: datetime | None, timeline: int | None) -> None:
    """Raises LocalError when no backup leads to that moment: to be known before the database is taken down."""
    steps = Steps(server, lambda _line: None)
    usable(barman, server, at=at, timeline=_target(barman, server, at, timeline), steps=steps)


def build(
    barman: Barman,
    place: Place,
    folder: Path,
    *,
    at: datetime | None,
    timeline: int | None,
    steps: Steps,
    record: Recorder | None,
    only: Backup | None = None,
    old: Path | None = None,
) -> Restored:
    """Builds the data of that moment in the folder, lets it recover, and checks it.

    `old` is the data that it shall replace, where that is down: it may hold more of the log than was received.
    """
    target = _target(barman, place.name, at, timeline)
    if only is not None and not _is_on_the_way(only, target, branch_points(barman, place.name, target)):
        target = only.timeline  # a restore has left it for an earlier moment
    if old is not None and at is None and timeline is None:
        _require_received_timeline(old, target)
    candidates = [only] if only is not None else usable(barman, place.name, at=at, timeline=target, steps=steps)
    failures = []
    for backup in candidates:
        try:
            _copy(barman, place, folder, backup, timeline=target, steps=steps)
        except (NoRoomError, KilledError):
            raise
        except LocalError as error:
            # Older ones and more of the log lead to the same rows.
            failures.append(f"{backup.id}: {error}")
            steps.note(f"{backup.id} cannot be restored, trying the one before. {error}")
            continue
        if old is not None:
            _add_own_log(old, folder, timeline=target, backup=backup, steps=steps)
        return _recover(barman, place, folder, backup, at=at, timeline=target, steps=steps, record=record, old=old)
    raise LocalError(f"{place.name}: no backup could be restored.\n" + "\n".join(failures))


def _target(barman: Barman, server: str, at: datetime | None, timeline: int | None) -> int:
    return timeline_at(barman, server, at) if timeline is None else timeline


def _is_on_the_way(backup: Backup, timeline: int, branches: Mapping[int, int]) -> bool:
    """Whether that timeline came by the backup's end."""
    return backup.timeline == timeline or backup.end_lsn <= branches.get(backup.timeline, -1)


def usable(barman: Barman, server: str, *, at: datetime | None, timeline: int, steps: Steps) -> list[Backup]:
    """The backups from which that moment can be reached, the newest first. Raises LocalError when there is none."""
    good = [backup for backup in barman.backups(server) if backup.is_good and backup.ended_at is not None]
    if not good:
        raise LocalError(f"{server}: there is no backup to restore; `make backups` lists them.")
    branches = branch_points(barman, server, timeline)
    reachable = [backup for backup in good if _is_on_the_way(backup, timeline, branches)]
    found = [backup for backup in reachable if at is None or (backup.ended_at or at) <= at]
    for backup in found[:]:
        if not is_whole(barman, backup, good):
            steps.note(f"{backup.id} stands on a backup that is missing; older ones and the log will do")
            found.remove(backup)
    if not found:
        oldest = min((backup.ended_at for backup in good if backup.ended_at), default=None)
        raise LocalError(
            f"{server}: no backup leads to {shown(at)} on timeline {timeline}. "
            f"The oldest moment that can be restored is {shown(oldest)}."
        )
    return found


def newest_timeline(barman: Barman, server: str) -> int:
    folder = barman.directory(server)
    names = [
        path.name
        for path in [*folder.glob("streaming/*"), *folder.glob("ended/*"), *folder.glob("wals/**/*")]
        if re.fullmatch(r"[0-9A-F]{24}(\.partial)?|[0-9A-F]{8}\.history", path.name)
    ]
    return max((int(name[:8], 16) for name in names), default=1)


def timeline_at(barman: Barman, server: str, at: datetime | None) -> int:
    """The timeline that the database was on at that moment: each restore has begun another.

    Had PostgreSQL another one for its target, and stopped before that begins, it would write a history that never was,
    at which the summaries for incremental backups stumble.
    """
    newest = newest_timeline(barman, server)
    if at is None:
        return newest
    folder = barman.directory(server)
    began = {
        int(path.name[:8], 16): datetime.fromtimestamp(path.stat().st_mtime, UTC)
        for path in [*folder.glob("wals/*.history"), *folder.glob("streaming/*.history")]
    }
    for path in sorted((folder / "restores").glob("*.json")):
        report = json.loads(path.read_text())
        began[report["timeline"]] = datetime.fromisoformat(report["began"])
    return max((timeline for timeline, since in began.items() if since <= at), default=1)


def branch_points(barman: Barman, server: str, timeline: int) -> dict[int, int]:
    """Of the timelines that this one came from, where each was left."""
    folder = barman.directory(server)
    for path in (folder / "wals" / f"{timeline:08X}.history", folder / "streaming" / f"{timeline:08X}.history"):
        if path.exists():
            lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
            return {int(parts[0]): lsn(parts[1]) for parts in lines if parts[0].isdecimal()}
    return {}


def _copy(barman: Barman, place: Place, folder: Path, backup: Backup, *, timeline: int, steps: Steps) -> None:
    """Has Barman combine the backup's chain in the folder, and lay the log beside it."""
    if backup.is_encrypted and (barman.encryption is None or barman.encryption.passphrase is None):
        raise LocalError("it is encrypted: BACKUP_PASSPHRASE_FILE must name the file of the key's passphrase")
    end_leftovers(folder, RESTORES)
    shutil.rmtree(folder, ignore_errors=True)
    staging = folder.with_name(f"{folder.name}.staging")
    shutil.rmtree(staging, ignore_errors=True)
    _require_space(barman, place, folder.parent, backup)
    staging.mkdir(mode=0o700, parents=True)
    try:
        with steps.step(f"combining {backup.kind} backup {backup.id}"):
            barman.run(
                *("restore", "--target-tli", str(timeline), "--staging-path", str(staging)),
                *("--staging-location", "local", place.name, backup.id, str(folder)),
                say=lambda line: steps.say(line) if "WARNING" in line else None,
            )
        if os.geteuid() == 0:  # for whom tar keeps the owner that the archive names
            subprocess.run(["chown", "--recursive", "0:0", folder], check=True)
        for original in folder.glob("*.origin"):
            original.replace(original.with_suffix(""))  # Barman's settings for a recovery: ours are given at its start
        _add_unarchived_segments(barman, place, folder / "barman_wal", timeline=timeline, backup=backup)
        with steps.step("comparing all files with the backup's manifest"):
            _check_manifest(barman, folder, backup)
    finally:
        end_leftovers(folder, RESTORES)
        shutil.rmtree(staging, ignore_errors=True)


def _require_space(barman: Barman, place: Place, parent: Path, backup: Backup) -> None:
    parent.mkdir(parents=True, exist_ok=True)
    chain = chain_of(backup, barman.backups(place.name)) or [backup]
    log = sum(
        p.stat().st_size for p in (barman.directory(place.name)).glob("wals/*/*") if p.name >= backup.begin_segment
    )
    # Of incrementals at most their size is added to the full one; combining one that is compressed unpacks them first.
    needed = sum(each.size for each in chain) * (2 if backup.is_archived else 1) + log + SPARE_BYTES
    free = shutil.disk_usage(parent).free
    if free < needed:
        raise NoRoomError(
            f"{place.name}: the restore needs {mib(needed)} in {parent}, where {mib(free)} are free. "
            "Nothing was changed."
        )


def _add_unarchived_segments(barman: Barman, place: Place, log: Path, *, timeline: int, backup: Backup) -> None:
    """Lays beside it what was received of segments that are not full, and of timelines that ended."""
    log.mkdir(mode=0o700, exist_ok=True)
    folder = barman.directory(place.name)
    for path in [*folder.glob("ended/*"), *folder.glob("streaming/*")]:
        name = path.name.removesuffix(".partial")
        wanted = segments.is_segment(name) and int(name[:8], 16) <= timeline and name[8:] >= backup.begin_segment[8:]
        if (wanted or path.suffix == ".history") and not (log / name).exists():
            shutil.copyfile(path, log / name)


def _add_own_log(old: Path, folder: Path, *, timeline: int, backup: Backup, steps: Steps) -> None:
    """Lays beside it what the old data has of the log and was never received, as when nobody received it."""
    system = int(_control(folder)["Database system identifier"])
    found = segments.add_own(
        old / "pg_wal", folder / "barman_wal", system=system, timeline=timeline, since=backup.begin_segment
    )
    if found:
        steps.say(f"the old data has more of the log than was received, from {found[0]} on: that is replayed, too")


def _control(folder: Path) -> dict[str, str]:
    """What `pg_controldata` says of the data. Raises LocalError when it can say nothing."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}
    command: list[str | Path] = [binaries() / "pg_controldata", "-D", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise LocalError(f"{folder} cannot be read: {done.stderr.strip()[:500]}")
    return {key: value.strip() for key, _colon, value in (line.partition(":") for line in done.stdout.splitlines())}


def _require_received_timeline(old: Path, newest: int) -> None:
    """Raises LocalError when the old data has begun a timeline, as a restore does, of which nothing was received."""
    try:
        present = int(_control(old)["Latest checkpoint's TimeLineID"])
    except LocalError:
        return  # nothing is left that could tell
    if present > newest:
        raise LocalError(
            f"the old data is on timeline {present}, but the log was received until timeline {newest} only: what was "
            f"committed since would be lost. To restore without it, name the timeline (TIMELINE={newest})."
        )


def _require_all_of(old: Path, folder: Path, *, timeline: int, ended: int) -> None:
    """Raises LocalError when the old data went on past where the replay ended, as its last checkpoint tells."""
    try:
        known, restored = _control(old), _control(folder)
    except LocalError:
        return  # nothing is left that could tell
    same = "Database system identifier"
    if known.get(same) != restored[same] or known["Latest checkpoint's TimeLineID"] != str(timeline):
        return
    if (reached := known["Latest checkpoint location"]) and lsn(reached) >= ended:
        raise LocalError(
            f"the old data went on until {reached}, but the log that is left only until {segments.shown(ended)}: what "
            f"was committed in between would be lost. To restore without it, move {old} away first."
        )


def _check_manifest(barman: Barman, folder: Path, backup: Backup) -> None:
    manifest = folder / f"backup_manifest.{backup.id}"
    beside_the_archive = barman.directory(backup.server) / "base" / backup.id / "data" / "backup_manifest"
    if not manifest.exists() and backup.is_archived and beside_the_archive.exists():
        # Of an archive that nothing was combined with, Barman leaves it where it is.
        shutil.copyfile(beside_the_archive, manifest)
    if not manifest.exists():
        raise LocalError("the backup has no manifest to be compared with")
    # Archives have an empty `tablespace_map`, which Barman leaves out: no database here has another tablespace.
    ignored = ("barman_wal", ".barman-recover.info", "recovery.signal", "tablespace_map", manifest.name)
    command: list[str | Path] = [binaries() / "pg_verifybackup", "--no-parse-wal", "--manifest-path", manifest]
    done = subprocess.run(
        [*command, *(f"--ignore={name}" for name in ignored), folder], capture_output=True, text=True, check=False
    )
    require_not_killed("pg_verifybackup", done.returncode)
    if done.returncode != 0:
        raise LocalError(f"files differ from the backup's manifest: {done.stderr.strip()[:2000]}")


def _recover(
    barman: Barman,
    place: Place,
    folder: Path,
    backup: Backup,
    *,
    at: datetime | None,
    timeline: int,
    steps: Steps,
    record: Recorder | None,
    old: Path | None,
) -> Restored:
    log = folder / "barman_wal"
    branches = branch_points(barman, place.name, timeline)
    # What other timelines went on to after this one had left them is of no concern here.
    on_the_way = [
        path.name
        for path in log.glob("[0-9A-F]*")
        if segments.is_segment(path.name)
        and (
            int(path.name[:8], 16) == timeline
            or segments.number(path.name) * segments.SEGMENT_BYTES < branches.get(int(path.name[:8], 16), 0)
        )
    ]
    asked = at
    with steps.step(f"replaying the log{'' if at is None else f' until {shown(at)}'}"):
        running = _Recovery(place, folder, at=at, timeline=timeline)
        try:
            running.start(steps)
        except BeyondTheLogError:
            # Nothing was committed after that moment, as far as the log goes: the last moment is the one asked for.
            steps.note(f"nothing is known that was committed after {shown(at)}: that is the last moment")
            at = None
            running = _Recovery(place, folder, at=None, timeline=timeline)
            running.start(steps)
    try:
        scratch = running.scratch
        reached = scratch.ask(
            "postgres",
            "SELECT pg_last_xact_replay_timestamp(),"
            " ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int",
        )[0]
        ended = _end_of_replay(folder, int(reached[1]))
        if at is None:
            segments.require_whole(log, on_the_way, branches, ended=ended)
            if old is not None:
                _require_all_of(old, folder, timeline=timeline, ended=ended)
        # Where the log ended before the moment asked for: its last commit; without any, the end of the backup.
        recovery_point = next(moment for moment in (at, reached[0], backup.ended_at) if moment is not None)
        with steps.step("reading every table and index"):
            _check_structure(scratch)
            rows = count_rows(scratch)
        if record is not None:
            with steps.step("noting the restore in the database"):
                scratch.ask("postgres", _SLOT)
                record(scratch, recovery_point, backup)
    except psycopg2.OperationalError as error:
        raise LocalError(f"the restored database went away: {error}") from error
    finally:
        running.stop()
    _tidy(folder, backup)
    with steps.step("checking the checksum of every page"):
        _run_checked("pg_checksums", "--check", "-D", folder)
    return Restored(
        service=place.name,
        backup=backup,
        asked=asked,
        recovery_point=recovery_point.astimezone(UTC),
        timeline=int(reached[1]),
        rows=rows,
        seconds=round(time.monotonic() - steps.began, 1),
        steps=dict(steps.seconds),
        notes=tuple(steps.notes),
    )


_SLOT = f"""
SELECT pg_create_physical_replication_slot('{BACKUP_ROLE}', true)
 WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{BACKUP_ROLE}')
"""  # noqa: S608 # nosec B608 - a constant


class _Recovery:
    """The restored server, while it replays the log and is looked at: on a socket in a folder of its own."""

    def __init__(self, place: Place, folder: Path, *, at: datetime | None, timeline: int) -> None:
        self._folder = folder
        self._socket = Path(tempfile.mkdtemp(prefix="restore-"))
        self.scratch = Scratch(place, self._socket)
        access = self._socket / "pg_hba.conf"
        access.write_text("local all all trust\n")  # the folder lets only its owner in
        log = folder / "barman_wal"
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._socket),
            "port": str(SCRATCH_PORT),
            "hba_file": str(access),
            "archive_mode": "off",
            "hot_standby": "off",
            "summarize_wal": "off",
            "autovacuum": "off",
            # As of any other server: no rows in its log.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_line_prefix": "",
            "restore_command": f'cp "{log}/%f" "%p"',
            "recovery_end_command": "",
            "recovery_target": "",
            "recovery_target_timeline": str(timeline),
            "recovery_target_time": "" if at is None else at.isoformat(),
            "recovery_target_inclusive": "on",
            "recovery_target_action": "promote",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self._process = Process(
            name=f"{place.name}-restore",
            service=place.name,
            argv=[*as_ordinary_user(), binaries() / "postgres", "-D", folder, *options],
            log=place.log,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
        )

    def start(self, steps: Steps) -> None:
        """Returns when everything is replayed; raises BeyondTheLogError, or another LocalError with what was logged."""
        (self._folder / "recovery.signal").touch()
        try:
            self._process.start()
            self._wait(steps)
        except BaseException:
            self.stop()
            raise

    def _wait(self, steps: Steps) -> None:
        told = time.monotonic()
        while not self._is_writable():
            if not self._process.running:
                said = self._process.last_lines(30)
                if "recovery ended before configured recovery target was reached" in said:
                    raise BeyondTheLogError("the log ends before that moment")
                raise LocalError(f"the restored database did not come up:\n{said}")
            if time.monotonic() - told > 5:
                told = time.monotonic()
                steps.say(f"still replaying: {self._process.last_lines(1).strip()}")
            time.sleep(0.05)

    def _is_writable(self) -> bool:
        try:
            return not self.scratch.ask("postgres", "SELECT pg_is_in_recovery()")[0][0]
        except psycopg2.OperationalError:
            return False

    def stop(self) -> None:
        self._process.stop(60)
        shutil.rmtree(self._socket, ignore_errors=True)


def _end_of_replay(folder: Path, timeline: int) -> int:
    """Where the timeline that the restore began left the one before. Raises LocalError when that makes no sense."""
    lines = (folder / "pg_wal" / f"{timeline:08X}.history").read_text().splitlines()
    left = [(int(parts[0]), lsn(parts[1])) for parts in (line.split() for line in lines) if len(parts) > 1]
    if left != sorted(left, key=lambda each: each[1]):
        early = next(number for number, at in left if at >= left[-1][1])
        raise LocalError(f"that moment lies on timeline {early}, before the one that was asked for: TIMELINE={early}")
    return left[-1][1]


def _check_structure(scratch: Scratch) -> None:
    """Reads every table and B-tree as PostgreSQL's own checker does; raises LocalError with what it found."""
    databases = [row[0] for row in scratch.ask("postgres", "SELECT datname FROM pg_database WHERE datallowconn")]
    had = {name for name in databases if scratch.ask(name, "SELECT FROM pg_extension WHERE extname = 'amcheck'")}
    for name in set(databases) - had:
        scratch.ask(name, "CREATE EXTENSION amcheck")
    try:
        _run_checked(
            *("pg_amcheck", "--all", "--jobs=2", "--host", scratch.folder, "--port", str(SCRATCH_PORT)),
            *("--username", scratch.place.superuser),
        )
    finally:
        for name in set(databases) - had:
            scratch.ask(name, "DROP EXTENSION amcheck")


def _run_checked(program: str, *arguments: str | Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    done = subprocess.run(
        [binaries() / program, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    require_not_killed(program, done.returncode)
    if done.returncode != 0:
        raise LocalError(f"{program} found: {(done.stdout + done.stderr).strip()[:2000]}")


def count_rows(scratch: Scratch) -> dict[str, int]:
    """How many rows each table of the service's database holds."""
    tables = scratch.ask(
        scratch.place.name,
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1",
    )
    # The names are the catalogue's own.
    count = 'SELECT count(*) FROM "{}"'
    return {name: scratch.ask(scratch.place.name, count.format(name))[0][0] for (name,) in tables}


def _tidy(folder: Path, backup: Backup) -> None:
    """Removes what only the restore needed, so that the data is as any other server's."""
    shutil.rmtree(folder / "barman_wal", ignore_errors=True)
    for name in (".barman-recover.info", f"backup_manifest.{backup.id}", "backup_label.old", "postmaster.pid"):
        (folder / name).unlink(missing_ok=True)


def swap(place: Place) -> Path | None:
    """Puts what was built in the data's place; returns where the old data went, if there was any."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    restored = place.data.with_name(f"{place.data.name}.restored-{stamp}")
    _sync(place.building)
    place.building.rename(restored)
    replaced = None
    if place.data.exists():
        replaced = place.data.with_name(f"{place.data.name}.replaced-{stamp}")
        # A kill between these two is made good at the next start, which finds no data but what was restored.
        place.data.rename(replaced)
    restored.rename(place.data)
    _sync_folder(place.data.parent)
    return replaced


def _sync(folder: Path) -> None:
    subprocess.run(["sync", "--file-system", folder], check=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_leftovers(place: Place) -> None:
    """Removes what a killed restore has built; the old data, where it is, stays."""
    parent, name = place.data.parent, place.data.name
    end_leftovers(place.building, RESTORES)
    for pattern in (f"{name}.building*", *([f"{name}.restored-*"] if place.data.exists() else [])):
        for path in parent.glob(pattern):
            shutil.rmtree(path)


def write_report(barman: Barman, restored: Restored) -> Path:
    """Keeps what the restore led to beside the backups, for whoever asks later."""
    folder = barman.directory(restored.service) / "restores"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    content = {
        "service": restored.service,
        "backup": restored.backup.id,
        "kind": restored.backup.kind,
        "asked": restored.asked.isoformat() if restored.asked else "latest",
        "recovery_point": restored.recovery_point.isoformat(),
        "timeline": restored.timeline,
        "began": datetime.now(UTC).isoformat(),
        "seconds": restored.seconds,
        "steps": restored.steps,
        "replaced": restored.replaced,
        "notes": restored.notes,
        "rows": restored.rows,
    }
    write_whole(path, json.dumps(content, indent=1) + "\n")
    return path


def shown(moment: datetime | None) -> str:
    return "the last moment" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def mib(count: float) -> str:
    return f"{count / 1024 / 1024:,.1f} MiB"
