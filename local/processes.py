"""Child processes: a session each, output as JSON lines, restarted when they die, never orphaned."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from local.errors import LocalError

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
LARGEST_LOG = 50 * 1024 * 1024
FIRST_RESTART_DELAY = 0.2
LONGEST_RESTART_DELAY = 10.0
STEADY_AFTER = 30.0

# The parent-death signal fires when the *thread* that made the child ends. One thread, which lives as long as
# the interpreter, makes all children.
SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")

POSTGRES_LEVELS = {
    "WARNING": "WARNING",
    "ERROR": "ERROR",
    "FATAL": "ERROR",
    "PANIC": "CRITICAL",
}


class Process:
    """A child process in its own session, writing to its own log.

    Signals go to its whole process group, so that a web server's workers share the fate of their master.
    """

    def __init__(
        self,
        *,
        name: str,
        argv: Sequence[str | Path],
        log: Path,
        service: str | None = None,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name = name
        self.service = service or name
        self.argv = [str(part) for part in argv]
        self.log = log
        self.cwd = cwd
        self.env = env
        self.stop_signal = stop_signal
        self.death_signal = death_signal
        self._log_start = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The group's leader, once started; it stays after the process has ended."""
        return self._child.pid if self._child else None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._child.poll() if self._child else None

    def start(self) -> None:
        """Starts the process; raises OSError when its program cannot be run."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._child = SPAWNER.submit(self._spawn).result()
        assert self._child.stdout is not None  # noqa: S101 - Popen was given a pipe
        self._pump = threading.Thread(
            target=pump,
            args=(self._child.stdout, self.log, self.service, self.name),
            name=f"log {self.name}",
            daemon=True,
        )
        self._pump.start()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.argv,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dying_with_its_parent(self.death_signal),  # noqa: PLW1509 - see there
        )

    def note(self, text: str, *, level: str) -> None:
        """Adds a line of the runner's own to the process's log."""
        with self.log.open("ab") as out:
            out.write(as_json_line(text, service=self.service, logger="local", level=level))

    def last_lines(self, count: int = 15) -> str:
        """The end of what the process has logged since its start, for a person: messages only."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode(errors="replace").splitlines()[-count:]
        return "\n".join(f"    {text}" for line in lines for text in messages(line))

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process and all its children; nothing happens when they are gone."""
        if self._child is not None:
            try:
                os.killpg(self._child.pid, number)
            except ProcessLookupError:
                return

    def pause(self) -> None:
        """Stops the process and its children where they are (SIGSTOP), as a machine that hangs would."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9 of the process and its children; returns once they are gone."""
        self.signal(signal.SIGKILL)
        self.wait(timeout=10)

    def stop(self, timeout: float = 10.0) -> None:
        """Asks the process to end, and kills what is left of its group after the time-out (seconds)."""
        if self.running and self._child is not None:
            self._child.send_signal(self.stop_signal)
            self.resume()
            self.wait(timeout)
        self.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, or None when the process outlives the time-out (seconds)."""
        if self._child is None:
            return None
        try:
            code = self._child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        if self._pump is not None:
            self._pump.join(timeout=1)
        return code


def dying_with_its_parent(number: signal.Signals) -> Callable[[], None]:
    """For a child to call before it becomes its program: gets the signal when the thread that made it ends.

    One system call, nothing that takes a lock.
    """
    parent = os.getpid()

    def die_with_the_parent() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return die_with_the_parent


def pump(source: IO[bytes], log: Path, service: str, logger: str) -> None:
    """Copies a process's output to its log, until it closes; what is not a JSON line yet becomes one."""
    with source, log.open("ab", buffering=0) as out:
        for raw in source:
            line = raw.strip()
            if line.startswith(b"{") and line.endswith(b"}"):
                out.write(line + b"\n")
            elif line:
                out.write(as_json_line(raw.decode(errors="replace").rstrip(), service=service, logger=logger))


def as_json_line(text: str, *, service: str, logger: str, level: str | None = None) -> bytes:
    """A log line in the services' own format."""
    severity, _, rest = text.partition(":  ")
    found = level or (POSTGRES_LEVELS.get(severity, "INFO") if rest else "INFO")
    record = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": found,
        "service": service,
        "logger": logger,
        "message": text,
    }
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"


def messages(line: str) -> list[str]:
    """What a log line says: its message, and its traceback when it has one."""
    try:
        record = json.loads(line)
    except ValueError:
        return [line]  # cut off by a crash
    found = [record.get("message"), *(record.get(key) for key in ("exc_info", "stack_info"))]
    return [text for part in found if part for text in str(part).splitlines()]


class Supervisor:
    """Keeps processes running: one that dies is started again, later and later while it keeps dying."""

    def __init__(self, *, say: Callable[[str], None] | None = None) -> None:
        self._say = say or (lambda _line: None)
        self._watched: dict[str, _Watched] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def watch(self, process: Process, *, start: Callable[[], None] | None = None) -> None:
        """From now on the process is started again when it ends; by `start`, where that is more to do."""
        with self._lock:
            self._watched[process.name] = _Watched(process, start or process.start)

    def watches(self, process: Process) -> bool:
        return process.name in self._watched

    def forget(self, process: Process) -> None:
        """From now on the process may end; it is not stopped here."""
        with self._lock:
            self._watched.pop(process.name, None)

    def close(self) -> None:
        """Nothing is started again after this returns."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            with self._lock:
                for watched in self._watched.values():
                    if watched.restart_is_due() and not self._ended.is_set():
                        process = watched.process
                        self._say(
                            f"{process.name} ended with {process.exit_code}: starting it again; see {process.log}"
                        )
                        watched.restart()


class _Watched:
    def __init__(self, process: Process, start: Callable[[], None]) -> None:
        self.process = process
        self.start = start
        self.started = time.monotonic()
        self.delay = FIRST_RESTART_DELAY
        self.due: float | None = None

    def restart_is_due(self) -> bool:
        now = time.monotonic()
        if self.process.running:
            return False
        if self.due is None:
            if now - self.started > STEADY_AFTER:
                self.delay = FIRST_RESTART_DELAY
            self.due = now + self.delay
            self.delay = min(self.delay * 2, LONGEST_RESTART_DELAY)
        return now >= self.due

    def restart(self) -> None:
        name, code = self.process.name, self.process.exit_code
        self.process.signal(signal.SIGKILL)  # what a killed master may have left behind
        self.process.note(f"{name} ended with {code}: starting it again", level="WARNING")
        self.started, self.due = time.monotonic(), None
        try:
            self.start()
        except (LocalError, OSError) as error:
            self.process.note(f"{name} could not be started: {error}", level="ERROR")


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
