import contextlib
import importlib
import json
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from generate import generate_client

SAMPLE_SPEC = Path(__file__).parent / "sample_openapi.yaml"


@dataclass
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """A real HTTP server on loopback: it answers what the test says, and keeps what it received."""

    base_url: str
    status: int = 200
    content: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    seconds_before_answer: float = 0
    received: list[Received] = field(default_factory=list)

    def answers(self, status: int, body: object, content_type: str = "application/json") -> None:
        self.status = status
        self.content = json.dumps(body).encode()
        self.content_type = content_type


class _Handler(BaseHTTPRequestHandler):
    service: Service
    wbufsize = -1  # an answer in one packet

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.service.received.append(
            Received(
                method=self.command,
                target=self.path,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=body,
            )
        )
        time.sleep(self.service.seconds_before_answer)
        with contextlib.suppress(ConnectionError):  # the caller may have given up
            self.write_answer()

    def write_answer(self) -> None:
        self.send_response(self.service.status)
        for name, value in self.service.headers.items():
            self.send_header(name, value)
        if self.service.content:
            self.send_header("Content-Type", self.service.content_type)
        if self.service.status != 204:
            self.send_header("Content-Length", str(len(self.service.content)))
        self.end_headers()
        self.wfile.write(self.service.content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: what was received is in the service."""


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.service = Service(base_url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Handler.service
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def sample_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    package = tmp_path_factory.mktemp("generated") / "sample_client"
    generate_client(spec=SAMPLE_SPEC, package=package)
    return package


@dataclass
class Sample:
    """The generated package, imported, with a client of the loopback service."""

    client: Any
    package: ModuleType
    models: ModuleType

    def operation(self, tag: str, name: str) -> Any:
        return importlib.import_module(f"sample_client.api.{tag}.{name}")


@pytest.fixture
def sample(sample_package: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sample]:
    monkeypatch.syspath_prepend(str(sample_package.parent))
    package = importlib.import_module("sample_client")
    with requests.Session() as session:
        session.trust_env = False
        yield Sample(
            client=package.Client(base_url=service.base_url, session=session, timeout=(1, 5)),
            package=package,
            models=importlib.import_module("sample_client.models"),
        )
    for name in [name for name in sys.modules if name.partition(".")[0] == "sample_client"]:
        del sys.modules[name]
