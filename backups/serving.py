"""The backup container's main process: receives every log, and runs the other commands by the policy's clock."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

from croniter import croniter

from backups import metrics
from backups.barman import Say
from backups.setup import Setup
from backups.taking import current_timeline, mend_slot
from local.errors import LocalError
from local.postgres import log_receiver, set_aside_ended_log
from local.processes import Process, Supervisor, warn

ENDING_SECONDS = 20.0
"""For a command that is asked to end to tidy up."""


def serve(setup: Setup, *, say: Say) -> int:
    """Until SIGTERM. A command that fails is told, shows in `backups list`, and is tried at its next turn."""
    supervisor, pages = Supervisor(say=say), metrics.serve(setup.barman)
    begun_anew = threading.Event()
    receivers = [_receive(setup, name, supervisor, begun_anew) for name in setup.places]
    schedule = {name: expression for name, expression in setup.barman.policy.schedule.items() if _is_wanted(name)}
    try:
        started = datetime.now(UTC)
        due = {name: croniter(expression, started).get_next(datetime) for name, expression in schedule.items()}
        if not all((setup.barman.directory(name) / metrics.COMPLETED).exists() for name in setup.places):
            due["take"] = started  # a database without any backup does not wait for the night
        for name, moment in due.items():
            say(f"next {name}: {moment:%Y-%m-%d %H:%M} UTC")
        while True:
            time.sleep(1)
            if begun_anew.is_set():
                begun_anew.clear()
                due["take"] = datetime.now(UTC)  # until then nothing new can be restored
            for name in [name for name, moment in due.items() if moment <= datetime.now(UTC)]:
                say(f"{name} …")
                hours = setup.barman.policy.command_timeout_hours
                ended = run_at_most(hours * 3600, sys.executable, "-m", "backups", name)
                if ended != 0:
                    warn(f"{name} {f'was ended after {hours} h' if ended is None else f'ended with {ended}'}")
                due[name] = croniter(schedule[name], datetime.now(UTC)).get_next(datetime)
    finally:
        pages.shutdown()
        supervisor.close()
        for receiver in receivers:
            receiver.stop()


def run_at_most(seconds: float, *command: str) -> int | None:
    """Runs the command, and ends it with all its children when it takes longer; returns its exit code, or None then.

    One that hangs would keep all the others from their turns.
    """
    child = subprocess.Popen(command, start_new_session=True)
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if child.poll() is None:
            _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    os.killpg(child.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(ENDING_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _is_wanted(command: str) -> bool:
    return command != "copy" or bool(os.environ.get("BACKUP_S3"))


def _receive(setup: Setup, name: str, supervisor: Supervisor, begun_anew: threading.Event) -> Process:
    """Keeps the database's log received, and tells when it had to begin anew."""
    server, home = setup.barman.servers[name], setup.barman.home
    archive = setup.barman.directory(name) / "streaming"
    receiver = log_receiver(
        name,
        host=server.host,
        port=server.port,
        password=server.password,
        archive=archive,
        lock=home / "locks" / f".{name}-receive-wal.lock",
        log=home / "log" / f"{name}-wal.log",
    )

    def start() -> None:
        if mend_slot(setup.barman, name, say=warn):
            begun_anew.set()
        set_aside_ended_log(archive, current_timeline(server))
        receiver.start()

    try:
        start()
    except LocalError as error:
        warn(str(error))  # it is tried again and again
    supervisor.watch(receiver, start=start)
    return receiver
