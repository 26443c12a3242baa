"""A real HTTP server on the loopback interface, whose answers a test writes as it likes."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int


@dataclass
class Loopback:
    """Where the server is, what it has received, and the function that answers."""

    url: str
    answer: Callable[["Exchange"], object]
    received: list[Received] = field(default_factory=list)


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer; the test decides what is sent, and how badly."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    loopback: Loopback
    request_body: bytes

    def reply(self, status: int = 200, body: Any = None, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def handle_any(self) -> None:
        self.request_body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.loopback.received.append(
            Received(self.command, self.path, dict(self.headers), self.request_body, self.client_address[1])
        )
        self.loopback.answer(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that gave up are what these tests are about."""


@contextmanager
def serving(answer: Callable[[Exchange], object]) -> Iterator[Loopback]:
    """Serve on a free port until the block ends."""
    loopback = Loopback(url="", answer=answer)
    server = _Server(("127.0.0.1", 0), type("BoundExchange", (Exchange,), {"loopback": loopback}))
    loopback.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
