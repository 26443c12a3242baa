"""Plain SQL: a dump that recreates a service's tables and data anywhere, and its way back in."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import psycopg2  # type: ignore[import-untyped]
from psycopg2 import sql

from backups.barman import Say
from local.errors import LocalError
from local.postgres import binaries

HEADER = "-- Mylittleshopping dump of {name}; holds what was committed until {moment}\n"
END, END_BYTES = b"-- PostgreSQL database dump complete", 4096
"""What pg_dump says at the end, and within how many bytes of it."""
SETTINGS = """
SELECT format('ALTER ROLE %%I IN DATABASE %%I SET %%s TO %%L', current_user, %s,
              split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1))
  FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
  JOIN pg_roles r ON r.oid = s.setrole, unnest(setconfig) AS setting
 WHERE d.datname = current_database() AND r.rolname = current_user
"""


@dataclass(frozen=True)
class Login:
    """A database, and who owns it."""

    host: str
    port: int
    user: str
    password: str
    database: str

    @classmethod
    def of(cls, url: str) -> "Login":
        parts = urlsplit(url)
        return cls(
            parts.hostname or "",
            parts.port or 5432,
            parts.username or "",
            unquote(parts.password or ""),
            parts.path[1:],
        )

    @property
    def environment(self) -> Mapping[str, str]:
        plain = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        return plain | {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            # The role's own bounds are for requests.
            "PGOPTIONS": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
        }


def dump(name: str, login: Login, file: Path, *, say: Say) -> int:
    """Writes the dump to the file, whole or not at all; returns its size. Raises LocalError when it fails."""
    if file.is_dir():
        raise LocalError(f"{name}: FILE={file} is a folder; name the file.")
    half_written = file.with_name(f"{file.name}.new")
    say(f"{name}: dumping to {file} …")
    moment = datetime.now(UTC)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(HEADER.format(name=name, moment=moment.isoformat(timespec="seconds")))
            out.flush()
            done = subprocess.run(
                [binaries() / "pg_dump", "--no-owner", "--no-privileges", "--lock-wait-timeout=10s"],
                stdout=out,
                stderr=subprocess.PIPE,
                env=login.environment,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise LocalError(f"{name}: pg_dump failed: {done.stderr.strip()[:1000]}")
        with half_written.open("a") as out:
            os.fsync(out.fileno())
        half_written.replace(file)
    except OSError as error:
        raise LocalError(f"{name}: {file} cannot be written: {error.strerror}") from error
    finally:
        half_written.unlink(missing_ok=True)
    return file.stat().st_size


def moment_of(name: str, file: Path) -> datetime:
    """Until when the dump holds what was committed.

    Raises LocalError for a file that is no dump of ours, of another service's, or not whole.
    """
    try:
        with file.open("rb") as content:
            first = content.readline(1000).decode(errors="replace")
            content.seek(max(0, file.stat().st_size - END_BYTES))
            whole = END in content.read()
    except OSError as error:
        raise LocalError(f"{file} cannot be read: {error}") from error
    found = re.match(r"-- Mylittleshopping dump of (\w+); holds what was committed until (\S+)", first)
    if found is None:
        raise LocalError(f"{file} is no dump that `make dump` wrote.")
    if found[1] != name:
        raise LocalError(f"{file} is a dump of {found[1]}, not of {name}.")
    if not whole:
        raise LocalError(f"{file} is not whole: pg_dump's last words are missing.")
    return datetime.fromisoformat(found[2])


def load(name: str, login: Login, superuser: Login, file: Path, *, say: Say, record: Callable[[str], None]) -> str:
    """Loads the dump into a new database, in one transaction, and swaps it with the service's.

    Returns the name of the old one, which is kept. Raises LocalError, and nothing is changed, when the dump does not
    load whole.
    """
    fresh, kept = f"{login.database}_loading", f"{login.database}_replaced_{datetime.now(UTC):%Y%m%dt%H%M%S}"
    with _Connected(superuser) as cursor:
        _run(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
        _run(cursor, "CREATE DATABASE {} OWNER {} TEMPLATE template0", fresh, login.user)
        _run(cursor, "REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC", fresh)
        say(f"{name}: loading {file} …")
        try:
            _load(name, Login(login.host, login.port, login.user, login.password, fresh), file)
            for statement in _role_settings(login, fresh):
                cursor.execute(statement)
            record(f"postgres://{login.user}:{quote(login.password)}@{login.host}:{login.port}/{fresh}")
        except LocalError:
            _run(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", fresh)
            raise
        say(f"{name}: swapping the databases …")
        _swap(cursor, login.database, fresh, kept)
    return kept


def _load(name: str, login: Login, file: Path) -> None:
    done = subprocess.run(
        [binaries() / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", file],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=login.environment,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalError(f"{name}: {file} does not load; nothing was changed. {done.stderr.strip()[:1000]}")


def _role_settings(login: Login, database: str) -> list[str]:
    """The time-outs of the role, which belong to the database and are in no dump."""
    with _Connected(login) as cursor:
        cursor.execute(SETTINGS, [database])
        return [row[0] for row in cursor.fetchall()]


def _swap(cursor: "psycopg2.extensions.cursor", database: str, fresh: str, kept: str) -> None:
    """Both renames in one transaction, with everybody sent away; the services answer 503 for that moment."""
    _run(cursor, "ALTER DATABASE {} ALLOW_CONNECTIONS false", database)
    try:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname IN (%s, %s)", [database, fresh]
        )
        cursor.execute("BEGIN")
        _run(cursor, "ALTER DATABASE {} RENAME TO {}", database, kept)
        _run(cursor, "ALTER DATABASE {} RENAME TO {}", fresh, database)
        cursor.execute("COMMIT")
    except psycopg2.Error as error:
        cursor.execute("ROLLBACK")
        _run(cursor, "ALTER DATABASE {} ALLOW_CONNECTIONS true", database)
        raise LocalError(f"The databases could not be swapped; the old one goes on. {error}") from error


def forget_replaced(superuser: Login, database: str) -> list[str]:
    """Drops the databases that loads have put aside; returns their names."""
    with _Connected(superuser) as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s ORDER BY 1", [rf"^{database}_replaced_\d{{8}}t\d{{6}}$"]
        )
        names = [row[0] for row in cursor.fetchall()]
        for name in names:
            _run(cursor, "DROP DATABASE {}", name)
    return names


def _run(cursor: "psycopg2.extensions.cursor", query: str, *names: str) -> None:
    cursor.execute(sql.SQL(query).format(*map(sql.Identifier, names)))


class _Connected:
    """A cursor in autocommit mode, closed with its connection."""

    def __init__(self, login: Login) -> None:
        try:
            self._connection = psycopg2.connect(
                host=login.host,
                port=login.port,
                user=login.user,
                password=login.password,
                dbname=login.database,
                connect_timeout=5,
                options="-c statement_timeout=0",
            )
        except psycopg2.OperationalError as error:
            said = str(error).strip().splitlines()[-1]
            raise LocalError(f"The database of {login.user} does not answer; is the platform up? {said}") from error
        self._connection.autocommit = True

    def __enter__(self) -> "psycopg2.extensions.cursor":
        return self._connection.cursor()

    def __exit__(self, *_error: object) -> None:
        self._connection.close()
