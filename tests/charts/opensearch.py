"""A server that speaks the few calls of OpenSearch's API, and of its Dashboards', that setup.sh makes.

It refuses what these refuse.
"""

import base64
import json
import threading
from fnmatch import fnmatch
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

POLICIES = "/_plugins/_ism/policies/"
CHANGE = "/_plugins/_ism/change_policy/"
SAVED = "/api/saved_objects/"


class FakeOpenSearch:
    """`documents` is what was put, by path; `managed` the policy of each index; `credentials` whoever asked."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.versions: dict[str, int] = {}
        self.managed: dict[str, Any] = {}
        self.credentials: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def get(self, path: str) -> tuple[int, dict[str, Any] | str]:
        if path in {"/_cluster/health", "/api/status"}:
            return 200, {"status": "yellow"}
        if path.startswith("/_cat/indices/"):
            return 200, "".join(f"{index}\n" for index in self._matching(path))
        if path in self.documents:
            version = {"_seq_no": self.versions.get(path, 0), "_primary_term": 1}
            return 200, {"_id": "x", **version, **self.documents[path]}
        return 404, {"error": {"type": "status_exception", "reason": "not found"}}

    def _matching(self, path: str) -> list[str]:
        patterns = path.rpartition("/")[2].split(",")
        return [index for index in self.managed if any(fnmatch(index, pattern) for pattern in patterns)]

    def post(self, path: str, query: dict[str, list[str]], body: Any, token: str | None) -> tuple[int, dict[str, Any]]:
        if path.startswith(CHANGE):
            if (policy := self.documents.get(POLICIES + body["policy_id"])) is None:
                return 404, {"error": {"type": "status_exception", "reason": "Could not find policy"}}
            matching = self._matching(path)
            self.managed |= dict.fromkeys(matching, policy)
            return 200, {"updated_indices": len(matching), "failures": False, "failed_indices": []}
        if not path.startswith(SAVED):
            return 404, {"statusCode": 404}
        return self._save(path, query, body, token)

    def _save(self, path: str, query: dict[str, list[str]], body: Any, token: str | None) -> tuple[int, dict[str, Any]]:
        if token is None:
            return 400, {"statusCode": 400, "message": "Request must contain a osd-xsrf header."}
        if path in self.documents and query.get("overwrite") != ["true"]:
            return 409, {"statusCode": 409, "message": "version conflict, document already exists"}
        if body.keys() - {"attributes", "references"}:
            return 400, {"statusCode": 400, "message": "definition for this key is missing"}
        self.documents[path] = body
        return 200, {"id": path.rpartition("/")[2]}

    def put(self, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, dict[str, Any]]:
        if path.startswith(POLICIES):
            # A policy is replaced only by whoever names the version that is there.
            present = self.versions.get(path)
            named = int(query["if_seq_no"][0]) if "if_seq_no" in query else None
            if named != present:
                return 409, {"error": {"type": "version_conflict_engine_exception"}}
            self.versions[path] = (present or 6) + 1
        self.documents[path] = body
        return 200, {"acknowledged": True}


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, store: FakeOpenSearch, *arguments: Any) -> None:
        self.store = store
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._answer(*self.store.get(self._path()))

    def do_PUT(self) -> None:
        self._answer(*self.store.put(self._path(), self._query(), self._body()))

    def do_POST(self) -> None:
        token = self.headers.get("osd-xsrf")
        self._answer(*self.store.post(self._path(), self._query(), self._body(), token))

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query)

    def _path(self) -> str:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            self.store.credentials.add(base64.b64decode(value).decode())
        return urlsplit(self.path).path

    def _answer(self, status: int, body: dict[str, Any] | str) -> None:
        content = (body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Says nothing: the test tells what was asked."""
