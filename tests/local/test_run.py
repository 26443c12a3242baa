import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from local.platform import Ports
from local.services import ROOT, SERVICES


@contextmanager
def runner(folder: Path, ports: Ports) -> Iterator[subprocess.Popen[str]]:
    variables = {f"{name.upper()}_PORT": str(port) for name, port in ports.web.items()}
    variables |= {f"{name.upper()}_DATABASE_PORT": str(port) for name, port in ports.databases.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "run"],
        cwd=ROOT,
        env=os.environ | variables | {"PLATFORM_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"{text!r} was not printed: {''.join(lines)}")


def processes_of(folder: Path) -> list[int]:
    """All live processes that were given the folder, as an argument or in their environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            given = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in given and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def wait_until_gone(folder: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := processes_of(folder):
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.1)


def test_a_killed_runner_leaves_nothing_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    ports = Ports.free()
    with runner(tmp_path, ports) as process:
        first = read_until(process, "Ctrl-C stops")
        assert "auth: demo data loaded" in first
        told = json.loads((tmp_path / "demo.json").read_text())
        assert set(told["urls"]) == {service.name for service in SERVICES}
        assert [len(told["logins"][kind]) for kind in ("buyers", "sellers")] == [150, 5]
        process.send_signal(signal.SIGKILL)
        wait_until_gone(tmp_path, 30)
    with runner(tmp_path, ports) as process:
        second = read_until(process, "Ctrl-C stops")
        assert "demo data loaded" not in second
        login = {key: told["logins"]["buyers"][0][key] for key in ("email", "password")}
        answer = requests.post(f"{told['urls']['auth']}/api/v1/auth/token", json=login, timeout=60)
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        wait_until_gone(tmp_path, 10)
