"""Django's `migrate`, one process at a time, whoever starts it: a deployment's hook, a person, a second deployment.

Two at once would both see the same migrations missing, and one would fail in the middle. The lock is PostgreSQL's own,
held by the very session that migrates: it ends with that session, however it ends. A pooler that hands each transaction
to another session would break it, so DATABASE_URL must name the server itself here.
"""

import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import OperationalError, connections

LOCK = 0x6D69677261746520
"""`migrate ` in ASCII: the same in every release, apart from the locks on names, which are digests."""

WAIT_SECONDS = 600.0


class Command(MigrateCommand):
    help = f"{MigrateCommand.help} Waits for the database to be there, and while another process does the same."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--wait",
            type=float,
            default=WAIT_SECONDS,
            metavar="SECONDS",
            help="How long to wait for the database, and for another process that migrates (default %(default)g).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        give_up = time.monotonic() + options["wait"]
        self._wait_for_database(options["database"], seconds=options["wait"], give_up=give_up)
        with connections[options["database"]].cursor() as cursor:
            self._wait_for_turn(cursor, seconds=options["wait"], give_up=give_up)
            try:
                super().handle(*args, **options)
            finally:
                # Where the session is gone, so is its lock.
                if connections[options["database"]].is_usable():
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def _wait_for_database(self, database: str, *, seconds: float, give_up: float) -> None:
        """Whatever refuses may pass: a server that starts; a name, a role or a database that is not made yet."""
        told = ""
        while True:
            try:
                connections[database].ensure_connection()
            except OperationalError as error:
                reason = str(error).strip()
            else:
                return
            if time.monotonic() > give_up:
                raise CommandError(f"The database cannot be reached after {seconds:.0f} s: {reason}")
            if reason != told:
                self.stderr.write(f"Waiting for the database: {reason}")
                told = reason
            time.sleep(0.5)

    def _wait_for_turn(self, cursor: Any, *, seconds: float, give_up: float) -> None:
        """Asks again and again: one long wait would end by the role's `lock_timeout`."""
        told = False
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > give_up:
                raise CommandError(
                    f"Another process has been migrating this database for {seconds:.0f} s: look at what it does "
                    "(pg_stat_activity), or wait longer with --wait."
                )
            if not told:
                self.stderr.write("Another process migrates this database: waiting …")
                told = True
            time.sleep(0.2)
