"""What the commands work on: the databases of the platform on this machine, or those that a container is told of."""

import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from backups.barman import Backup, Barman, Encryption, Server
from backups.dumping import Login
from backups.policy import Policy
from backups.restoring import SCRATCH_PORT, Place, Recorder, Scratch
from local.errors import LocalError
from local.platform import Platform, runs
from local.ports import LOOPBACK
from local.postgres import BACKUP_ROLE, SUPERUSER, kept_secret, processes_in, stop_leftovers
from local.run import VAR
from local.services import SERVICES

DOWN_TIMEOUT = 60.0
COMPOSE = "docker compose -f docker/compose.yaml -f docker/compose.backup.yaml"
NO_DUMPS = "Here are no dumps: use `docker compose exec <service>-database pg_dump`."
SECRETS = Path("/run/secrets")
PGDATA = "18/docker"
"""Where the postgres image has the data, below what is mounted."""
PROGRAMS = {"rsync": "rsync", "flock": "util-linux", "gpg": "gnupg", "file": "file", "rclone": "rclone"}
"""What Barman and the media need of the system, by the package that has it."""


@dataclass(frozen=True)
class Setup:
    """Barman for all servers; where their data lies, and what notes a restore in a service's database."""

    barman: Barman
    places: dict[str, Place]
    media: dict[str, Path]
    holds: dict[str, Path]
    """The folders whose lock keeps a database down while it is restored."""
    record: Recorder
    make_down: Callable[[str], None]
    """Returns when nothing runs on the data of a held database any more."""
    login: Callable[[str], Login]
    superuser: Callable[[str], Login] | None
    """None where there are no dumps, and so no databases that were replaced by them."""
    record_load: Callable[[str, str, datetime], None]
    """Notes in a database that was loaded from a dump, by its address, until when that holds everything."""
    forgetting: Callable[[str], str]
    """The command that deletes the old data of a service, for people."""

    def services(self, named: str | None) -> list[str]:
        """The service of that name, or all; raises LocalError for an unknown one."""
        if not named:
            return list(self.places)
        if named not in self.places:
            raise LocalError(f"There is no service {named}; there are: {', '.join(self.places)}.")
        return [named]


def on_this_machine(root: Path = VAR) -> Setup:
    """For the platform of that folder, running or not."""
    encryption = encryption_of(root.resolve() / "backups")
    require_programs("rsync", "flock", *(("gpg", "file") if encryption else ()))
    platform = Platform(root)
    servers = []
    for name, server in platform.postgres.items():
        if not (server.folder / "superuser.password").exists():
            raise LocalError(f"There is no data in {root} yet: `make run` makes it.")
        password = kept_secret(server.folder / f"{BACKUP_ROLE}.password")
        servers.append(Server(name=name, host=LOOPBACK, port=server.port, password=password))
    home = platform.root / "backups"

    def note(name: str, url: str, recovery_point: datetime, origin: str) -> None:
        """Brings older data to what the code expects, and makes the service refuse writes."""
        platform.manage(
            # The database is there, or it was killed.
            *(name, "record_restore", "--wait", "5"),
            *("--recovery-point", recovery_point.isoformat(), "--backup", origin),
            environment={"DATABASE_URL": url},
        )
        # What the runner puts into a new database, such as service accounts, may be missing from an old one.
        (platform.postgres[name].folder / "ready").unlink(missing_ok=True)

    def record(scratch: Scratch, recovery_point: datetime, backup: Backup) -> None:
        note(scratch.place.name, socket_url(scratch.folder, scratch.place.name), recovery_point, backup.id)

    def superuser(name: str) -> Login:
        server = platform.postgres[name]
        return Login(LOOPBACK, server.port, SUPERUSER, kept_secret(server.folder / "superuser.password"), "postgres")

    return Setup(
        barman=Barman(
            *(home, servers, Policy.read()), encryption=encryption, archived=bool(os.environ.get("BACKUP_S3"))
        ),
        places={
            name: Place(
                name=name, data=server.data, superuser=SUPERUSER, log=platform.root / "log" / f"{name}-restore.log"
            )
            for name, server in platform.postgres.items()
        },
        media={name: platform.root / "media" / name for name in platform.postgres},
        holds={name: server.folder for name, server in platform.postgres.items()},
        record=record,
        login=lambda name: Login.of(platform.database_url(name)),
        superuser=superuser,
        record_load=lambda name, url, until: note(name, url, until, "a dump"),
        make_down=lambda name: _make_down(platform, name),
        forgetting=lambda name: f"`make restore-forget SERVICE={name}`",
    )


