"""A server that speaks the few calls of Kubernetes' API that the restore check makes, as the operator would answer."""

import base64
import json
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class FakeKubernetes:
    """Makes a cluster "ready" once it was asked for twice; its secret names `database`. `log` is what was asked."""

    def __init__(self, *, token: str, namespace: str, database: str) -> None:
        self.token, self.namespace, self.database = token, namespace, database
        self.clusters: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, int] = {}
        self.log: list[str] = []
        self.stays = "initializing"
        self.never_ready: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        clusters = f"/apis/pgv2.percona.com/v2/namespaces/{self.namespace}/perconapgclusters"
        name = path.rsplit("/", 1)[-1]
        self.log.append(f"{method} {name}")
        if method == "POST" and path == clusters:
            self.clusters[body["metadata"]["name"]] = body
            return 201, body
        if path.startswith(f"/api/v1/namespaces/{self.namespace}/secrets/") and method == "GET":
            cluster = name.partition("-pguser-")[0]
            if cluster not in self.clusters:
                return 404, {"kind": "Status", "reason": "NotFound"}
            return 200, {"data": {"uri": base64.b64encode(self.database.encode()).decode()}}
        if not path.startswith(f"{clusters}/") or name not in self.clusters:
            return 404, {"kind": "Status", "reason": "NotFound"}
        if method == "DELETE":
            return 200, self.clusters.pop(name)
        self.asked[name] = self.asked.get(name, 0) + 1
        ready = self.asked[name] > 2 and name not in self.never_ready
        return 200, {**self.clusters[name], "status": {"state": "ready" if ready else self.stays}}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, kubernetes: FakeKubernetes, *arguments: Any) -> None:
        self.kubernetes = kubernetes
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._respond("GET")

    def do_POST(self) -> None:
        self._respond("POST")

    def do_DELETE(self) -> None:
        self._respond("DELETE")

    def _respond(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        if self.headers["Authorization"] == f"Bearer {self.kubernetes.token}":
            status, answer = self.kubernetes.answer(method, self.path, body)
        else:
            status, answer = 401, {"kind": "Status", "reason": "Unauthorized"}
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Says nothing: `log` tells what was asked."""
