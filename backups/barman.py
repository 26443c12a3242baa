"""Barman: its configuration, its commands, and what it says of backups.

Barman drives `pg_basebackup --incremental` and `pg_combinebackup`, keeps the catalogue and the log, and forgets what
the policy needs no more. It is called as a program: that is the interface it documents.
"""

import getpass
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backups.policy import Policy
from local.errors import LocalError
from local.postgres import BACKUP_ROLE, binaries
from local.processes import dying_with_its_parent

Say = Callable[[str], None]

CONFIGURATION = """\
; Written anew by every command: change backups/policy.toml or the environment instead.
[barman]
barman_home = {home}
barman_user = {user}
barman_lock_directory = {home}/locks
log_file = {home}/barman.log
log_level = INFO
path_prefix = {binaries}
"""

# `immediate_checkpoint`: without it an incremental backup waits for the next checkpoint, minutes.
SERVER = """
[{name}]
conninfo = host={host} port={port} user={role} dbname=postgres connect_timeout=5
streaming_conninfo = host={host} port={port} user={role} connect_timeout=5
backup_method = postgres
backup_directory = {directory}
immediate_checkpoint = true
streaming_archiver = on
streaming_archiver_name = barman_receive_wal
slot_name = {role}
create_slot = auto
retention_policy = RECOVERY WINDOW OF {window} DAYS
minimum_redundancy = 0
"""

DONE = "DONE"
"""Barman's word for a backup that is whole, with the log that it needs."""
TAKES, RESTORES = {"pg_basebackup"}, {"pg_combinebacku", "rsync"}
"""What Barman has work for it, as the kernel calls it: by the first 15 letters."""

# Object stores know no empty folders, and Barman encrypts no folders: archives, then.
ARCHIVED = """\
backup_compression = gzip
backup_compression_format = tar
compression = pygzip
"""
ENCRYPTED = """\
encryption = gpg
encryption_key_id = {key}
"""
DECRYPTED_WITH = "encryption_passphrase_command = cat {passphrase}\n"


class KilledError(LocalError):
    """Somebody ended Barman, or a program that it takes: another attempt would not be what they meant."""


def require_not_killed(program: str, code: int, said: str = "") -> None:
    """Raises KilledError for a program that was ended by a signal: it has found nothing, and failed at nothing."""
    if code < 0:
        raise KilledError(f"{program} was ended by {signal.Signals(-code).name}. {said}".strip())


@dataclass(frozen=True)
class Server:
    """A database server to back up: where it listens, and the password of the role that takes backups."""

    name: str
    host: str
    port: int
    password: str
    system_identifier: str | None = None


@dataclass(frozen=True)
class Encryption:
    """A GnuPG key that backups are encrypted to; a restore needs the file with its passphrase, too."""

    key: str
    passphrase: Path | None = None


@dataclass(frozen=True)
class Backup:
    """A backup in Barman's catalogue."""

    id: str
    server: str
    status: str
    parent: str | None
    timeline: int
    began_at: datetime | None
    ended_at: datetime | None
    size: int
    seconds: float
    begin_segment: str
    end_lsn: int
    is_archived: bool
    is_encrypted: bool = False

    @property
    def is_good(self) -> bool:
        return self.status == DONE

    @property
    def kind(self) -> str:
        return "full" if self.parent is None else "incremental"


