"""gunicorn's threads, which never wait for a client.

gunicorn's own gthread worker reads a request in a thread of its pool: as many slow clients as there are threads stop
the service, and its `timeout` ends none of them. Here a thread gets a request that has arrived wholly, and leaves what
the client does not take at once: waiting, both ways, is the event loop's business and has a bound. It speaks plain
HTTP/1.1; TLS and HTTP/2 end at a proxy.
"""

import json
import os
import re
import selectors
import socket
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from chassis.policies import DATA_POLICY
from chassis.sizes import BODY_BYTES, HEAD_BYTES, UPLOAD_BYTES

HEAD_SECONDS = float(os.environ.get("WEB_HEAD_SECONDS", "10"))
"""From the connection, or the first byte of a later request on it, to the end of the headers."""
BODY_SECONDS = float(os.environ.get("WEB_BODY_SECONDS", "20"))
"""For a body, and for the client to take its answer, to which is added what they take at the slowest speed."""
SLOWEST_BYTES = int(os.environ.get("WEB_SLOWEST_BYTES", "65536"))
"""A second. With 20 seconds, 1 MiB may take 36 of them."""
LINGER_SECONDS = 2.0
"""How long a refused client may go on sending, so that it gets to read the refusal."""
UNSENT_BYTES = 16_777_216
"""Of one answer; what is larger makes its thread wait."""
WAITING_BYTES = 134_217_728
"""Of all requests and answers that wait for their clients in one process."""
READ_BYTES = 65_536

HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_FORM = re.compile(rb"\r\ncontent-type:[ \t]*multipart/form-data", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)


