"""Holds: while a restore works on a service's database, whoever runs the platform keeps that database down.

A hold is a lock on a file beside the data. It ends with the process that has it, however that ends, so that a killed
restore leaves no service down.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import LocalError

PATIENCE = 2.0
"""Seconds: who only looks has the lock for a moment, too."""


@contextmanager
def hold(folder: Path, doing: str = "restored") -> Iterator[None]:
    """Takes the folder until the end; a database's is kept down meanwhile. Raises LocalError when somebody has it."""
    handle = os.open(_file(folder), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _lock(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                pid = os.read(handle, 20).decode(errors="replace").strip()
                raise LocalError(f"{folder.name} is being {doing} already (pid {pid}): wait until that has ended.")
            time.sleep(0.05)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def is_held(folder: Path) -> bool:
    """Whether somebody restores the database of that folder."""
    try:
        handle = os.open(_file(folder), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _lock(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _file(folder: Path) -> Path:
    return folder / "hold"


def _lock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
