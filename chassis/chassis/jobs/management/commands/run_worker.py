import os
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from chassis import tracing
from chassis.jobs.listener import listen
from chassis.jobs.worker import Worker
from chassis.wsgi import START


class Command(BaseCommand):
    help = "Run background jobs until SIGTERM or SIGINT; what is running then is finished first."
    # As a web process does. All checks would load every view and serializer, a tenth of the worker's memory.
    requires_system_checks = (START,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--threads", type=int, default=4, help="Jobs run side by side (default 4).")
        parser.add_argument(
            "--port",
            type=int,
            default=int(os.environ.get("WORKER_PORT", "0")),
            help="Where /livez, /readyz and /metrics are answered (default WORKER_PORT, or nowhere).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tracing.start(settings.SERVICE_NAME)
        worker = Worker(threads=options["threads"])
        if options["port"]:
            listen(worker, port=options["port"])
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.run_forever()
