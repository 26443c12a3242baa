import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chassis.jobs.worker import Worker


class Command(BaseCommand):
    help = "Run background jobs until SIGTERM or SIGINT; what is running then is finished first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=4, help="Jobs run side by side (default 4).")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(threads=options["threads"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run_forever()
