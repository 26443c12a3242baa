"""When a command succeeded last and when it failed, kept beside the backups that it was about."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backups.files import write_whole

FILE = "stamps.json"


@dataclass(frozen=True)
class Stamp:
    """How a command ended last."""

    succeeded: datetime | None = None
    failed: datetime | None = None
    error: str = ""

    @property
    def failed_last(self) -> bool:
        return self.failed is not None and (self.succeeded is None or self.failed > self.succeeded)


@contextmanager
def stamped(folder: Path, command: str) -> Iterator[None]:
    """Notes in the folder how what is done within ended, also when somebody broke it off."""
    try:
        yield
    except BaseException as error:
        said = " ".join(str(error).split()) or type(error).__name__
        _note(folder, command, failed=_now(), error=said[:300])
        raise
    _note(folder, command, succeeded=_now())


def stamp(folder: Path, command: str) -> Stamp:
    kept = _read(folder).get(command, {})
    moments = {key: datetime.fromisoformat(kept[key]) for key in ("succeeded", "failed") if key in kept}
    return Stamp(**moments, error=kept.get("error", ""))


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _note(folder: Path, command: str, **values: str) -> None:
    known = _read(folder)
    known[command] = known.get(command, {}) | values
    write_whole(folder / FILE, json.dumps(known, indent=1) + "\n")


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        found: dict[str, dict[str, Any]] = json.loads((folder / FILE).read_text())
    except FileNotFoundError:
        return {}
    return found
