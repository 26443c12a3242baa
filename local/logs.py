"""`make logs`: every process's JSON lines, merged by time, for people."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

LAST_SHOWN = 200
COLOURS = {"WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[31;1m"}
DIM, RESET = "\033[2m", "\033[0m"
SHOWN_FIRST = {"timestamp", "level", "service", "logger", "message", "request_id"}
ACCESS = {"method", "path", "status", "duration_ms"}
MULTI_LINE = ("exc_info", "stack_info")


@dataclass(frozen=True)
class Filter:
    """Which lines are wanted; without a request id the whole log would flood the screen, so only its end."""

    request: str | None = None
    service: str | None = None

    def wants(self, record: dict[str, Any]) -> bool:
        if self.request and record.get("request_id") != self.request:
            return False
        return not self.service or record.get("service") == self.service


def show(folder: Path, wanted: Filter, *, follow: bool) -> int:
    """Prints the lines wanted, oldest first; with `follow`, also what comes until Ctrl-C."""
    colour = sys.stdout.isatty()
    positions: dict[Path, int] = {}
    records = sorted(_new_records(folder, positions, wanted), key=_time)
    if not wanted.request:
        records = records[-LAST_SHOWN:]
    try:
        for record in records:
            print(as_text(record, colour=colour))
        while follow:
            sys.stdout.flush()
            time.sleep(0.3)
            for record in sorted(_new_records(folder, positions, wanted), key=_time):
                print(as_text(record, colour=colour))
    except BrokenPipeError:
        sys.stderr.close()  # `make logs | head` is no error
    return 0


def as_text(record: dict[str, Any], *, colour: bool) -> str:
    """One record as a line: local time, service, level, message, and the rest as key=value."""
    level, message = str(record.get("level", "")), str(record.get("message", ""))
    if record.keys() >= ACCESS:
        message = "{method} {path} {status} in {duration_ms} ms".format(**record)
        record = {key: value for key, value in record.items() if key not in ACCESS}
    extras = " ".join(
        f"{key}={value}"
        for key, value in record.items()
        if key not in SHOWN_FIRST and key not in MULTI_LINE and value not in (None, "")
    )
    request = record.get("request_id")
    if request:
        extras = f"{extras} request_id={request}".strip()
    parts = [_clock(record), f"{record.get('service', ''):10}", f"{level:8}", message]
    if colour:
        parts[0] = f"{DIM}{parts[0]}{RESET}"
        parts[2] = f"{COLOURS.get(level, '')}{parts[2]}{RESET}"
        extras = f"{DIM}{extras}{RESET}" if extras else ""
    line = " ".join(part for part in [*parts, extras] if part)
    traces = [str(record[key]) for key in MULTI_LINE if record.get(key)]
    return "\n".join([line, *traces])


def _new_records(folder: Path, positions: dict[Path, int], wanted: Filter) -> Iterator[dict[str, Any]]:
    """What was written since the positions, which move on; a line still being written waits."""
    for path in sorted(folder.glob("*.log")):
        with path.open("rb") as file:
            if file.seek(0, 2) < positions.get(path, 0):
                positions[path] = 0  # the file was replaced
            file.seek(positions.get(path, 0))
            for line in file:
                if not line.endswith(b"\n"):
                    break
                positions[path] = positions.get(path, 0) + len(line)
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # cut off by a crash
                if isinstance(record, dict) and wanted.wants(record):
                    yield record


def _time(record: dict[str, Any]) -> str:
    """RFC 3339 in UTC sorts as text, once all have the same number of decimals."""
    text = str(record.get("timestamp", "")).removesuffix("Z").replace("+00:00", "")
    seconds, _, fraction = text.partition(".")
    return f"{seconds}.{fraction:0<6}"


def _clock(record: dict[str, Any]) -> str:
    try:
        moment = datetime.fromisoformat(str(record.get("timestamp")))
    except ValueError:
        return "??:??:??.???"
    return moment.astimezone().strftime("%H:%M:%S.%f")[:-3]
