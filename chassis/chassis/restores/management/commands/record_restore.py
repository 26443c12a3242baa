from datetime import UTC, datetime
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chassis.database.management.commands.migrate import WAIT_SECONDS
from chassis.restores.models import Restore
from chassis.restores.services import record


class Command(BaseCommand):
    help = (
        "Migrate a restored database, and note in it how far back it went; the service refuses to write until that is "
        "released."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--recovery-point", required=True, help="Holds what was committed until then (RFC 3339).")
        parser.add_argument(
            "--wait",
            type=float,
            default=WAIT_SECONDS,
            metavar="SECONDS",
            help="As of `migrate`, done first.",
        )
        parser.add_argument("--backup", default="", help="What it was restored from, for people.")

    def handle(self, *args: Any, recovery_point: str, backup: str, wait: float, **options: Any) -> None:
        try:
            moment = datetime.fromisoformat(recovery_point)
        except ValueError as error:
            raise CommandError(f"--recovery-point {recovery_point!r} is no time like 2026-11-22T14:05:00Z.") from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        # Its tables may be older than this release, and this command's own be missing.
        call_command("migrate", interactive=False, verbosity=0, wait=wait)
        # Noted already by an upgrade of before, or by SQL as a restore in containers does. The note lies in the
        # restored data itself, so that another restore to the same moment takes it away.
        noted = Restore.objects.filter(recovery_point=moment).first()
        restore = noted or record(recovery_point=moment, backup=backup)
        writes = "let through: it was released" if restore.released_at else "refused until it is released"
        self.stdout.write(f"{restore.pk}: restored {restore}; writes are {writes}.")
