"""What a drill does to a database, and how it tells whether everything is back."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]

from local.platform import Platform
from local.postgres import processes_in
from local.services import ROOT

WRITTEN_AS_TIME_PASSES = {"jobs_schedule", "identity_publishedkeys", "gateways_servicetoken", "django_session"}
WRITTEN_BY_A_RESTORE = {"restores_restore", "django_migrations", "django_content_type", "auth_permission"}

Contents = dict[str, tuple[int, int]]
"""How many rows each table has, and a digest of them all."""


@dataclass
class Moment:
    """What the database held at a time that nothing was committed around."""

    at: datetime
    contents: Contents


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    output: str
    seconds: float

    def line(self, text: str) -> str:
        found = [line for line in self.output.splitlines() if text in line]
        assert found, f"no line has {text!r}:\n{self.output}"
        return found[0]


@dataclass
class Drill:
    """A service's database under drill, and the commands that an operator has."""

    platform: Platform
    service: str
    environment: dict[str, str] = field(default_factory=dict)
    batches: int = 0

    # Commands

    def variables(self) -> dict[str, str]:
        ports = {f"{name.upper()}_PORT": str(port) for name, port in self.platform.ports.web.items()}
        ports |= {f"{name.upper()}_DATABASE_PORT": str(port) for name, port in self.platform.ports.databases.items()}
        return os.environ | ports | {"PLATFORM_FOLDER": str(self.platform.root)} | self.environment

    def command(self, *arguments: str, within: Sequence[str] = ()) -> Done:
        """Runs `python -m backups …` for the service, to its end."""
        started = time.monotonic()
        done = subprocess.run(
            [*within, sys.executable, "-m", "backups", *arguments, "--service", self.service],
            cwd=ROOT,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(f"$ backups {' '.join(arguments)} --service {self.service}\n{done.stdout}", flush=True)
        return Done(done.returncode, done.stdout, time.monotonic() - started)

    def take(self, kind: str | None = None) -> Done:
        return self.succeeds("take", *([] if kind is None else ["--type", kind]))

    def restore(self, at: datetime | None = None) -> Done:
        done = self.succeeds("restore", "--at", "latest" if at is None else at.isoformat())
        self.wait_until_back()
        return done

    def succeeds(self, *arguments: str) -> Done:
        done = self.command(*arguments)
        assert done.code == 0, done.output
        return done

    def killed(self, *arguments: str, when: Callable[[], bool], alone: bool = False) -> None:
        """Starts the command, and kills it as soon as something is the case: with all its children, unless `alone`."""
        child = subprocess.Popen(
            [sys.executable, "-m", "backups", *arguments, "--service", self.service],
            cwd=ROOT,
            env=self.variables(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_for(lambda: when() or child.poll() is not None, pause=0.002)
            assert child.poll() is None, "it ended before it could be killed"
        finally:
            (os.kill if alone else os.killpg)(child.pid, signal.SIGKILL)
            child.wait()

    def fails(self, *arguments: str, killing: Callable[[], list[int]]) -> Done:
        """Runs a command, and kills the processes that are found as soon as there are any; fails unless it fails."""
        killed = []

        def kill() -> bool:
            killed.extend(killing())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            return bool(killed)

        watcher = threading.Thread(target=lambda: wait_for(kill, pause=0.002))
        watcher.start()
        done = self.command(*arguments)
        watcher.join()
        assert killed, done.output
        assert done.code == 1, done.output
        return done

    def programs(self, *named: str) -> list[int]:
        """What runs by one of these names on this platform, for this service."""
        return [
            int(entry.name)
            for entry in Path("/proc").glob("[0-9]*")
            if (command := _command(entry))
            and any(Path(part).name in named for part in command[:2])
            and any(part.startswith(str(self.platform.root)) for part in command)
            and any(part == self.service or part.startswith(f"{self.backups}/") for part in command)
        ]

    # The data

    @property
    def folder(self) -> Path:
        return self.platform.postgres[self.service].folder

    @property
    def data(self) -> Path:
        return self.platform.postgres[self.service].data

    @property
    def backups(self) -> Path:
        return self.platform.root / "backups" / self.service

    def connect(self) -> Any:
        return psycopg2.connect(
            self.platform.database_url(self.service), connect_timeout=5, options="-c statement_timeout=60s"
        )

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def load(self, rows: int = 3000) -> None:
        """Commits new rows, changes old ones, and deletes some."""
        self.batches += 1
        self.ask(
            "CREATE TABLE IF NOT EXISTS drill (id bigserial PRIMARY KEY, batch int NOT NULL, content text NOT NULL,"
            " committed_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        self.ask("CREATE INDEX IF NOT EXISTS drill_batch ON drill (batch)")
        self.ask(
            "INSERT INTO drill (batch, content) SELECT %s, repeat(md5(n::text || %s), 8) FROM generate_series(1, %s) n",
            *(self.batches, str(self.batches), rows),
        )
        self.ask("UPDATE drill SET content = content || '.' WHERE batch < %s AND id %% 50 = 0", self.batches)
        self.ask("DELETE FROM drill WHERE batch < %s AND id %% 97 = 0", self.batches)

    def contents(self) -> Contents:
        names = [
            name
            for (name,) in self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            if name not in WRITTEN_AS_TIME_PASSES | WRITTEN_BY_A_RESTORE
        ]
        one = "SELECT '{0}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {0} t"
        found = self.ask(" UNION ALL ".join(one.format(name) for name in names))
        return {name: (int(rows), int(digest)) for name, rows, digest in found}

    def moment(self) -> Moment:
        """Now, with a pause on both sides of it."""
        time.sleep(0.2)
        contents = self.contents()
        at = self.ask("SELECT clock_timestamp()")[0][0]
        time.sleep(0.2)
        return Moment(at.astimezone(UTC), contents)

    def release(self) -> None:
        """As reconcile does when it has finished."""
        self.ask("UPDATE restores_restore SET released_at = now(), note = 'drill' WHERE released_at IS NULL")

    # The server

    def wait_until_back(self) -> None:
        wait_for(self.answers, seconds=60)

    def answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == [(1,)]
        except psycopg2.Error:
            return False

    def scratch_server(self) -> list[int]:
        """What runs on the data that a restore builds."""
        return processes_in(self.folder / "data.building")

    def catalogue(self) -> list[str]:
        """The ids of all backups that have a folder, the oldest first."""
        return sorted(path.name for path in (self.backups / "base").iterdir())

    def unfinished_backup(self) -> bool:
        """Whether a backup is being copied."""
        unfinished = [
            path.name.removesuffix("-backup.info")
            for path in (self.backups / "meta").glob("*-backup.info")
            if re.search("^status=(STARTED|EMPTY)", path.read_text(), re.MULTILINE)
        ]
        return any((self.backups / "base" / ident / "data" / "PG_VERSION").exists() for ident in unfinished)


def _command(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []  # it has just ended


class Writer:
    """Commits a row every few milliseconds, and knows until when each was acknowledged."""

    def __init__(self, drill: Drill) -> None:
        self.drill = drill
        self.acknowledged: dict[int, datetime] = {}
        self._ended = threading.Event()
        drill.ask("CREATE TABLE IF NOT EXISTS drill_writes (id int PRIMARY KEY)")
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> "Writer":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        connection = self.drill.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            number = 0
            while not self._ended.is_set():
                number += 1
                try:
                    cursor.execute("INSERT INTO drill_writes VALUES (%s)", [number])
                except psycopg2.Error:
                    return
                self.acknowledged[number] = datetime.now(UTC)
                time.sleep(0.002)


def wait_for(condition: Callable[[], bool], *, seconds: float = 120, pause: float = 0.05) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(pause)
