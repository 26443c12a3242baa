"""The log's segments, byte by byte: how far one goes, and whether anything follows the place where a replay ended.

What was received ends in zeros. A server's own `pg_wal` does not: it uses old segments again, whose pages tell by their
address that they belong elsewhere.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.errors import LocalError

SEGMENT_BYTES = 16 * 1024 * 1024
PAGE_BYTES = 8192
FIRST_HEADER_BYTES, HEADER_BYTES = 40, 24
"""Of a segment's first page, and of any other."""
SHORTEST_RECORD = 24
# XLogLongPageHeaderData: magic, flags, timeline, address, length of what goes on from the page before; then, after
# padding and on first pages alone, the system's identifier.
HEADER = struct.Struct("<HHIQI4xQ")


def number(name: str) -> int:
    """Which segment of all that is, whatever its timeline."""
    return (int(name[8:16], 16) << 8) + int(name[16:24], 16)


def is_segment(name: str) -> bool:
    return re.fullmatch(r"[0-9A-F]{24}", name) is not None


def add_own(pg_wal: Path, log: Path, *, system: int, timeline: int, since: str) -> list[str]:
    """Adds to the log what a server that is down still has of it and was never received; returns the segments' names.

    What was received is taken as it is, and only continued.
    """
    added = []
    received = sorted(path.name for path in log.iterdir() if path.name.startswith(f"{timeline:08X}"))
    for path in sorted(pg_wal.glob(f"{timeline:08X}*")):
        if not is_segment(path.name) or path.name[8:] < since[8:]:
            continue
        target = log / path.name
        if target.exists() and path.name != received[-1]:
            continue
        own = _valid_part(path, system)
        if not own and not target.exists():
            break  # the first of those that wait to be used again
        content = target.read_bytes().rstrip(b"\0") if target.exists() else b""
        if len(own) > len(content):
            target.write_bytes((content + own[len(content) :]).ljust(SEGMENT_BYTES, b"\0"))
            added.append(path.name)
    return added


def _valid_part(path: Path, system: int) -> bytes:
    """The pages that belong to the segment, without the zeros at their end."""
    content, start = path.read_bytes(), number(path.name) * SEGMENT_BYTES
    if len(content) != SEGMENT_BYTES or HEADER.unpack_from(content)[5] != system:
        return b""
    end = 0
    for page in range(0, SEGMENT_BYTES, PAGE_BYTES):
        magic, _flags, _timeline, address, *_rest = HEADER.unpack_from(content, page)
        if not magic or address != start + page:
            break
        end = page + PAGE_BYTES
    return content[:end].rstrip(b"\0")


def require_whole(log: Path, names: Sequence[str], branches: Mapping[int, int], *, ended: int) -> None:
    """Raises LocalError when the log goes on past where the replay ended: something there is missing or damaged.

    `names` are the segments that lead to the end, `branches` where each timeline but the last was left. A record that
    was not received whole may follow, and nothing else.
    """
    end = max((_end(log / name, branches) for name in names if number(name) >= ended // SEGMENT_BYTES), default=ended)
    beyond = _payload(ended, end)
    if beyond and beyond >= _length_of_record(log, names, ended):
        raise LocalError(
            f"the log has a gap: it could be replayed until {shown(ended)}, though it goes on until {shown(end)}, in "
            f"segment {max(names)[8:]}. What was committed in between would be lost."
        )


def shown(position: int) -> str:
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def _end(path: Path, branches: Mapping[int, int]) -> int:
    """Where the segment's last byte is that is not zero; past a branch it is of no concern."""
    start = number(path.name) * SEGMENT_BYTES
    end = start + len(path.read_bytes().rstrip(b"\0"))
    return min(end, branches.get(int(path.name[:8], 16), end))


def _payload(begin: int, end: int) -> int:
    """How many bytes in between are not of the pages' headers."""
    return max(0, end - begin) - sum(
        max(0, min(end, page + size) - max(begin, page)) for page, size in _headers(begin, end)
    )


def _headers(begin: int, end: int) -> Iterator[tuple[int, int]]:
    for page in range(begin // PAGE_BYTES * PAGE_BYTES, end, PAGE_BYTES):
        yield page, HEADER_BYTES if page % SEGMENT_BYTES else FIRST_HEADER_BYTES


def _length_of_record(log: Path, names: Sequence[str], position: int) -> int:
    """How long the record is that begins there; 0 where none does."""
    if position % PAGE_BYTES == 0:
        position += HEADER_BYTES if position % SEGMENT_BYTES else FIRST_HEADER_BYTES
    found = [name for name in names if number(name) == position // SEGMENT_BYTES]
    if not found:
        return 0
    with (log / max(found)).open("rb") as file:
        file.seek(position % SEGMENT_BYTES)
        length = int.from_bytes(file.read(4), "little")
    return length if length >= SHORTEST_RECORD else 0
