"""What a worker answers to those who watch it: it serves nobody else."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from chassis.health import refused_metrics
from chassis.jobs.worker import Worker
from chassis.metrics import exposition

STALLED_SECONDS = 60.0
"""A worker whose loop has not gone round for so long does not live."""
CLIENT_SECONDS = 10.0


def listen(worker: Worker, *, port: int) -> ThreadingHTTPServer:
    """Answer `/livez`, `/readyz` and `/metrics` on a port until `shutdown()`. Raises `OSError` when it is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = CLIENT_SECONDS

        def do_GET(self) -> None:
            status, kind, body = _answer(worker, self.path, self.headers.get("Authorization", ""))
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Probes are no news."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="listener", daemon=True).start()
    return server


def _answer(worker: Worker, path: str, authorization: str) -> tuple[int, str, bytes]:
    match path:
        case "/livez":
            stalled = time.monotonic() - worker.turned_at > STALLED_SECONDS
            return _status("the worker stands still" if stalled else "")
        case "/readyz":
            return _status("" if worker.ready else "the database does not answer")
        case "/metrics":
            refusal = refused_metrics(authorization)
            if refusal is None:
                return 200, CONTENT_TYPE_LATEST, exposition(database=False)
            return refusal, "application/json", b"{}"
    return 404, "application/json", b"{}"


def _status(reason: str) -> tuple[int, str, bytes]:
    body = {"status": "unavailable", "reason": reason} if reason else {"status": "ok"}
    return (503 if reason else 200), "application/json", json.dumps(body).encode()
