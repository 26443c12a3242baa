"""The four services as loopback servers that answer as told; the platform's own tests use the real ones."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings

from chassis.http import ServiceSession
from chassis.testing import make_token
from gateways import audits, calls, service_token, tasks
from storefront import composition

SCOPES = ["inventory.reserve", "orders.checkout", "payments.charge", "auth.forward_address"]


@dataclass(frozen=True)
class Received:
    """A request as a service saw it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any


@dataclass
class FakeService:
    """Answers `METHOD /path?query`, else `METHOD /path`, as told; 404 problem for the rest."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: dict[str, tuple[int, Any, dict[str, str]]] = field(default_factory=dict)
    pause: float = 0.0
    """Seconds before each answer."""

    def tell(self, call: str, status: int, body: Any = None, **headers: str) -> None:
        """Answer `call` ("GET /path") with a JSON body, or with text as it is."""
        self.answers[call] = (status, body, headers)

    def asked(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.received]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: FakeService

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = urlsplit(self.path)
        self.service.received.append(
            Received(
                self.command, parts.path, parts.query, dict(self.headers.items()), json.loads(raw) if raw else None
            )
        )
        time.sleep(self.service.pause)
        missing: tuple[int, Any, dict[str, str]] = (404, problem("not_found", 404), {})
        anything = self.service.answers.get(f"{self.command} {parts.path}", missing)
        status, body, headers = self.service.answers.get(f"{self.command} {self.path}", anything)
        content = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        return


def problem(code: str, status: int, **data: Any) -> dict[str, Any]:
    return {
        "type": f"/problems/{code}",
        "title": "Refused",
        "status": status,
        "code": code,
        "detail": f"It is {code}.",
        "errors": [],
        "request_id": "",
        **data,
    }


@dataclass
class Services:
    """All four, and how to take one away."""

    auth: FakeService
    inventory: FakeService
    orders: FakeService
    payment: FakeService


@pytest.fixture
def services(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    servers, fakes = [], {}
    for name in ("auth", "inventory", "orders", "payment"):
        fake = FakeService()
        handler = type("Handler", (_Handler,), {"service": fake})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        fake.url = f"http://127.0.0.1:{server.server_port}"
        setattr(settings, f"{name.upper()}_URL", fake.url)
        servers.append(server)
        fakes[name] = fake
    for kept in ("sessions", "optional_sessions"):
        fresh = {
            name: ServiceSession(name, timeout=one.timeout, failures=one.failures)
            for name, one in getattr(calls, kept).items()
        }
        monkeypatch.setattr(calls, kept, fresh)
    monkeypatch.setattr(audits, "auditor_token", service_token.ServiceTokenKeeper("AUDITOR"))
    keeper = service_token.ServiceTokenKeeper("SERVICE")
    for module in (service_token, calls, tasks, __import__("gateways.accounts", fromlist=["x"])):
        monkeypatch.setattr(module, "service_token", keeper)
    monkeypatch.setattr(composition, "_names", {})
    fakes["auth"].tell("POST /api/v1/auth/service-token", 200, issued())
    yield Services(**fakes)
    for server in servers:
        server.shutdown()
        server.server_close()


def issued(*, expires_in: int = 43_200) -> dict[str, Any]:
    """A service token as the auth service gives it."""
    access = make_token(account=uuid.uuid4(), roles=["service"], scopes=SCOPES)
    return {"access": access, "token_type": "Bearer", "expires_in": expires_in, "scope": " ".join(SCOPES)}


@pytest.fixture
def nobody_listens() -> str:
    """The address of a service that is down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}"
