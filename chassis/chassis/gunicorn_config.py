"""gunicorn's settings for every service: threads, because requests mostly wait for PostgreSQL or another service.

None of them waits for a client: see `chassis.gunicorn_worker`.
"""

import gc
import os
from typing import Any

worker_class = "chassis.gunicorn_worker.Worker"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
keepalive = 75
timeout = 60
graceful_timeout = 25
# Whom to believe about the caller's scheme and address is Django's setting TRUSTED_PROXIES, for any kind of server.
forwarded_allow_ips = ""
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Would write past what keeps an answer for a slow client.
sendfile = False
# Loaded once, then forked: the code's memory is shared.
preload_app = True
# All gunicorns of a machine would share one path.
control_socket_disable = True
# The application writes its own access line, with the request's id.
accesslog = None
errorlog = "-"
loglevel = "warning"


def when_ready(server: Any) -> None:
    """Keep what was loaded before the fork out of the garbage collector's way, so that its pages stay shared."""
    gc.collect()
    gc.freeze()
