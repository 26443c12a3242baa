"""Load on loopback: wrk for single requests, threads with a connection each for flows of several."""

import http.client
import json
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.errors import LocalError

# wrk's own script language. Each request takes the next line of a file: method, path, body, tab-separated.
SCRIPT = """
local lines, at, size = {}, 0, 0
local auth = "%(authorization)s"
for line in io.lines("%(requests)s") do size = size + 1; lines[size] = line end
request = function()
    at = at %% size + 1
    local method, path, body = lines[at]:match("^(.-)\\t(.-)\\t(.*)$")
    local headers = { ["Accept"] = "application/json" }
    if auth ~= "" then headers["Authorization"] = auth end
    if body ~= "" then headers["Content-Type"] = "application/json" else body = nil end
    return wrk.format(method, path, headers, body)
end
done = function(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("\\nRESULT %%d %%d %%f %%f %%f %%d %%d\\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(95), latency:percentile(99),
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
"""


@dataclass
class Load:
    """What a load came to: operations, their latencies in milliseconds, and how many went wrong."""

    operations: int
    seconds: float
    p50: float
    p95: float
    p99: float
    errors: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """One request of a load."""

    path: str
    method: str = "GET"
    body: str = ""


def wrk() -> str:
    """The program. Raises `LocalError` when it is not installed."""
    found = shutil.which("wrk")
    if found is None:
        raise LocalError("wrk is not installed: `apt-get install wrk`, then again.")
    return found


def single_requests(
    base: str, requests: Sequence[Request], *, connections: int, seconds: float, authorization: str = ""
) -> Load:
    """Send the requests in turn over so many kept connections, and start over when they are used up."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        lines = Path(folder, "requests")
        lines.write_text("".join(f"{each.method}\t{each.path}\t{each.body}\n" for each in requests))
        script = Path(folder, "script.lua")
        script.write_text(SCRIPT % {"authorization": authorization, "requests": lines})
        done = subprocess.run(
            [wrk(), "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", script, base],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT")), None)
    if result is None:
        raise LocalError(f"wrk failed: {done.stdout}{done.stderr}")
    count, micros, p50, p95, p99, refused, broken = map(float, result.split()[1:])
    return Load(
        operations=int(count),
        seconds=micros / 1e6,
        p50=p50 / 1000,
        p95=p95 / 1000,
        p99=p99 / 1000,
        errors=int(refused + broken),
    )


def without_errors(load: Load) -> Load:
    """The same. Raises `LocalError` if anything went wrong: a refusal costs less than what was asked for."""
    if load.errors:
        raise LocalError(f"{load.errors} of {load.operations} operations failed: {load.notes[:1]}")
    return load


class Connection:
    """A kept connection to one service that speaks JSON."""

    def __init__(self, base: str, *, authorization: str = "") -> None:
        parts = urlsplit(base)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if authorization:
            self._headers["Authorization"] = authorization

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> tuple[int, Any]:
        """The status and the JSON of the answer."""
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        content = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, content, headers)
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:  # kept for too long
            self._connection.close()
            self._connection.request(method, path, content, headers)
            answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None

    def expect(self, status: int, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The JSON. Raises `LocalError` for another status."""
        found, answer = self.call(method, path, body, key=key)
        if found != status:
            raise LocalError(f"{method} {path} answered {found}, not {status}: {json.dumps(answer)[:500]}")
        return answer

    def close(self) -> None:
        self._connection.close()


def new_key() -> str:
    return str(uuid.uuid4())


def flows(steps: Sequence[Callable[[], None]], *, seconds: float) -> Load:
    """Repeat each step in a thread of its own."""
    latencies: list[float] = []
    notes: list[str] = []
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def work(step: Callable[[], None]) -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                step()
            except Exception as error:  # noqa: BLE001 - whatever it is, the load must not go on with fewer connections
                with lock:
                    notes.append(repr(error))
                if len(notes) > 100:
                    return
            else:
                with lock:
                    latencies.append((time.monotonic() - began) * 1000)

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    if not latencies:
        raise LocalError(f"Nothing succeeded within {seconds:g} s: {notes[:3]}")
    cuts = statistics.quantiles(latencies * 2, n=100, method="inclusive")  # twice, since one alone has none
    return Load(len(latencies), took, cuts[49], cuts[94], cuts[98], len(notes), notes[:5])
