"""gunicorn's settings for every service: threads, because requests mostly wait for PostgreSQL or another service.

None of them waits for a client: see `chassis.gunicorn_worker`.
"""

import gc
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

METRICS_PREFIX = "shop-metrics-"


def _metrics_folder() -> str:
    """A new folder in which this server's processes count; those of servers that were killed are removed."""
    for left in Path(tempfile.gettempdir()).glob(f"{METRICS_PREFIX}*"):
        owner = left.name.removeprefix(METRICS_PREFIX).partition("-")[0]
        # Another server that starts now may remove it first.
        with suppress(FileNotFoundError):
            if left.stat().st_uid == os.getuid() and not Path("/proc", owner).exists():
                shutil.rmtree(left, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"{METRICS_PREFIX}{os.getpid()}-")


# Before anything that counts is imported: see `chassis.metrics`. Read anew at SIGHUP, the folder stays.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics_folder()

# A server whose project says which it is needs no argument.
if "DJANGO_SETTINGS_MODULE" in os.environ:
    wsgi_app = f"{os.environ['DJANGO_SETTINGS_MODULE'].removesuffix('.settings')}.wsgi"

worker_class = "chassis.gunicorn_worker.Worker"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
keepalive = 75
timeout = 60
graceful_timeout = 25
# How long, after SIGTERM, new requests are still answered while /readyz says that there shall be none.
drain_seconds = int(os.environ.get("WEB_DRAIN_SECONDS", "0"))
# Whom to believe about the caller's scheme and address is Django's setting TRUSTED_PROXIES, for any kind of server. No
# header may say it to gunicorn, from whatever address: so it need not parse that at each request.
forwarded_allow_ips = "*"
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Would write past what keeps an answer for a slow client.
sendfile = False
# Loaded once, then forked: the code's memory is shared. A single worker has nobody to share it with, and its parent
# would only keep a copy of all that changes.
preload_app = workers > 1
# All gunicorns of a machine would share one path.
control_socket_disable = True
# The application writes its own access line, with the request's id.
accesslog = None
errorlog = "-"
loglevel = "warning"


def when_ready(server: Any) -> None:
    if preload_app:
        _keep_what_was_loaded()
    if drain_seconds:
        _drain_at_sigterm(server)


def post_worker_init(worker: Any) -> None:
    if not preload_app:
        _keep_what_was_loaded()


def _keep_what_was_loaded() -> None:
    """Take it out of the garbage collector's way, which would find nothing; its pages stay shared after a fork."""
    gc.collect()
    gc.freeze()


def _drain_at_sigterm(server: Any) -> None:
    """Have the first SIGTERM be a notice: whoever balances the load sees it in /readyz before the door closes."""
    from chassis.draining import stopping  # noqa: PLC0415 - its workers share what is made before they are forked

    def close(_number: int, _frame: Any) -> None:
        server.SIG_QUEUE.put_nowait(signal.SIGTERM)

    def drain(_number: int, _frame: Any) -> None:
        stopping[0] = 1
        signal.signal(signal.SIGTERM, close)
        signal.signal(signal.SIGALRM, close)
        signal.alarm(drain_seconds)

    signal.signal(signal.SIGTERM, drain)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges of a process that is gone; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - after the folder is named

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
