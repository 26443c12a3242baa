"""Which ports are free, and who holds those that are not."""

import os
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Distinct free ports, from below the range that the kernel gives to outgoing connections.

    A port from inside that range could be taken by any client between this look and its use.
    """
    found: list[int] = []
    candidates = random.sample(range(15_000, 32_000), k=2_000)
    while len(found) < count:
        port = candidates.pop()
        if is_free(port):
            found.append(port)
    return found


def holder_of(port: int) -> str | None:
    """`pid 123 (command line)` of the process that listens on the port, where /proc lets us see it."""
    sockets = _listening_sockets(port)
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(entry)
            if target in sockets:
                pid = entry.parts[2]
                command = Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                return f"pid {pid} ({command.strip()[:80]})"
        except OSError:
            continue  # another user's process, or one that has just ended
    return None


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            listening = fields[3] == "0A"
            if listening and int(fields[1].rsplit(":", 1)[1], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found