def in_a_container() -> Setup:
    """For the databases of the compose files: their data below BACKUP_DATABASES, where a restore has it mounted."""
    home, databases = Path(os.environ["BACKUP_HOME"]), Path(os.environ["BACKUP_DATABASES"])
    names = [service.name for service in SERVICES]

    def secret(name: str) -> str:
        try:
            return (SECRETS / name).read_text().strip()
        except OSError as error:
            raise LocalError(f"{SECRETS / name} cannot be read: {error}") from error

    def make_down(name: str) -> None:
        if not (databases / name).is_dir():
            raise LocalError("The data is not mounted here: use docker/backup/restore.sh.")
        if _answers(f"{name}-database", 5432):
            raise LocalError(f"{name}-database runs: stop it first, as docker/backup/restore.sh does.")
        # What it has left is the lock of a server that is gone.
        (databases / name / PGDATA / "postmaster.pid").unlink(missing_ok=True)

    def nowhere(_name: str) -> Login:
        raise LocalError(NO_DUMPS)

    def record_load(_name: str, _url: str, _until: datetime) -> None:
        raise LocalError(NO_DUMPS)

    for name in names:
        (home / name / "restores").mkdir(mode=0o700, parents=True, exist_ok=True)
    servers = [Server(name, f"{name}-database", 5432, secret(f"{name}_backup_password")) for name in names]
    return Setup(
        barman=Barman(
            home,
            servers,
            Policy.read(),
            encryption=encryption_of(home),
            archived=bool(os.environ.get("BACKUP_S3")),
        ),
        places={
            name: Place(name, databases / name / PGDATA, SUPERUSER, log=home / "log" / f"{name}-restore.log")
            for name in names
        },
        media={name: Path("/media") / name for name in names},
        holds={name: home / name / "restores" for name in names},
        record=note_in_sql,
        make_down=make_down,
        login=nowhere,
        superuser=None,
        record_load=record_load,
        forgetting=lambda name: f"`{COMPOSE} run --rm --no-deps restore python -m backups forget --service {name}`",
    )


def note_in_sql(scratch: Scratch, recovery_point: datetime, backup: Backup) -> None:
    """Makes the service refuse writes, where its own code is not at hand.

    docker/backup/restore.sh has that do the rest, `record_restore`, which finds this row; and makes it in data that is
    older than the table.
    """
    name = scratch.place.name
    if scratch.ask(name, "SELECT to_regclass('public.restores_restore')") != [(None,)]:
        scratch.ask(
            name,
            "INSERT INTO public.restores_restore (id, restored_at, recovery_point, backup, released_by, note)"
            " VALUES (gen_random_uuid(), now(), %s, %s, '', '')",
            recovery_point,
            backup.id,
        )


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def require_programs(*names: str) -> None:
    """Raises LocalError with what to install when one of the programs is missing."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        packages = " ".join(sorted({PROGRAMS[name] for name in missing}))
        raise LocalError(f"{' and '.join(missing)} not found; install: apt-get install {packages}")


def encryption_of(home: Path) -> Encryption | None:
    """The key that BACKUP_ENCRYPTION_KEY names, or named once for the backups in that folder.

    A command without the variable, as in somebody's own shell, must not write in clear what the others encrypt.
    """
    kept = home / "encryption_key"
    key = os.environ.get("BACKUP_ENCRYPTION_KEY") or (kept.read_text().strip() if kept.exists() else "")
    if not key:
        return None
    if not kept.exists() or kept.read_text().strip() != key:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept.write_text(f"{key}\n")
    passphrase = os.environ.get("BACKUP_PASSPHRASE_FILE")
    if passphrase and not Path(passphrase).is_file():
        raise LocalError(f"BACKUP_PASSPHRASE_FILE={passphrase} is no file.")
    return Encryption(key=key, passphrase=Path(passphrase).resolve() if passphrase else None)


def socket_url(folder: Path, name: str) -> str:
    """The address of the database and role of that name on the socket in the folder."""
    return f"postgres://{name}@/{name}?host={quote(str(folder))}&port={SCRATCH_PORT}"


def _make_down(platform: Platform, name: str) -> None:
    server = platform.postgres[name]
    deadline = time.monotonic() + DOWN_TIMEOUT
    while processes_in(server.data):
        if not runs(platform.root):
            stop_leftovers(server.data)
        elif time.monotonic() > deadline:
            raise LocalError(f"{name}: its database does not stop; see {server.process.log}.")
        time.sleep(0.1)
