"""`python -m tests.chaos` as a process."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from local.services import ROOT


def left_in(folder: Path) -> list[str]:
    """The command lines of all processes that name the folder or work in it."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            if str(folder) in f"{line} {process.cwd()} {process.environ().get('MEDIA_ROOT', '')}":
                found.append(line)
        except psutil.Error:
            continue  # it has just ended, or is somebody else's
    return found


def test_a_run_that_is_interrupted_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.chaos", "--seed=7", "--checkouts=10", "--faults=2", f"--folder={tmp_path}"]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert run.stdout is not None
        said = []
        for line in run.stdout:
            said.append(line)
            if "PostgreSQLs are up" in line:
                assert len(left_in(tmp_path)) >= 6
                run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 130
    finally:
        run.kill()
    assert said[0] == "make chaos SEED=7 CHECKOUTS=10 FAULTS=2\n"
    assert said[1].startswith("fault  1 at checkout ")
    assert said[-1] == "interrupted: nothing is left running, and nothing was judged\n"
    assert left_in(tmp_path) == []
