import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.processes import Process, Supervisor
from local.services import ROOT


def program(tmp_path: Path, code: str, *, name: str = "child") -> Process:
    return Process(
        name=f"{name}-web", service=name, argv=[sys.executable, "-u", "-c", code], log=tmp_path / f"{name}.log"
    )


def eventually(condition: Callable[[], object], timeout: float = 10.0) -> bool:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def state(pid: int) -> str:
    """The kernel's letter for it: R runs, S sleeps, T is stopped, Z has ended; X when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def alive(pid: int) -> bool:
    return state(pid) not in "XZ"


def test_output_becomes_json_lines_and_json_stays_as_it_is(tmp_path: Path) -> None:
    process = program(tmp_path, """print('{"level": "INFO", "message": "hers"}'); print("ours"); print()""")
    process.start()
    assert process.wait() == 0
    first, second = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert first == {"level": "INFO", "message": "hers"}
    assert (second["message"], second["service"], second["logger"]) == ("ours", "child", "child-web")
    assert second["timestamp"].endswith("Z")


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = program(tmp_path, "import time; time.sleep(60)")
    try:
        process.start()
        first = process.pid
        supervisor.watch(process)
        process.kill()
        assert eventually(lambda: process.running and process.pid != first)
        assert "child-web ended with -9: starting it again" in process.log.read_text()
    finally:
        supervisor.close()
        process.kill()


def test_a_process_that_keeps_dying_is_started_less_and_less_often(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = Process(name="child-web", argv=["false"], log=tmp_path / "child.log")
    began = time.monotonic()
    try:
        process.start()
        supervisor.watch(process)
        assert eventually(lambda: process.log.exists() and process.log.read_text().count("starting it again") == 3)
        assert time.monotonic() - began >= 0.2 + 0.4 + 0.8
    finally:
        supervisor.close()
        process.kill()


def test_a_forgotten_process_stays_away(tmp_path: Path) -> None:
    supervisor = Supervisor()
    process = program(tmp_path, "import time; time.sleep(60)")
    try:
        process.start()
        supervisor.watch(process)
        supervisor.forget(process)
        process.kill()
        time.sleep(0.6)
        assert not process.running
    finally:
        supervisor.close()


def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    process = program(tmp_path, code)
    process.start()
    assert eventually(lambda: process.log.exists() and "deaf" in process.log.read_text())
    process.stop(timeout=0.3)
    assert process.exit_code == -signal.SIGKILL


def test_pause_holds_the_whole_group_until_resumed(tmp_path: Path) -> None:
    code = """
        import os, time
        os.fork()
        while True:
            os.write(1, b"%d\\n" % os.getpid())  # at once: print would let the other's line come between
            time.sleep(0.05)
    """
    process = program(tmp_path, textwrap.dedent(code))
    process.start()
    try:
        assert eventually(lambda: process.log.exists() and len(set(messages(process))) == 2)
        pids = [int(pid) for pid in set(messages(process))]
        process.pause()
        assert eventually(lambda: [state(pid) for pid in pids] == ["T", "T"])
        time.sleep(0.5)  # what they wrote before is in the log by then
        before = process.log.read_text()
        time.sleep(0.4)
        assert process.log.read_text() == before
        process.resume()
        assert eventually(lambda: len(process.log.read_text()) > len(before))
    finally:
        process.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


def messages(process: Process) -> list[str]:
    return [json.loads(line)["message"] for line in process.log.read_text().splitlines()]


def test_a_process_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    process = program(tmp_path, "import time; time.sleep(60)")
    thread = threading.Thread(target=process.start)
    thread.start()
    thread.join()
    time.sleep(0.3)
    assert process.running
    process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_survives_the_runner(tmp_path: Path, number: signal.Signals) -> None:
    code = f"""
        import sys, time
        from pathlib import Path
        from local.ports import free_ports
        from local.postgres import Postgres
        from local.processes import Process
        folder = Path({str(tmp_path)!r})
        server = Postgres(name="shop", folder=folder / "pg", port=free_ports(1)[0], log=folder / "pg.log")
        server.start()
        sleeper = Process(name="sleeper", argv=["sleep", "60"], log=folder / "sleeper.log")
        sleeper.start()
        print(server.process.pid, sleeper.pid, flush=True)
        time.sleep(60)
    """
    runner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout is not None
    pids = [int(pid) for pid in runner.stdout.readline().split()]
    assert len(pids) == 2
    assert all(alive(pid) for pid in pids)
    os.kill(runner.pid, number)
    runner.wait()
    runner.stdout.close()
    assert eventually(lambda: not any(alive(pid) for pid in pids))
    assert not (tmp_path / "pg" / "data" / "postmaster.pid").exists()