class Barman:
    """Barman with the configuration for some servers, all below the folder `home`."""

    def __init__(
        self,
        home: Path,
        servers: Sequence[Server],
        policy: Policy,
        *,
        encryption: Encryption | None = None,
        archived: bool = False,
    ) -> None:
        self.home = home
        self.servers = {server.name: server for server in servers}
        self.policy = policy
        self.encryption = encryption
        self.archived = archived
        self._configuration = home / "barman.conf"
        self._statuses: dict[str, dict[str, str]] = {}
        self._write_configuration()

    def directory(self, server: str) -> Path:
        return self.home / server

    def _write_configuration(self) -> None:
        (self.home / "locks").mkdir(mode=0o700, parents=True, exist_ok=True)
        text = CONFIGURATION.format(home=self.home, user=getpass.getuser(), binaries=binaries())
        passwords = []
        for server in self.servers.values():
            text += SERVER.format(
                name=server.name,
                host=server.host,
                port=server.port,
                role=BACKUP_ROLE,
                directory=self.directory(server.name),
                window=self.policy.recovery_window_days,
            )
            if self.encryption is not None or self.archived:
                text += ARCHIVED
            if self.encryption is not None:
                text += ENCRYPTED.format(key=self.encryption.key)
                if self.encryption.passphrase is not None:
                    text += DECRYPTED_WITH.format(passphrase=self.encryption.passphrase)
            passwords.append(f"{server.host}:{server.port}:*:{BACKUP_ROLE}:{server.password}\n")
            self.directory(server.name).mkdir(mode=0o700, exist_ok=True)
        _write_private(self._configuration, text)
        _write_private(self.home / "passwords", "".join(passwords))

    def command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("barman")), "-c", str(self._configuration), *arguments]

    @property
    def environment(self) -> Mapping[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        # Root's own PATH may lack what it installs.
        path = f"{kept.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
        return kept | {"PGPASSFILE": str(self.home / "passwords"), "PATH": path, "LC_ALL": "C.UTF-8"}

    def run(self, *arguments: str, say: Say) -> None:
        """Runs a command and tells each line that it prints; raises LocalError with its errors when it fails."""
        log = self.home / "barman.log"
        already = log.stat().st_size if log.exists() else 0
        child = subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Nobody would know of a Barman that goes on alone.
            preexec_fn=dying_with_its_parent(signal.SIGKILL),  # noqa: PLW1509 - see there
        )
        assert child.stdout is not None  # noqa: S101 - it was given a pipe
        lines: list[str] = []
        try:
            for line in child.stdout:
                lines.append(line.rstrip())
                say(lines[-1])
            code = child.wait()
        finally:
            self._statuses.clear()
            if child.poll() is None:
                child.send_signal(signal.SIGINT)  # on which Barman marks its backup as failed
                child.wait()
        if code != 0:
            errors = [line for line in lines if line.startswith(("ERROR", "CRITICAL", "EXCEPTION"))]
            said = "\n".join([*(errors or lines[-5:]), *_reasons(log, already)])
            require_not_killed(f"barman {arguments[0]}", code, said)
            raise LocalError(f"barman {arguments[0]} failed:\n{said}\nMore is in {log}.")

    def ask(self, *arguments: str) -> Any:
        """What a command answers as JSON; raises LocalError when it fails."""
        done = subprocess.run(
            self.command("-f", "json", *arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {"_ERROR": [done.stderr.strip() or done.stdout.strip()[-500:]]}
        if done.returncode != 0 or "_ERROR" in answer:
            errors = "; ".join(map(str, answer.get("_ERROR", [done.stderr.strip()])))
            raise LocalError(f"barman {' '.join(arguments)} failed: {errors}")
        return answer

    def backups(self, server: str) -> list[Backup]:
        """All backups of the server in the catalogue, failed ones too, the newest first."""
        known = self._known(server)
        shown = {
            ident: known[ident] if status == DONE and ident in known else self._show(server, ident)
            for ident, status in self.statuses(server).items()
        }
        if (done := {ident: each for ident, each in shown.items() if each["status"] == DONE}) != known:
            _write_private(self._kept(server), json.dumps(done))
        return [_backup(server, ident, each) for ident, each in shown.items()]

    def backup(self, server: str, ident: str) -> Backup:
        return _backup(server, ident, self._show(server, ident))

    def statuses(self, server: str) -> dict[str, str]:
        """The status of each backup by its id, the newest first; asked for again once a command was run."""
        if server not in self._statuses:
            listed = self.ask("list-backups", server)[server]
            self._statuses[server] = {each["backup_id"]: each["status"] for each in listed}
        return self._statuses[server]

    def _known(self, server: str) -> dict[str, Any]:
        """What Barman has shown of backups that are done. It does not change, and each question is a Python's start."""
        try:
            known: dict[str, Any] = json.loads(self._kept(server).read_text())
        except FileNotFoundError:
            return {}
        return known

    def _kept(self, server: str) -> Path:
        return self.directory(server) / "shown.json"

    def _show(self, server: str, ident: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.ask("show-backup", server, ident)[server]
        return shown


def _backup(server: str, ident: str, shown: Mapping[str, Any]) -> Backup:
    copied = shown.get("base_backup_information") or {}
    catalogue = shown.get("catalog_information") or {}
    parent = catalogue.get("parent_backup_id")
    return Backup(
        id=ident,
        server=server,
        status=shown["status"],
        parent=parent or None,
        timeline=int(copied.get("timeline") or 0),
        began_at=_moment(copied.get("begin_time_timestamp"), copied.get("begin_time")),
        ended_at=_moment(copied.get("end_time_timestamp"), copied.get("end_time")),
        size=int(copied.get("backup_size_bytes") or 0),
        seconds=float(copied.get("copy_time_seconds") or 0),
        begin_segment=str(copied.get("begin_wal") or ""),
        end_lsn=lsn(copied.get("end_lsn") or "0/0"),
        is_archived=bool(copied.get("compression") or copied.get("encryption")),
        is_encrypted=bool(copied.get("encryption")),
    )


def _reasons(log: Path, already: int) -> list[str]:
    """What the programs that Barman ran have said was wrong: it keeps that for its log."""
    with log.open("rb") as file:
        file.seek(already)
        lines = file.read().decode(errors="replace").splitlines()
    found = [
        line.partition("WARNING: ")[2] or line
        for line in lines
        if re.search(r"(DETAILS|error|fatal|rsync|gpg): ", line)
    ]
    return [line[:500] for line in dict.fromkeys(found)][-5:]


def end_leftovers(folder: Path, programs: Collection[str]) -> None:
    """Ends those that work in the folder though the Barman that had begun it was killed: its programs outlive it."""
    while left := [pid for pid in _running(programs) if _names(pid, folder)]:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _running(programs: Collection[str]) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            if (entry / "comm").read_text().strip() in programs:
                yield int(entry.name)


def _names(pid: int, folder: Path) -> bool:
    """Whether the folder, or something in or beside it that is called after it, is named in the process's command."""
    with suppress(OSError):
        return os.fsencode(folder) in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def lsn(text: str) -> int:
    """A position in the log as a number."""
    high, _slash, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def _moment(seconds: object, text: object) -> datetime | None:
    """Barman's `…_timestamp` has whole seconds; the text beside it all digits."""
    if text:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    return datetime.fromtimestamp(int(str(seconds)), UTC) if seconds else None


def _write_private(path: Path, text: str) -> None:
    half_written = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    half_written.replace(path)
