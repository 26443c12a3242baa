"""A server that speaks Mailjet's Send API v3.1 as documented, for tests: `with mailjet_server() as mailjet: …`.

Point `settings.MAILJET_URL` at `mailjet.url`. `mailjet.fail_next(…)` makes the next calls fail as Mailjet, or the
network in front of it, would. A repeated `Idempotency-Key` is answered as the first was, and delivers nothing.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "test-key"
API_SECRET = "test-secret"


@dataclass
class Failure:
    """One answer in place of the right one; `delay` (seconds) passes before it, also where it is the right one."""

    status: int | None = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0


@dataclass
class FakeMailjet:
    """What the server was told and has taken. `delivered` holds each message once."""

    url: str = ""
    delivered: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fail_next(self, failure: Failure, *, times: int = 1) -> None:
        self.failures += [failure] * times

    def refuse(self, address: str, *, code: str = "mj-0013", status: int = 400, message: str = "") -> None:
        """Refuse messages to `address`: by default as Mailjet does an address that is none."""
        self.refused[address] = {
            "ErrorIdentifier": str(uuid.uuid4()),
            "ErrorCode": code,
            "StatusCode": status,
            "ErrorMessage": message or f'"{address}" is an invalid email address.',
            "ErrorRelatedTo": ["To[0].Email"],
        }

    def take(self, authorization: str, key: str, raw: bytes) -> tuple[int, dict[str, Any]]:
        """Decide on one call: its status and body."""
        expected = base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, _global_error("mj-0015", 401, "API key authentication/authorization failure.")
        try:
            messages = json.loads(raw)["Messages"]
            if not isinstance(messages, list) or not messages:
                raise ValueError("no messages")
        except (ValueError, KeyError, TypeError):
            return 400, _global_error("mj-0002", 400, "Malformed JSON, please review the syntax and properties types.")
        with self.lock:
            if key and key in self.answers:
                return self.answers[key]
            results = [self._result(message) for message in messages]
            all_failed = all(result["Status"] == "error" for result in results)
            answer = (results[0]["Errors"][0]["StatusCode"] if all_failed else 200), {"Messages": results}
            if key and not all_failed:
                self.answers[key] = answer
        return answer

    def _result(self, message: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in ("From", "To", "Subject") if not message.get(name)]
        if missing or not (message.get("TextPart") or message.get("HTMLPart") or message.get("TemplateID")):
            error = {
                "ErrorIdentifier": str(uuid.uuid4()),
                "ErrorCode": "send-0003",
                "StatusCode": 400,
                "ErrorMessage": 'At least "HTMLPart", "TextPart" or "TemplateID" must be provided.',
                "ErrorRelatedTo": missing or ["HTMLPart", "TemplateID", "TextPart"],
            }
            return {"Status": "error", "Errors": [error]}
        for person in message["To"]:
            if person["Email"] in self.refused:
                return {"Status": "error", "Errors": [self.refused[person["Email"]]]}
        self.delivered.append(message)
        return {
            "Status": "success",
            "CustomID": message.get("CustomID", ""),
            "To": [
                {
                    "Email": person["Email"],
                    "MessageUUID": str(uuid.uuid4()),
                    "MessageID": len(self.delivered),
                    "MessageHref": f"https://api.mailjet.com/v3/message/{len(self.delivered)}",
                }
                for person in message["To"]
            ],
            "Cc": [],
            "Bcc": [],
        }


def _global_error(code: str, status: int, message: str) -> dict[str, Any]:
    return {"ErrorIdentifier": str(uuid.uuid4()), "ErrorCode": code, "StatusCode": status, "ErrorMessage": message}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    mailjet: FakeMailjet

    def do_POST(self) -> None:  # named by http.server
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.mailjet.calls.append({name.lower(): value for name, value in self.headers.items()})
        failure = self.mailjet.failures.pop(0) if self.mailjet.failures else Failure()
        time.sleep(failure.delay)
        if self.path != "/v3.1/send":
            self._answer(404, json.dumps(_global_error("mj-0008", 404, "Resource not found")).encode(), {})
        elif failure.status is not None:
            self._answer(failure.status, failure.body or b"{}", failure.headers)
        else:
            key = self.headers.get("Idempotency-Key", "")
            status, body = self.mailjet.take(self.headers.get("Authorization", ""), key, raw)
            self._answer(status, json.dumps(body).encode(), {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that gave up waiting is not this server's error."""


@contextmanager
def mailjet_server() -> Iterator[FakeMailjet]:
    """Serve on a free port of the loopback interface until the block ends."""
    mailjet = FakeMailjet()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"mailjet": mailjet}))
    mailjet.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield mailjet
    finally:
        server.shutdown()
        server.server_close()