class Outlet(socket.socket):
    """A client's socket on which `sendall` does not wait: what the client does not take at once is kept in `unsent`.

    So is a head, for the body that follows it: sent by itself, it would wake the client for nothing. Where none
    follows, the loop sends it, like all that is left.
    """

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        self.unsent = bytearray()

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        self.unsent += data
        if not data.endswith(HEAD_END):
            self.send_more()
        if len(self.unsent) > UNSENT_BYTES:
            self._wait()

    def _wait(self) -> None:
        self.settimeout(BODY_SECONDS + len(self.unsent) / SLOWEST_BYTES)
        super().sendall(self.unsent)
        self.unsent.clear()

    def send_more(self) -> None:
        """Send what the client takes now. Raises `OSError` when it is gone."""
        while self.unsent:
            try:
                sent = self.send(memoryview(self.unsent)[:READ_BYTES], socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            del self.unsent[:sent]


class Connection(TConn):  # type: ignore[misc]
    """A client, what it has sent of its present request, and until when it may be waited for."""

    sock: Outlet

    def __init__(self, cfg: Any, sock: Outlet, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.deadline = 0.0
        self.awaited: int | None = None
        self.keep = False
        self.begin(b"")

    def begin(self, received: bytes) -> None:
        """Expect a request, of which this has arrived already."""
        self.received = bytearray(received)
        self.needed: int | None = None
        self.unread = False

    def has_request(self) -> bool:
        """Whether a thread can answer now without reading on.

        So it can when the body is larger than what is taken or has no length: it will be refused, and not read.
        """
        if self.needed is None:
            end = self.received.find(HEAD_END)
            if end < 0:
                return False
            self._read_head(end + 4)
        return self.needed is not None and len(self.received) >= self.needed

    def _read_head(self, end: int) -> None:
        head = bytes(self.received[: end - 2])
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if _CHUNKED.search(head) or length > (UPLOAD_BYTES if _FORM.search(head) else BODY_BYTES):
            self.needed, self.unread = end, True
            return
        self.needed = end + length
        if len(self.received) < self.needed:
            self.deadline = time.monotonic() + BODY_SECONDS + length / SLOWEST_BYTES
            if expected := _EXPECT.search(head):
                # The client waits for this before it sends its body; gunicorn would say it too late.
                del self.received[expected.start() : expected.end()]
                self.needed -= expected.end() - expected.start()
                with suppress(OSError):  # it is gone: who reads on will be told
                    self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    self.sock.send_more()


class Worker(ThreadWorker):  # type: ignore[misc]
    """A pool of threads behind a loop that gathers requests and hands out answers."""

    poller: selectors.BaseSelector

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In the order in which they began to wait.
        self.waiting: dict[Connection, None] = {}
        self.swept_at = 0.0

    # Requests come in

    def accept(self, listener: Any) -> None:
        try:
            accepted, client = listener.accept()
        except OSError:
            return  # gone, or another worker's
        if self.nr_conns >= self.worker_connections - 1 and self.waiting:
            self._drop(next(iter(self.waiting)))  # the newest may be the one that is not slow
        self.nr_conns += 1
        outlet = Outlet(accepted)
        outlet.setblocking(False)
        self._gather(Connection(self.cfg, outlet, client, listener.getsockname()))

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """Begin to gather the next request of a connection that was kept alive."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def _gather(self, conn: Connection) -> None:
        conn.deadline = time.monotonic() + HEAD_SECONDS
        if conn.has_request():
            self.enqueue_req(conn)
        else:
            self._receive(conn)  # it mostly is there already

    def _receive(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            self._wait(conn, selectors.EVENT_READ, self._receive)
            return
        except OSError:
            data = b""
        conn.received += data
        if not data:
            self._drop(conn)
        elif conn.has_request():
            self._end_wait(conn)
            self.enqueue_req(conn)
        elif conn.needed is None and len(conn.received) > HEAD_BYTES:
            self._end_wait(conn)
            refuse(conn.sock, errors.LimitRequestHeaders(""))
            self._answered(conn)
        else:
            self._wait(conn, selectors.EVENT_READ, self._receive)

    def handle(self, conn: Connection) -> Any:
        """Answer, in a thread of the pool, a request that has arrived."""
        conn.init()
        conn.parser.unreader.unread(bytes(conn.received))
        conn.received.clear()
        conn.data_ready = True
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        if conn.unread:
            req.force_close()  # the answer says so too
        return super().handle_request(req, conn)

    # Answers go out

    def finish_request(self, conn: Connection, fs: "Future[Any]") -> None:
        conn.keep = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        self._answered(conn)

    def _answered(self, conn: Connection) -> None:
        conn.received.clear()
        try:
            conn.sock.setblocking(False)
        except OSError:
            self._close(conn)
            return
        if conn.sock.unsent:
            conn.deadline = time.monotonic() + BODY_SECONDS + len(conn.sock.unsent) / SLOWEST_BYTES
            self._wait(conn, selectors.EVENT_WRITE, self._send)
        else:
            self._sent(conn)

    def _send(self, conn: Connection) -> None:
        try:
            conn.sock.send_more()
        except OSError:
            self._drop(conn)
            return
        if not conn.sock.unsent:
            self._end_wait(conn)
            self._sent(conn)

    def _sent(self, conn: Connection) -> None:
        if not conn.keep:
            self._linger(conn)
            return
        conn.begin(conn.parser.unreader.take_buffered())
        if conn.received:
            self._gather(conn)
            return
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))

    def _linger(self, conn: Connection) -> None:
        """Close once the client has closed too: at once, what it was sent could be lost with what it still sends."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.deadline = time.monotonic() + LINGER_SECONDS
        self._discard(conn)

    def _discard(self, conn: Connection) -> None:
        try:
            gone = not conn.sock.recv(READ_BYTES)
        except BlockingIOError:
            gone = False
        except OSError:
            gone = True
        if gone:
            self._drop(conn)
        else:
            self._wait(conn, selectors.EVENT_READ, self._discard)

    # Waiting has an end

    def _wait(self, conn: Connection, event: int, then: Callable[[Connection], None]) -> None:
        def ready(_sock: Any) -> None:
            # Another's arrival in the same turn of the loop may have made room of it.
            if conn in self.waiting:
                then(conn)

        if conn not in self.waiting:
            self.waiting[conn] = None
            self.poller.register(conn.sock, event, ready)

    def _end_wait(self, conn: Connection) -> None:
        if conn in self.waiting:
            del self.waiting[conn]
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._end_wait(conn)
        self._close(conn)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Cut off whoever was waited for long enough. Called at every turn of the loop."""
        now = time.monotonic()
        if now < self.swept_at + 0.5:
            return
        self.swept_at = now
        late, kept = [], 0
        for conn in reversed(self.waiting):  # the newest may stay longest
            held = len(conn.received) + len(conn.sock.unsent)
            kept += held
            if conn.deadline < now or kept > WAITING_BYTES or not (held or self.alive):
                late.append(conn)
        slow = sum(1 for conn in late if conn.received or conn.sock.unsent)
        for conn in late:
            self._drop(conn)
        if slow:
            self.log.warning("slow clients cut off: %s", slow)

    def handle_error(self, req: Any, client: Outlet, addr: Any, exc: BaseException) -> None:
        """Answer what never reached Django. gunicorn's own way would log the address and quote the headers."""
        if isinstance(exc, errors.ParseException):
            self.log.warning("request refused: %s", type(exc).__name__)
        else:
            self.log.error("request not answered", exc_info=exc)
        refuse(client, exc)


_REFUSALS = {
    errors.LimitRequestLine: (414, "URI Too Long", "address_too_long", "The address is too long."),
    errors.LimitRequestHeaders: (
        431, "Request Header Fields Too Large", "head_too_large", "The headers of the request are too large."
    ),
    errors.UnsupportedTransferCoding: (
        501, "Not Implemented", "not_implemented", "This way to transfer a body is not known here."
    ),
    errors.ExpectationFailed: (417, "Expectation Failed", "expectation_failed", "This cannot be expected here."),
    errors.ParseException: (400, "Bad Request", "bad_request", "The request could not be understood."),
    BaseException: (500, "Internal Server Error", "internal_error", "Something went wrong here. It has been recorded."),
}  # fmt: skip


def refuse(sock: Outlet, exc: BaseException) -> None:
    """Send a problem, with the headers that any answer has, on a connection that ends with it."""
    kind = next(kind for kind in type(exc).__mro__ if kind in _REFUSALS)
    status, title, code, detail = _REFUSALS[kind]
    ident = uuid.uuid4().hex
    problem = {"type": f"/problems/{code}", "title": title, "status": status, "code": code, "detail": detail}
    body = json.dumps({**problem, "errors": [], "request_id": ident}).encode()
    head = (
        f"HTTP/1.1 {status} {title}\r\nServer: gunicorn\r\nConnection: close\r\nX-Request-ID: {ident}\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: same-origin\r\n"
        f"Cross-Origin-Opener-Policy: same-origin\r\nContent-Security-Policy: {DATA_POLICY}\r\n\r\n"
    )
    try:
        sock.sendall(head.encode() + body)
    except OSError:
        return  # gone without waiting for an answer
